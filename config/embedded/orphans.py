"""A server that outlived the `up` that started it."""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from .errors import CannotStart
from .processes import run


def stop_orphan(pid_file: Path, home: Path, program: str, how: signal.Signals) -> None:
    """End the server whose number stands in `pid_file` if it still works in `home`, and remove a stale file.

    Call it only while holding the lock of the data directory: then whoever lives there has no owner. Numbers
    are given out anew after a restart of a machine or container, hence the look at where the process works.
    """
    pid = _read_pid(pid_file)
    if pid is None:
        return
    if _works_in(pid, home, program):
        _end(pid, home, program, how)
        if _works_in(pid, home, program):
            raise CannotStart(f"Process {pid} still uses {home} and does not stop; end it and start again.")
    pid_file.unlink(missing_ok=True)


def _read_pid(pid_file: Path) -> int | None:
    try:
        return abs(int(pid_file.read_text().split("\n", 1)[0]))
    except (FileNotFoundError, ValueError):
        return None


def _works_in(pid: int, home: Path, program: str) -> bool:
    if sys.platform == "linux":
        try:
            return os.path.samefile(f"/proc/{pid}/cwd", home)
        except OSError:  # gone, or another user's, and then none of ours
            return False
    return program in run(["ps", "-p", str(pid), "-o", "comm="]).stdout


def _end(pid: int, home: Path, program: str, how: signal.Signals) -> None:
    for number, seconds in ((how, 10.0), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + seconds
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        # Not "does the number exist": in a container without an init nobody may collect the dead.
        while _works_in(pid, home, program):
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        else:
            return
