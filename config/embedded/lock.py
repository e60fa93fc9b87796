"""One `up` per data directory."""

import fcntl
import os
from pathlib import Path
from typing import IO

from .errors import CannotStart


class DataDirLock:
    """Held by an open file, so the system lets go of it whatever happens to this process."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "running.lock"
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        file = open(self._path, "a+")  # noqa: SIM115  it stays open as long as the lock is held
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise CannotStart(
                f"Muster already runs on {self._path.parent} (process {holder}); "
                "stop that one first, or choose another place with --data-dir."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        # The file stays: removing it would let a third process lock a file that no one else can see.
        if self._file is not None:
            self._file.close()
            self._file = None
