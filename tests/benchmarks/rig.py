"""What every benchmark stands on: servers, processes and tenants in a scratch folder, clients, a table."""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from config.embedded import processes
from config.embedded.servers import start_servers
from tests.benchmarks.floor_table import TABLE
from tests.e2e.machine import PROJECT, Inbox, free_port, until

# A real hash of each owner's password would be most of the time it takes.
MAKE_TENANTS = """
import json
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from config import clock
from config.tenancy.actors import ENGINE
from incidents.operations.tenants import create_tenant
PBKDF2PasswordHasher.iterations = 1
for number in range({count}):
    made = create_tenant(slug=f"t{{number}}", name=f"T{{number}}", owner_email=f"owner@t{{number}}.test",
                         actor=ENGINE, now=clock.now())
    print(json.dumps({{"id": made.tenant.pk}} | made.as_json()))
"""


class Rig:
    """Servers that commit for real, and whatever was started beside them; all ends with the `with`."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self.inbox = stack.enter_context(Arrivals())
        servers = stack.enter_context(start_servers(folder))
        os.environ.update(
            {
                "MUSTER_DATA_DIR": str(folder),
                "DATABASE_URL": servers.database_url or "",
                "REDIS_URL": servers.redis_url or "",
                "EMAIL_URL": self.inbox.url,
                "BASE_URL": "http://127.0.0.1:8000",
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "LOG_LEVEL": "WARNING",
            }
        )
        self.sql_url = os.environ["DATABASE_URL"]
        self.manage("migrate", "-v0")
        self.sql(TABLE)

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"manage.py {words[0]} failed:\n{done.stderr}")
        return done.stdout

    def tenants(self, count: int) -> list[dict[str, Any]]:
        said = self.manage("shell", "-v0", "-c", MAKE_TENANTS.format(count=count))
        return [json.loads(line) for line in said.splitlines()]

    def sql(self, statement: str, *given: Any) -> Any:
        """Every tenant's rows; the first row of the answer, or None."""
        with psycopg.connect(self.sql_url, autocommit=True) as database:
            database.execute("SELECT set_config('app.scope', 'all', false)")
            cursor = database.execute(statement, given)
            return cursor.fetchone() if cursor.description else None

    def web(self, target: str = "config.wsgi:application", **environment: str) -> int:
        """Granian as `up` starts it. Returns its port, once it listens."""
        port = free_port()
        program = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
        program += ["--workers", "1", "--blocking-threads", "16", target]
        self.run(target.partition(":")[0], program, **environment)
        until(lambda: _listens(port), what="granian to listen")
        return port

    def workers(self) -> None:
        """Both queues, beat and watchdog, as `up` starts them, and the floor's own worker. Still starting."""
        shared = ["--pool", "threads", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        for queue in ("clock", "send"):
            program = ["celery", "-A", "config", "worker", "--queues", queue, "--hostname", f"{queue}@%h"]
            self.run(queue, [*program, "--concurrency", "8", *shared])
        beat = ["celery", "-A", "config", "beat", "--schedule", str(self.folder / "beat"), "--pidfile="]
        self.run("beat", beat)
        self.run("watchdog", [str(PROJECT / "manage.py"), "watchdog"])
        floor = ["celery", "-A", "tests.benchmarks.floor_celery", "worker", "--queues", "floor"]
        self.run("floor-worker", [*floor, "--concurrency", "8", *shared])

    def run(self, name: str, program: Sequence[str], **environment: str) -> None:
        python = [sys.executable] if program[0].endswith(".py") else [sys.executable, "-m"]
        log = self.folder / "log" / f"{name}.log"
        process = processes.spawn([*python, *program], log=log, cwd=PROJECT, env=os.environ | environment)
        self._stack.callback(_end, process)


class Arrivals(Inbox):
    """Notes when each address is first named by a sender: that is when its send has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: dict[str, float] = {}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        self.begun.setdefault(address, time.perf_counter())
        envelope.rcpt_tos.append(address)
        return "250 OK"


@contextmanager
def rig() -> Iterator[Rig]:
    folder = Path(tempfile.mkdtemp(prefix="muster-bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield Rig(folder, stack)


def request(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def hammer(port: int, sent: bytes, *, clients: int, seconds: float) -> tuple[float, list[float]]:
    """Requests per second, and how long each took: `clients` connections that ask without a pause."""
    taken: list[list[float]] = [[] for _ in range(clients)]
    end = time.perf_counter() + seconds

    def ask(times: list[float]) -> None:
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (begun := time.perf_counter()) < end:
                answer_to(sock, sent)
                times.append(time.perf_counter() - begun)

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, taken))  # raises what any of them raised
    times = [each for one in taken for each in one]
    return len(times) / seconds, times


def answer_to(sock: socket.socket, sent: bytes) -> None:
    """One request and its whole answer, which has to be a 202."""
    sock.sendall(sent)
    got = b""
    while b"\r\n\r\n" not in got:
        got += sock.recv(8_192)
    head, _, body = got.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 202"):
        sys.exit(f"not taken: {got[:500]!r}")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += sock.recv(8_192)


def post_once(port: int, sent: bytes) -> float:
    """When it was sent, by this process's clock; returns once it is answered."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun = time.perf_counter()
        answer_to(sock, sent)
    return begun


def seen(begun: float, is_there: Callable[[], Any], patience: float = 60.0) -> float:
    """Seconds from `begun` until it is there; asks every half millisecond."""
    pause = threading.Event()
    while not is_there():
        if time.perf_counter() - begun > patience:
            sys.exit("it never came")
        pause.wait(0.0005)
    return time.perf_counter() - begun


def percentile(times: Sequence[float], percent: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def table(title: str, head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    print(f"\n{title}")
    for line in (head, ["-" * width for width in widths], *lines):
        print("  " + "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        processes.kill_group(process)
