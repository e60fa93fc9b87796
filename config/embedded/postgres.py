"""The embedded PostgreSQL of one data directory."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from . import addresses, secrets
from .errors import CannotStart
from .orphans import stop_orphan
from .postgres_programs import PostgresPrograms, find_postgres
from .privileges import HandedFolders, Identity, identity_for
from .processes import run, spawn, stop

ADMIN = "postgres"
START_TIMEOUT = 60.0  # a crash recovery reads the log again before it answers

SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m ",
}
FAST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "1h",
    "max_wal_size": "2GB",
}
# PGPORT, PGDATA, LC_ALL or TZ of whoever starts us must not change the server.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class Postgres:
    """`fast` gives up safety against a crash of the machine: for tests."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # SIGTERM would wait for its clients
    grace = 20.0

    def __init__(self, data_dir: Path, *, fast: bool = False) -> None:
        self.data_dir = data_dir.resolve()
        self.folder = self.data_dir / "postgres"
        self.log = self.data_dir / "log" / "postgres.log"
        self.fast = fast
        self.process: subprocess.Popen[bytes] | None = None
        self._identity: Identity | None = None
        self._programs: PostgresPrograms | None = None

    def start(self) -> None:
        """Run the server until it answers; the first time, make its folder, a role and a database."""
        self._identity = identity_for(self.folder)
        self._programs = find_postgres(self._identity, _written_by(self.folder))
        if not self.folder.exists():
            self._initialise(self._programs)
        deadline = time.monotonic() + START_TIMEOUT
        while not self._started_before(deadline):
            time.sleep(0.1)
        self._ensure_database()

    def spawn(self) -> subprocess.Popen[bytes]:
        """Run the server without waiting for it; `start` must have run once before."""
        assert self._programs is not None
        stop_orphan(self.folder / "postmaster.pid", self.folder, "postgres", self.stop_signal)
        sockets = addresses.postgres_socket_dir(self.data_dir)
        sockets.mkdir(mode=0o700, exist_ok=True)
        options = SETTINGS | (FAST_SETTINGS if self.fast else {})
        with HandedFolders(self._identity) as handed:
            folder = handed.path_for(self.folder)
            quoted = handed.path_for(sockets).replace('"', '""')
            self.process = spawn(
                [self._programs.postgres, "-D", folder, "-c", f'unix_socket_directories="{quoted}"']
                + [word for name, value in options.items() for word in ("-c", f"{name}={value}")],
                log=self.log,
                death_signal=self.stop_signal,
                env=ENVIRONMENT,
                cwd="/",
                identity=self._identity,
                descriptors=handed.descriptors,
            )
        return self.process

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, how=self.stop_signal, grace=self.grace)

    def _initialise(self, programs: PostgresPrograms) -> None:
        """Beside the final folder, then renamed: an interrupted first start leaves nothing half made."""
        half_made = self.folder.with_name("postgres.new")
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(mode=0o700)
        identity = self._identity
        read_end = _password_pipe(secrets.load(self.data_dir).database_admin_password, identity)
        try:
            with HandedFolders(identity) as handed:
                done = run(
                    [programs.initdb, "-D", handed.path_for(half_made), "-U", ADMIN, "-E", "UTF8"]
                    + ["--auth=scram-sha-256", f"--pwfile=/dev/fd/{read_end}"]
                    + _locale(programs.major)
                    + (["--no-sync"] if self.fast else []),
                    env=ENVIRONMENT,
                    identity=identity,
                    descriptors=[*handed.descriptors, read_end],
                )
        finally:
            os.close(read_end)
        if done.returncode != 0:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
            raise CannotStart(f"PostgreSQL could not make its folder in {self.data_dir}: {last[0]}")
        half_made.rename(self.folder)

    def _started_before(self, deadline: float) -> bool:
        """Run the server until it answers; False when it should be tried again."""
        import psycopg  # settings import this package's addresses only, and need not pay for it here

        read_from = self.log.stat().st_size if self.log.exists() else 0
        process = self.spawn()
        while process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(self._admin_url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    self.stop()
                    raise CannotStart(
                        f"The database in {self.folder} does not know the password in secrets.json: "
                        "put the secrets.json back that belongs to it."
                    ) from None
                time.sleep(0.02)
            else:
                return True
        self.stop()
        said = self._said_since(read_from)
        # After a kill -9 the old server's own children need a moment to notice and to let go.
        if "shared memory block" in said and time.monotonic() < deadline:
            return False
        raise CannotStart(f"PostgreSQL did not start: {_last_words(said)} (more in {self.log})")

    def _ensure_database(self) -> None:
        """Every start, so that a first start that was cut short is finished by the next."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self._admin_url("postgres"), autocommit=True) as connection:
            if not connection.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", [addresses.ROLE]
            ).fetchone():
                connection.execute(
                    sql.SQL(
                        "CREATE ROLE {} NOSUPERUSER NOBYPASSRLS NOCREATEROLE CREATEDB LOGIN PASSWORD {}"
                    ).format(
                        sql.Identifier(addresses.ROLE),
                        sql.Literal(secrets.load(self.data_dir).database_password),
                    )
                )
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [addresses.DATABASE])
            if not known.fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(addresses.DATABASE), sql.Identifier(addresses.ROLE)
                    )
                )

    def _admin_url(self, database: str) -> str:
        sockets = addresses.postgres_socket_dir(self.data_dir)
        password = secrets.load(self.data_dir).database_admin_password
        return f"postgresql://{ADMIN}:{password}@/{database}?host={quote(str(sockets))}&port=5432"

    def _said_since(self, position: int) -> str:
        with open(self.log, "rb") as file:
            file.seek(position)
            return file.read().decode(errors="replace")


def _written_by(folder: Path) -> int | None:
    try:
        return int((folder / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def _locale(major: int) -> list[str]:
    if major >= 17:  # the same order of words on every machine, whatever its C library
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C", "--lc-ctype=C.UTF-8"] if os.uname().sysname == "Linux" else ["--locale=C"]


def _password_pipe(password: str, reader: Identity | None) -> int:
    """The end to read of a pipe holding the password: it is in no file and in no list of processes."""
    read_end, write_end = os.pipe()
    os.write(write_end, password.encode() + b"\n")  # far smaller than a pipe holds, so this does not block
    os.close(write_end)
    if reader is not None:
        os.fchown(read_end, reader.uid, reader.gid)  # it is opened anew by its name, which asks for the owner
    return read_end


def _last_words(said: str) -> str:
    lines = [line for line in said.splitlines() if "FATAL" in line or "HINT" in line]
    words = " ".join(line.split(":  ", 1)[-1] for line in lines[-2:])
    return words or "it gave no reason"
