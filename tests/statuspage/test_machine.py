"""The status page on a running machine: what is published shows, and keeps showing without the database."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.machine import Machine, running_machine, until

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with running_machine(tmp_path_factory.mktemp("status") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def tenant(machine: Machine) -> dict[str, Any]:
    return machine.create_tenant("acme")


def status_of(machine: Machine) -> str:
    answer = httpx.get(f"{machine.url}/status/acme/api/v2/status.json", timeout=5)
    return str(answer.json()["status"]["indicator"]) if answer.status_code == 200 else ""


def set_status(machine: Machine, tenant: dict[str, Any], status: str) -> None:
    component = next(
        row
        for row in machine.get_api(tenant, "components")["results"]
        if row["page"]
        == next(p["uid"] for p in machine.get_api(tenant, "status-pages")["results"] if p["slug"] == "acme")
    )
    answer = httpx.patch(
        f"{machine.url}/api/v1/components/{component['uid']}",
        json={"status": status},
        headers={"Authorization": f"Bearer {tenant['api_key']}"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text


def test_a_new_tenants_page_is_there(machine: Machine, tenant: dict[str, Any]) -> None:
    until(lambda: status_of(machine) == "none", what="the page to be published")
    answer = httpx.get(f"{machine.url}/status/acme/", timeout=5)
    assert "Everything works." in answer.text
    assert "set-cookie" not in answer.headers


def test_a_change_is_on_the_page_by_the_worker(machine: Machine, tenant: dict[str, Any]) -> None:
    set_status(machine, tenant, "major_outage")
    until(lambda: status_of(machine) == "critical", what="the change to be published")
    assert "is not working." in httpx.get(f"{machine.url}/status/acme/", timeout=5).text
    set_status(machine, tenant, "operational")
    until(lambda: status_of(machine) == "none", what="the change to be published")


def test_it_answers_with_the_database_stopped(machine: Machine, tenant: dict[str, Any]) -> None:
    stopped = machine.pids("postgres")
    assert stopped
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        for _ in range(50):  # more than there are workers: none of them waits for the database
            answer = httpx.get(f"{machine.url}/status/acme/", timeout=5)
            assert answer.status_code == 200
            assert "Everything works." in answer.text
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
