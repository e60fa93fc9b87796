"""`manage.py up` as a person runs it: real processes, a port of its own, its own data directory."""

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc"),
]
PROJECT = Path(__file__).resolve().parents[2]
CHILDREN = {"PostgreSQL", "Redis", "web", "worker-clock", "worker-send", "beat", "watchdog"}
SET_BY_THE_TESTS = (
    "DATABASE_URL",
    "REDIS_URL",
    "MUSTER_DATA_DIR",
    "SECRET_KEY",
    "ENCRYPTION_KEYS",
    "BASE_URL",
    "DJANGO_SETTINGS_MODULE",
)


class Up:
    """One `manage.py up` and what it said."""

    def __init__(self, data_dir: Path, *options: str, **environment: str) -> None:
        self.port = free_port()
        self.data_dir = data_dir
        inherited = {name: value for name, value in os.environ.items() if name not in SET_BY_THE_TESTS}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", f"--data-dir={data_dir}", f"--port={self.port}", *options],
            cwd=PROJECT,
            env=inherited | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def lines_until(self, sentence: str, *, of_errors: bool = False) -> list[str]:
        """What it says up to the line with `sentence`; fails when it ends first."""
        stream = self.process.stderr if of_errors else self.process.stdout
        assert stream
        lines = []
        for line in stream:
            lines.append(line.rstrip())
            if sentence in line:
                return lines
        raise AssertionError("\n".join([*lines, "ended, and said on stderr:", *(self.process.stderr or [])]))

    def wait_until_up(self) -> list[str]:
        return self.lines_until("Ctrl-C stops it.")

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def wait_for_an_answer(self) -> None:
        deadline = time.monotonic() + 120
        while not self.answers():
            assert time.monotonic() < deadline, "the web server did not come back"

    def children(self) -> dict[str, int]:
        """The numbers of the processes it started, by name."""
        return {name_of(pid): pid for pid in children_of(self.process.pid)}

    def children_when_all_run(self) -> dict[str, int]:
        """Beat and the watchdog may fall with the database and are just being started again."""
        deadline, pause = time.monotonic() + 60, threading.Event()
        while set(there := self.children()) != CHILDREN:
            assert time.monotonic() < deadline, f"only {sorted(there)} run"
            pause.wait(0.05)
        return there

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[str, str]:
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.communicate(timeout=120)
        finally:
            self.process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def children_of(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            after_the_name = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(after_the_name[1]) == parent:
                found.append(int(folder.name))
    return found


def name_of(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    if "worker" in words:
        return f"worker-{words[words.index('--queues') + 1]}"
    known = {"granian": "web", "beat": "beat", "watchdog": "watchdog"}
    for word, name in known.items():
        if word in words:
            return name
    return "PostgreSQL" if "postgres" in words[0] else "Redis"


def family(pid: int) -> list[int]:
    return [pid, *(member for child in children_of(pid) for member in family(child))]


def wait_until_gone(pids: list[int], seconds: float = 30.0) -> None:
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            assert select.select([descriptor], [], [], seconds)[0], f"process {pid} was left running"
        finally:
            os.close(descriptor)


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    shutil.rmtree(tmp_path / "data", ignore_errors=True)


def test_two_lives(data_dir: Path) -> None:
    up = Up(data_dir)
    try:
        said = up.wait_until_up()
        steps = [line.split()[1] for line in said if line.startswith("  ")]
        assert steps == ["Settings", "PostgreSQL", "Redis", "Migrations", "Checks", "Web,"]
        assert f"Muster is up: http://127.0.0.1:{up.port}/" in said
        assert [
            line
            for line in said
            if re.search(r"^Sign in as admin@muster\.test with the password \S{10,}", line)
        ]
        assert up.answers()
        first = up.children()
        assert set(first) == CHILDREN

        # A second one on the same place is refused, and does the first no harm.
        _, error = (second := Up(data_dir)).process.communicate(timeout=60)
        assert second.process.returncode == 1
        assert re.fullmatch(
            rf"muster: Muster already runs on .* \(process {up.process.pid}\); stop .*\n", error
        )

        # Whatever dies comes back.
        for name in ("web", "Redis", "PostgreSQL", "worker-clock"):
            os.kill(first[name], signal.SIGKILL)
            up.lines_until(f"{name} ended (SIGKILL) and is started again now", of_errors=True)
        up.wait_for_an_answer()
        second_life = up.children_when_all_run()
        assert all(
            first[name] != second_life[name] for name in ("web", "Redis", "PostgreSQL", "worker-clock")
        )

        everybody = family(up.process.pid)
        up.end(signal.SIGINT)
        assert up.process.returncode == 0
        wait_until_gone(everybody)
        assert (
            "database system is shut down" in (data_dir / "log" / "postgres.log").read_text().splitlines()[-1]
        )
    finally:
        up.end(signal.SIGTERM)

    # The second start finds what the first kept, and then a kill -9 of the whole leaves nothing running.
    up = Up(data_dir, "--quiet")
    try:
        said = up.wait_until_up()
        assert not [line for line in said if line.startswith("  ")], "--quiet shows no steps"
        assert not [line for line in said if line.startswith("Sign in as")], "shown once"
        everybody = family(up.process.pid)
        assert len(everybody) > len(CHILDREN)
    finally:
        up.end(signal.SIGKILL)
    wait_until_gone(everybody)


def test_given_servers_are_used_instead_of_its_own(data_dir: Path) -> None:
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    up = Up(data_dir, **given)
    try:
        said = up.wait_until_up()
        assert set(up.children()) == CHILDREN - {"PostgreSQL", "Redis"}
        assert not [line for line in said if "PostgreSQL" in line]
        web = up.children()["web"]
        environment = Path(f"/proc/{web}/environ").read_bytes().decode().split("\0")
        assert f"BASE_URL=http://127.0.0.1:{up.port}" in environment
        assert f"DATABASE_URL={given['DATABASE_URL']}" in environment
    finally:
        up.end()
    assert not (data_dir / "postgres").exists()
    assert not (data_dir / "redis").exists()


@pytest.mark.parametrize(
    ("environment", "options", "sentence"),
    [
        (
            {"DATABASE_URL": "postgresql://m:hidden@127.0.0.1:1/m"},
            (),
            r"The database does not answer \(.*\); look at",
        ),
        (
            {"REDIS_URL": "redis://:hidden@127.0.0.1:1/1"},
            (),
            r"Redis does not answer \(.*\); look at REDIS_URL",
        ),
        ({}, ("--host=192.0.2.1",), r"192\.0\.2\.1:\d+ is no address of this machine"),
        ({}, ("--port=99999",), r"99999 is no port; choose one from 1 to 65535 with --port"),
        ({}, ("--data-dir=/dev/null/x",), r"/dev/null/x cannot be used: Not a directory"),
        ({"BASE_URL": "muster.example"}, (), r"BASE_URL is 'muster\.example'\. It must begin with http"),
    ],
)
def test_a_wrong_value_is_one_sentence(
    data_dir: Path, environment: dict[str, str], options: tuple[str, ...], sentence: str
) -> None:
    up = Up(data_dir, *options, **environment)
    _, error = up.process.communicate(timeout=60)
    assert up.process.returncode == 1
    assert re.fullmatch(rf"muster: .*{sentence}.*\n", error)
    assert "hidden" not in error


def test_a_port_in_use_is_said_before_anything_starts(data_dir: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        up = Up(data_dir, f"--port={port}")
        _, error = up.process.communicate(timeout=60)
    assert up.process.returncode == 1
    assert (
        error
        == f"muster: Port {port} on 127.0.0.1 is in use by another program; choose another with --port.\n"
    )
    assert not (data_dir / "postgres").exists()


def test_a_start_can_be_broken_off(data_dir: Path) -> None:
    up = Up(data_dir)
    up.lines_until("Redis")
    everybody = family(up.process.pid)
    up.end(signal.SIGINT)
    assert up.process.returncode == 130
    wait_until_gone(everybody, 0.1)
