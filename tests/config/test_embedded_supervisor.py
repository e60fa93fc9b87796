"""The supervisor: real children, no servers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import processes, supervisor
from config.embedded.errors import CannotStart
from config.embedded.supervisor import Child, Supervisor

LIVES = "import sys, time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + LIVES
WITH_A_CHILD = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid, flush=True); child.wait()"
)


class Bench:
    """A supervisor whose children are bits of Python, with what it said and in which order they ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.supervisor = Supervisor(self.said.append)

    def child(self, name: str, code: str, **options: float) -> Child:
        log = self.folder / f"{name}.log"
        argv = [sys.executable, "-c", code]
        return Child(name, lambda: processes.spawn(argv, log=log), log, **options)  # type: ignore[arg-type]

    def until_it_wrote(self, child: Child) -> str:
        """Reads the log until there is a line; the child's own death ends the wait."""
        while not (text := child.log.read_text()):
            assert child.process is not None
            try:
                child.process.wait(0.02)
                break
            except subprocess.TimeoutExpired:
                continue
        return text


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.supervisor.kill()


def process_of(child: Child) -> subprocess.Popen[bytes]:
    assert child.process is not None
    return child.process


def test_children_have_sessions_of_their_own_and_write_to_their_log(bench: Bench) -> None:
    child = bench.child("web", LIVES)
    bench.supervisor.add(child)
    assert os.getsid(process_of(child).pid) == process_of(child).pid
    assert bench.until_it_wrote(child) == "up\n"


def test_a_child_that_died_is_started_again_at_once_and_said(bench: Bench) -> None:
    child = bench.child("web", LIVES)
    bench.supervisor.add(child)
    first = process_of(child)
    first.kill()
    first.wait()
    bench.supervisor._look_after(child, child.started_at + 1)
    assert process_of(child).pid != first.pid
    assert bench.said == [f"web ended (SIGKILL) and is started again now; see {child.log}"]


def test_a_child_that_keeps_dying_is_given_more_and_more_time(bench: Bench) -> None:
    child = bench.child("beat", "raise SystemExit(3)")
    bench.supervisor.add(child)
    now, pauses = child.started_at, []
    for _ in range(8):
        process_of(child).wait()
        bench.supervisor._look_after(child, now)
        if child.again_at is not None:
            pauses.append(child.again_at - now)
            bench.supervisor._look_after(child, child.again_at - 0.01)
            assert child.process is None
            now = child.again_at
            bench.supervisor._look_after(child, now)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert "beat ended (exit code 3) and is started again in 4 s" in bench.said[3]


def test_a_child_that_lived_long_begins_anew(bench: Bench) -> None:
    child = bench.child("beat", "raise SystemExit(3)")
    bench.supervisor.add(child)
    child.deaths_in_a_row = 5
    process_of(child).wait()
    bench.supervisor._look_after(child, child.started_at + supervisor.STEADY_AFTER + 1)
    assert bench.said[-1].startswith("beat ended (exit code 3) and is started again now")


def test_a_child_that_cannot_be_started_again_is_tried_later(bench: Bench) -> None:
    child = bench.child("web", LIVES)
    bench.supervisor.add(child)
    process_of(child).kill()
    process_of(child).wait()

    def refuse() -> subprocess.Popen[bytes]:
        raise CannotStart("The program went away.")

    start, child.start = child.start, refuse
    bench.supervisor._look_after(child, child.started_at + 1)
    assert bench.said[-1] == "The program went away."
    child.start = start
    assert child.again_at is not None
    bench.supervisor._look_after(child, child.again_at)
    assert process_of(child).poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="watches a process that is not its child")
def test_what_a_dead_child_left_behind_is_ended(bench: Bench) -> None:
    child = bench.child("web", WITH_A_CHILD)
    bench.supervisor.add(child)
    grandchild = os.pidfd_open(int(bench.until_it_wrote(child)))
    process_of(child).kill()
    process_of(child).wait()
    bench.supervisor._look_after(child, child.started_at + 1)
    assert _ended(grandchild)


def _ended(pidfd: int) -> bool:
    import select

    try:
        return bool(select.select([pidfd], [], [], 10)[0])
    finally:
        os.close(pidfd)


def test_they_end_group_by_group(bench: Bench) -> None:
    order: list[str] = []
    children = {
        name: bench.child(name, LIVES) for name in ("postgres", "web", "worker-a", "worker-b", "extra")
    }
    for name, child in children.items():
        bench.supervisor.add(child)
        process = process_of(child)
        send = process.send_signal

        def note(number: int, name: str = name, send=send) -> None:  # type: ignore[no-untyped-def]
            order.append(name)
            send(number)

        process.send_signal = note  # type: ignore[method-assign]
    bench.supervisor.stop([["web"], ["worker-a", "worker-b"], ["postgres"]])
    assert order == ["web", "worker-a", "worker-b", "postgres", "extra"]
    assert not bench.said
    assert len(bench.supervisor.dead()) == 5


def test_a_stubborn_child_is_killed_and_said(bench: Bench) -> None:
    child = bench.child("web", STUBBORN, grace=0.2)
    bench.supervisor.add(child)
    bench.until_it_wrote(child)
    bench.supervisor.stop([["web"]])
    assert process_of(child).returncode == -signal.SIGKILL
    assert bench.said == [f"web did not end within 0 s and was killed; see {child.log}"]


def test_a_big_log_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "log" / "web.log"
    log.parent.mkdir()
    with open(log, "wb") as file:
        file.truncate(processes.ROTATE_AT + 1)
    processes.stop(processes.spawn([sys.executable, "-c", "print('new')"], log=log), grace=10)
    assert log.with_name("web.log.1").stat().st_size == processes.ROTATE_AT + 1
    assert log.stat().st_size < 100


def test_a_missing_program_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"nothing-here cannot be started: .*No such file"):
        processes.spawn(["nothing-here"], log=tmp_path / "log")
