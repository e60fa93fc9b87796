"""The whole machine as a user starts it: `manage.py up` in a scratch folder, with a real SMTP server.

Nothing here sleeps to let time pass: mails arrive through a queue, replies through HTTP, and what has to be
waited for is asked again until it is true or the patience is over.
"""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import httpx
from aiosmtpd.controller import Controller

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
START_PATIENCE = 180.0  # migrations beside a whole test run


class Inbox:
    """A real SMTP server on loopback. `next()` is the next mail that arrives."""

    def __init__(self) -> None:
        self.mails: queue.Queue[Message] = queue.Queue()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.put(message_from_bytes(envelope.content))
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._controller.port}"

    def next(self, patience: float = PATIENCE, *, about: str = "") -> Message:
        """The next mail whose subject holds `about`; others are dropped."""
        end = time.monotonic() + patience
        while True:
            mail = self.mails.get(timeout=max(0.01, end - time.monotonic()))
            if about in str(mail["Subject"]):
                return mail

    def clear(self) -> None:
        while not self.mails.empty():
            self.mails.get_nowait()

    def __enter__(self) -> "Inbox":
        self._controller.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._controller.stop()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def until(true: Callable[[], Any], patience: float = PATIENCE, *, what: str = "it") -> Any:
    """Asks again and again until the answer is truthy, and returns that."""
    end = time.monotonic() + patience
    pause = threading.Event()
    while True:
        answer = true()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience:.0f} s in vain for {what}")
        pause.wait(0.05)


class Machine:
    """One running `up`, and what the tests do to its parts."""

    def __init__(
        self, process: subprocess.Popen[bytes], environment: dict[str, str], port: int, inbox: Inbox
    ) -> None:
        self.process = process
        self.environment = environment
        self.url = f"http://127.0.0.1:{port}"
        self.inbox = inbox

    def manage(self, *words: str) -> str:
        """Runs a manage.py command in a second shell, as a user would."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def create_tenant(self, slug: str) -> dict[str, Any]:
        said = self.manage(
            "create_tenant", slug, "--name", slug.title(), "--owner", f"owner@{slug}.test", "--json"
        )
        created: dict[str, Any] = json.loads(said)
        return created

    def pids(self, *words: str) -> list[int]:
        """The processes of this machine whose command line holds all of `words`; children of children too."""
        found, wanted = [], {self.process.pid}
        table = {pid: _parent(pid) for pid in _all_pids()}
        grown = True
        while grown:
            more = {pid for pid, parent in table.items() if parent in wanted} - wanted
            wanted |= more
            grown = bool(more)
        for pid in wanted - {self.process.pid}:
            line = _command_line(pid)
            if all(word in line for word in words):
                found.append(pid)
        return found

    def signal(self, number: signal.Signals, *words: str) -> int:
        pids = self.pids(*words)
        for pid in pids:
            os.kill(pid, number)
        return len(pids)

    def get_api(self, tenant: dict[str, Any], path: str) -> Any:
        reply = httpx.get(
            f"{self.url}/api/v1/{path}", headers={"Authorization": f"Bearer {tenant['api_key']}"}, timeout=10
        )
        assert reply.status_code == 200, reply.text
        return reply.json()

    def alertmanager_post(self, tenant: dict[str, Any], name: str, status: str = "firing") -> httpx.Response:
        """What Alertmanager would post for one alert."""
        alert = {
            "status": status,
            "labels": {"alertname": name, "severity": "critical", "instance": "web-1"},
            "annotations": {"summary": f"{name} is broken"},
            "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.test/graph",
            "fingerprint": f"{abs(hash(name)) % 16**16:016x}",
        }
        body = {
            "version": "4",
            "groupKey": f'{{}}:{{alertname="{name}"}}',
            "truncatedAlerts": 0,
            "receiver": "muster",
            "status": status,
            "groupLabels": {"alertname": name},
            "commonLabels": alert["labels"],
            "commonAnnotations": alert["annotations"],
            "externalURL": "http://alertmanager.test",
            "alerts": [alert],
        }
        return httpx.post(tenant["alertmanager_url"], json=body, timeout=10)


def _all_pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


@contextmanager
def running_machine(data_dir: Path) -> Iterator[Machine]:
    """Starts everything in `data_dir` and stops it again with Ctrl-C."""
    port = free_port()
    with Inbox() as inbox:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "EMAIL_URL"}
            and not name.startswith(("DJANGO_", "PYTEST_", "COV_"))
        } | {
            "MUSTER_DATA_DIR": str(data_dir),
            "EMAIL_URL": inbox.url,
            "BASE_URL": f"http://127.0.0.1:{port}",
            "PYTHONUNBUFFERED": "1",
        }
        said = data_dir.parent / "up.out"
        with said.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--port", str(port)],
                cwd=PROJECT,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        machine = Machine(process, environment, port, inbox)
        try:
            until(lambda: _answers(machine, said), START_PATIENCE, what="the machine to start")
            yield machine
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def _answers(machine: Machine, said: Path) -> bool:
    assert machine.process.poll() is None, said.read_text()
    try:
        return httpx.get(f"{machine.url}/readyz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
