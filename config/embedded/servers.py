"""Both embedded servers of a data directory, together."""

import contextlib
import subprocess
from pathlib import Path
from typing import Self

from . import addresses, secrets
from .errors import CannotStart
from .lock import DataDirLock
from .postgres import Postgres
from .progress import Progress, silent
from .redis import Redis


class Servers:
    """What `start_servers` started. A context manager; `stop()` may be called twice."""

    def __init__(self, data_dir: Path, lock: DataDirLock) -> None:
        self.data_dir = data_dir
        self.postgres: Postgres | None = None
        self.redis: Redis | None = None
        self._lock = lock

    @property
    def database_url(self) -> str | None:
        """None when no PostgreSQL was asked for."""
        return addresses.database_url(self.data_dir) if self.postgres else None

    @property
    def redis_url(self) -> str | None:
        """None when no Redis was asked for."""
        return addresses.redis_url(self.data_dir) if self.redis else None

    @property
    def started(self) -> list[Postgres | Redis]:
        """In the order of starting."""
        return [server for server in (self.postgres, self.redis) if server is not None]

    @property
    def processes(self) -> dict[str, subprocess.Popen[bytes]]:
        """By the name of the server."""
        return {server.name: server.process for server in self.started if server.process is not None}

    def stop(self) -> None:
        """Redis first, then PostgreSQL; then another start on this data directory is possible."""
        for server in reversed(self.started):
            server.stop()
        _remove_short_folder(self.data_dir)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def start_servers(
    data_dir: Path,
    *,
    postgres: bool = True,
    redis: bool = True,
    fast: bool = False,
    on_progress: Progress = silent,
) -> Servers:
    """Start the servers that are asked for and wait until they answer; call it from the main thread.

    Raises CannotStart, and then nothing is left running. Takes the lock of the data directory in any case,
    so a second start on it is refused until `stop()`. `fast` is for tests: a crash of the machine loses data.
    """
    secrets.load(data_dir)
    prepare_folders(data_dir)
    lock = DataDirLock(data_dir)
    lock.acquire()
    servers = Servers(data_dir, lock)
    try:
        if postgres:
            servers.postgres = Postgres(data_dir, fast=fast)
            with on_progress("PostgreSQL"):
                servers.postgres.start()
        if redis:
            servers.redis = Redis(data_dir, fast=fast)
            with on_progress("Redis"):
                servers.redis.start()
    except BaseException:
        servers.stop()
        raise
    return servers


def _remove_short_folder(data_dir: Path) -> None:
    """A deep data directory has its sockets elsewhere; leave nothing behind there that we made."""
    run_dir = addresses.run_dir(data_dir)
    if not run_dir.is_relative_to(data_dir.resolve()):
        for folder in (addresses.postgres_socket_dir(data_dir), run_dir):
            with contextlib.suppress(OSError):  # not empty, or never made
                folder.rmdir()


def prepare_folders(data_dir: Path) -> None:
    """The folders of logs and sockets, for this user alone."""
    run_dir = addresses.run_dir(data_dir)
    try:
        for folder in (data_dir / "log", run_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = run_dir.lstat()
    except OSError as error:
        raise CannotStart(f"The data directory {data_dir} cannot be used: {error.strerror}.") from None
    if not run_dir.is_dir() or run_dir.is_symlink() or status.st_mode & 0o077:
        raise CannotStart(f"{run_dir} is open to other users; remove it and start again.")
