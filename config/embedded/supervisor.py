"""Keeps a handful of processes running, and ends them in order."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from . import processes
from .errors import CannotStart

LONGEST_PAUSE = 30.0
STEADY_AFTER = 10.0  # a child that lived this long is started again at once
LOOK_EVERY = 0.2
ROTATE_EVERY = 60.0


@dataclass
class Child:
    """One process to keep running. `start` makes it, again after each death; `log` is where it writes."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 8.0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths_in_a_row: int = 0
    again_at: float | None = field(default=None, init=False)

    def is_dead(self) -> bool:
        return self.process is None or self.process.poll() is not None


class Supervisor:
    """Give it the children in the order of starting; call everything from the main thread."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._children: list[Child] = []
        self._stop_asked = threading.Event()

    def add(self, child: Child) -> None:
        """Start the child, unless it runs already, and look after it from now on."""
        if child.process is None:
            child.process = child.start()
        child.started_at = time.monotonic()
        self._children.append(child)

    def dead(self) -> list[Child]:
        """Those that are not running at this moment."""
        return [
            child for child in self._children if child.process is None or child.process.poll() is not None
        ]

    def watch(self) -> None:
        """Start again what dies, and keep the logs small; returns when `ask_to_stop` was called."""
        rotate_at = 0.0
        while not self._stop_asked.wait(LOOK_EVERY):
            now = time.monotonic()
            for child in self.dead():
                self._look_after(child, now)
            if now >= rotate_at:
                rotate_at = now + ROTATE_EVERY
                for child in self._children:
                    processes.rotate(child.log)

    def ask_to_stop(self) -> None:
        """Safe to call in a signal handler."""
        self._stop_asked.set()

    @property
    def stop_was_asked(self) -> bool:
        return self._stop_asked.is_set()

    def stop(self, order: Sequence[Sequence[str]]) -> None:
        """End the children in groups, one group after the other; those not named come last."""
        named = {name for group in order for name in group}
        rest = [child.name for child in self._children if child.name not in named]
        for group in [*order, rest]:
            self._stop_together([child for child in self._children if child.name in group])

    def kill(self) -> None:
        """For a second Ctrl-C: end all at once. What was committed is safe, the servers recover."""
        for child in self._children:
            if child.process is not None and child.process.poll() is None:
                # Without waiting: in a signal handler that could wait for a lock this very thread holds.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.process.pid, signal.SIGKILL)

    def _look_after(self, child: Child, now: float) -> None:
        if child.process is not None:
            self._note_death(child, child.process, now)
        if child.again_at is not None and now >= child.again_at:
            child.again_at, child.started_at = None, now
            try:
                child.process = child.start()
            except CannotStart as error:
                self._say(str(error))
                self._plan(child, now)

    def _note_death(self, child: Child, process: subprocess.Popen[bytes], now: float) -> None:
        processes.kill_group(process)  # a web server's own children may have outlived it
        child.process = None
        if now - child.started_at > STEADY_AFTER:
            child.deaths_in_a_row = 0
        pause = self._plan(child, now)
        when = f"in {pause:.0f} s" if pause else "now"
        self._say(
            f"{child.name} ended ({_how(process.returncode)}) and is started again {when}; see {child.log}"
        )

    def _plan(self, child: Child, now: float) -> float:
        """Set the time of the next start and return the seconds until then: 0, 1, 2, 4 … 30."""
        pause = 0.0 if child.deaths_in_a_row == 0 else min(2.0 ** (child.deaths_in_a_row - 1), LONGEST_PAUSE)
        child.deaths_in_a_row += 1
        child.again_at = now + pause
        return pause

    def _stop_together(self, children: list[Child]) -> None:
        running = [
            (child, child.process)
            for child in children
            if child.process is not None and child.process.poll() is None
        ]
        for child, process in running:
            process.send_signal(child.stop_signal)
        began = time.monotonic()
        for child, process in running:
            try:
                process.wait(max(0.0, began + child.grace - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._say(
                    f"{child.name} did not end within {child.grace:.0f} s and was killed; see {child.log}"
                )
            processes.kill_group(process)


def _how(return_code: int) -> str:
    if return_code >= 0:
        return f"exit code {return_code}"
    try:
        return signal.Signals(-return_code).name
    except ValueError:
        return f"signal {-return_code}"


class StopSignals:
    """Ctrl-C, SIGTERM and the closing of the terminal, told apart by how far we are.

    While starting they interrupt at once (KeyboardInterrupt), while running they ask the supervisor to stop,
    and a second one while stopping kills. Python drops an exception that happens to be raised within a
    destructor, so the supervisor is told as well: look at `stop_was_asked` between steps.
    """

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._act: Callable[[], None] = self._interrupt
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Only nohup is obeyed: a script's background job ignores SIGINT too, and must still stop by it.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._received)

    def running(self) -> None:
        self._act = self._supervisor.ask_to_stop

    def stopping(self) -> None:
        self._act = self._kill

    def _received(self, number: int, frame: FrameType | None) -> None:
        self._act()

    def _interrupt(self) -> None:
        self._supervisor.ask_to_stop()
        raise KeyboardInterrupt

    def _kill(self) -> None:
        self._supervisor.kill()
        sys.exit(130)
