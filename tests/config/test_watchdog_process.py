"""The watchdog as a process of its own, against a real database that is stopped and started under it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from config.embedded import secrets
from config.embedded.addresses import database_url
from config.embedded.errors import CannotStart
from config.embedded.servers import start_servers
from config.env import PROJECT

pytestmark = pytest.mark.processes


def until(true: Callable[[], object], what: str, patience: float = 40.0) -> None:
    end, pause = time.monotonic() + patience, threading.Event()
    while not true():
        assert time.monotonic() < end, f"waited in vain for {what}"
        pause.wait(0.05)


def test_it_waits_for_a_database_and_outlives_its_restart(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    try:
        servers = start_servers(data_dir, redis=False, fast=True)
    except CannotStart as error:
        pytest.skip(str(error))
    kept = secrets.load(data_dir)
    environment = {
        **os.environ,
        "MUSTER_DATA_DIR": str(data_dir),
        "DATABASE_URL": database_url(data_dir),
        "REDIS_URL": "redis://127.0.0.1:9/0",  # nobody there: it needs no broker
        "SECRET_KEY": kept.secret_key,
        "ENCRYPTION_KEYS": kept.encryption_key,
    }
    manage = [sys.executable, str(PROJECT / "manage.py")]
    log = tmp_path / "watchdog.log"

    def pulse() -> object:
        with psycopg.connect(database_url(data_dir)) as session:
            return session.execute("SELECT at FROM tenancy_pulse WHERE name = 'watchdog'").fetchone()

    with servers:
        subprocess.run(
            [*manage, "migrate", "-v0"], env=environment, check=True, capture_output=True, timeout=120
        )
        with log.open("wb") as out:
            dog = subprocess.Popen([*manage, "watchdog"], env=environment, stdout=out, stderr=out)
        try:
            until(pulse, "a first pulse")
            servers.stop()
            until(lambda: "watchdog_without_database" in log.read_text(), "it to notice")
            assert dog.poll() is None
            with start_servers(data_dir, redis=False, fast=True):
                before = pulse()
                until(lambda: "watchdog_has_database_again" in log.read_text(), "it to come back")
                until(lambda: pulse() != before, "a younger pulse")
                dog.send_signal(signal.SIGTERM)
                assert dog.wait(20) == 0
        finally:
            dog.kill()
            dog.wait()
    said = log.read_text()
    assert said.count("watchdog_without_database") == said.count("watchdog_has_database_again") == 1
    assert "watchdog_ran" not in said
    assert kept.database_password not in said
