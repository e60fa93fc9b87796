"""Starting and stopping child processes so that none is left behind."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from .errors import CannotStart
from .privileges import Identity

PR_SET_PDEATHSIG = 1
ROTATE_AT = 10 * 1024 * 1024

# Loaded before any fork: a child between fork and exec must not take locks of the loader.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def spawn(
    argv: Sequence[str],
    *,
    log: Path,
    death_signal: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    stdin: int = subprocess.DEVNULL,
    identity: Identity | None = None,
    descriptors: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `argv` as the leader of a session of its own, so a Ctrl-C at the console does not reach it.

    Call it from the main thread: on Linux the child gets `death_signal` when the *thread* that made it ends.
    """
    with open_log(log) as output:
        try:
            return subprocess.Popen(  # noqa: S603  starting programs is what this file is for
                argv,
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,
                preexec_fn=_die_with_parent(death_signal),  # two system calls, no more
                pass_fds=tuple(descriptors),
                user=identity.uid if identity else None,
                group=identity.gid if identity else None,
                extra_groups=[] if identity else None,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise CannotStart(_refusal(argv[0], identity, error)) from error


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    identity: Identity | None = None,
    descriptors: Sequence[int] = (),
) -> subprocess.CompletedProcess[str]:
    """Run a short program to its end and keep what it says; raises OSError when it cannot be started."""
    return subprocess.run(  # noqa: S603  starting programs is what this file is for
        argv,
        capture_output=True,
        text=True,
        check=False,
        env=env,
        cwd="/",  # another user may not be allowed into ours
        start_new_session=True,
        pass_fds=tuple(descriptors),
        user=identity.uid if identity else None,
        group=identity.gid if identity else None,
        extra_groups=[] if identity else None,
    )


@contextlib.contextmanager
def open_log(path: Path) -> Iterator[int]:
    """A descriptor at the end of the log, whose folder is made when missing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    rotate(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def rotate(log: Path) -> None:
    """Copy a log over 10 MB to `.1` and empty it: its writers append, so they go on at the new beginning."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > ROTATE_AT:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)


def stop(
    process: subprocess.Popen[bytes], *, how: signal.Signals = signal.SIGTERM, grace: float = 10.0
) -> None:
    """Ask the process to end, and after `grace` seconds end it and all it started."""
    if process.poll() is not None:
        return  # its number may belong to a stranger by now
    process.send_signal(how)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(grace)
    kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End at once what is left of the process and its children; for a dead one only right after its death."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    libc = _libc
    if libc is None:
        return None
    parent = os.getpid()

    def in_child() -> None:
        # Runs after the change of user, which would clear the setting.
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)

    return in_child


def _refusal(program: str, identity: Identity | None, error: Exception) -> str:
    if identity is not None and isinstance(error, (PermissionError, subprocess.SubprocessError)):
        return (
            f"{program} cannot be started as user {identity.name} ({error}); "
            "start Muster as an ordinary user, or set DATABASE_URL."
        )
    return f"{program} cannot be started: {error}."
