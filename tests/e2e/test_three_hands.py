"""Real processes: whatever part is stopped, an alert is taken at once and pages in seconds."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.machine import Machine, running_machine, until

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with running_machine(tmp_path_factory.mktemp("machine") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def tenant(machine: Machine) -> dict[str, Any]:
    return machine.create_tenant("acme")


def watchdog_runs(machine: Machine) -> int:
    """How much work the watchdog has done itself since it started, as it logs it."""
    log = Path(machine.environment["MUSTER_DATA_DIR"]) / "log" / "watchdog.log"
    return log.read_text().count("watchdog_ran")


def test_in_ordinary_running_an_alert_pages_and_the_watchdog_does_nothing(
    machine: Machine, tenant: dict[str, Any]
) -> None:
    before = watchdog_runs(machine)
    assert machine.alertmanager_post(tenant, "Ordinary").status_code == 202
    mail = machine.inbox.next(about="INC-")
    assert "Ordinary is broken" in str(mail.get_payload(decode=True) or mail["Subject"])
    assert watchdog_runs(machine) == before


def test_with_redis_stopped_an_alert_is_taken_at_once_and_pages_through_the_watchdog(
    machine: Machine, tenant: dict[str, Any]
) -> None:
    _resolve_all(machine, tenant)
    machine.inbox.clear()
    assert machine.signal(signal.SIGSTOP, "-server", "redis") or machine.signal(signal.SIGSTOP, "valkey")
    try:
        begun = time.monotonic()
        assert machine.alertmanager_post(tenant, "RedisStopped").status_code == 202
        assert time.monotonic() - begun < 5  # a publish that waits for Redis would hang for 25 s
        machine.inbox.next(about="RedisStopped")
    finally:
        machine.signal(signal.SIGCONT, "-server", "redis")
        machine.signal(signal.SIGCONT, "valkey")


def test_with_all_workers_killed_an_alert_still_pages(machine: Machine, tenant: dict[str, Any]) -> None:
    _resolve_all(machine, tenant)
    machine.inbox.clear()
    assert machine.signal(signal.SIGKILL, "celery", "worker")
    assert machine.alertmanager_post(tenant, "WorkersKilled").status_code == 202
    machine.inbox.next(about="WorkersKilled")
    until(
        lambda: len(machine.pids("celery", "worker")) >= 2, what="the supervisor to start the workers again"
    )


def test_flushing_redis_loses_nothing(machine: Machine, tenant: dict[str, Any]) -> None:
    _resolve_all(machine, tenant)
    machine.inbox.clear()
    url = machine.manage(
        "shell", "-v0", "-c", "from django.conf import settings; print(settings.REDIS_URL)"
    ).strip()
    import redis

    client = redis.Redis.from_url(url)
    assert machine.alertmanager_post(tenant, "Flushed").status_code == 202
    client.flushall()
    machine.inbox.next(about="Flushed")


def _resolve_all(machine: Machine, tenant: dict[str, Any]) -> None:
    """An open incident on the service would take the next alert in, and page nobody again."""
    for incident in machine.get_api(tenant, "incidents/?status=open")["results"]:
        reply = httpx.post(
            f"{machine.url}/api/v1/incidents/{incident['key']}/cancel/",
            headers={"Authorization": f"Bearer {tenant['api_key']}"},
            json={"reason": "false_alarm"},
            timeout=10,
        )
        assert reply.status_code == 200, reply.text
