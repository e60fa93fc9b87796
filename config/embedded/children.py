"""The processes of Muster itself: what `up` runs beside the two servers."""

import sys
from pathlib import Path

from .processes import spawn
from .supervisor import Child

PROJECT = Path(__file__).resolve().parents[2]
WEB_THREADS = 16
WORKER_THREADS = 8
STOP_ORDER = (
    ("web",),
    ("beat",),
    ("worker-clock", "worker-send"),
    ("watchdog",),
    ("Redis",),
    ("PostgreSQL",),
)


def muster_children(data_dir: Path, host: str, port: int) -> list[Child]:
    """In the order of starting. They take their settings from this process's environment."""
    programs = {
        "web": _web(host, port),
        "worker-clock": _worker("clock"),
        "worker-send": _worker("send"),
        "beat": [
            "celery",
            "-A",
            "config",
            "beat",
            "--schedule",
            str(data_dir / "beat-schedule"),
            "--pidfile=",
        ],
        "watchdog": [str(PROJECT / "manage.py"), "watchdog"],
    }
    return [_child(name, program, data_dir / "log" / f"{name}.log") for name, program in programs.items()]


def _child(name: str, program: list[str], log: Path) -> Child:
    run = [] if program[0].endswith(".py") else ["-m"]
    argv = [sys.executable, *run, *program]
    return Child(name, lambda: spawn(argv, log=log, cwd=PROJECT), log)


def _web(host: str, port: int) -> list[str]:
    program = ["granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--no-ws"]
    program += ["--workers", "1", "--blocking-threads", str(WEB_THREADS), "--workers-kill-timeout", "4"]
    return [*program, "config.wsgi:application"]


def _worker(queue: str) -> list[str]:
    program = ["celery", "-A", "config", "worker", "--queues", queue, "--hostname", f"{queue}@%h"]
    program += ["--pool", "threads", "--concurrency", str(WORKER_THREADS), "--loglevel", "INFO"]
    # One worker a queue needs no talk among workers; mingle alone costs a second at each start.
    return [*program, "--without-gossip", "--without-mingle", "--without-heartbeat"]
