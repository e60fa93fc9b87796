"""A real Prometheus Alertmanager speaks to us, unchanged: by its webhook and by its PagerDuty notifier."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_django.live_server_helper import LiveServer

from tests.conftest import MovedClock
from tests.e2e.machine import free_port, until
from tests.incidents.shop import Shop, pages

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

RECEIVERS = {
    "webhook": """
    webhook_configs:
      - url: {url}/ingest/{key}/alertmanager
        send_resolved: true
""",
    "webhook with a bearer token": """
    webhook_configs:
      - url: {url}/ingest/alertmanager
        send_resolved: true
        http_config:
          authorization: {{credentials: {key}}}
""",
    "webhook with basic auth": """
    webhook_configs:
      - url: {url}/ingest/alertmanager
        send_resolved: true
        http_config:
          basic_auth: {{username: alertmanager, password: {key}}}
""",
    "pagerduty": """
    pagerduty_configs:
      - routing_key: {key}
        url: {url}/v2/enqueue
        severity: '{{{{ .CommonLabels.severity }}}}'
        description: '{{{{ .CommonAnnotations.summary }}}}'
        send_resolved: true
""",
    "opsgenie": """
    opsgenie_configs:
      - api_key: {key}
        api_url: {url}
        message: '{{{{ .CommonAnnotations.summary }}}}'
        priority: '{{{{ if eq .CommonLabels.severity "critical" }}}}P1{{{{ else }}}}P3{{{{ end }}}}'
        tags: 'alertmanager,night'
        send_resolved: true
""",
}
UPDATING = RECEIVERS["opsgenie"] + "        update_alerts: true\n"
CONFIG = """
route:
  receiver: muster
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: muster
"""


def binary() -> str:
    """Debian's name first. Without one the test is skipped, and in CI it fails."""
    found = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if found is None:
        complain = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        complain("There is no prometheus-alertmanager on this machine (Debian: prometheus-alertmanager).")
    return found


class Alertmanager:
    """Prometheus's side: tells Alertmanager what fires."""

    def __init__(self, url: str) -> None:
        self.url = url

    def tell(self, name: str, *, ended: bool = False) -> None:
        now = datetime.now(UTC)
        alert = {
            "labels": {"alertname": name, "instance": "web-1", "severity": "critical"},
            "annotations": {"summary": f"{name} is bad"},
            "startsAt": (now - timedelta(minutes=2)).isoformat(),
            "endsAt": (now - timedelta(seconds=1) if ended else now + timedelta(hours=1)).isoformat(),
            "generatorURL": "http://prometheus.example.org/graph",
        }
        assert httpx.post(f"{self.url}/api/v2/alerts", json=[alert], timeout=5).status_code == 200

    def failed(self, integration: str) -> float:
        """Notifications that it counts as failed, by its own metrics."""
        wanted = f'alertmanager_notifications_failed_total{{integration="{integration}"'
        lines = httpx.get(f"{self.url}/metrics", timeout=5).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(wanted))

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", timeout=1).status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def running(folder: Path, receiver: str) -> Iterator[Alertmanager]:
    program, port = binary(), free_port()
    config = folder / "alertmanager.yml"
    config.write_text(CONFIG + receiver)
    with (folder / "alertmanager.log").open("wb") as log:
        process = subprocess.Popen(
            [
                program,
                f"--config.file={config}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        alertmanager = Alertmanager(f"http://127.0.0.1:{port}")
        try:
            until(alertmanager.is_ready, what="Alertmanager to start")
            yield alertmanager
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


@pytest.fixture
def shop(moved_clock: MovedClock, live_server: LiveServer) -> Shop:
    return Shop(moved_clock)


@pytest.fixture
def alertmanager(
    shop: Shop, live_server: LiveServer, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Alertmanager]:
    receiver = RECEIVERS.get(request.param, UPDATING).format(url=live_server.url, key=shop.key)
    with running(tmp_path, receiver) as started:
        yield started


def heard(shop: Shop, posts: int) -> Callable[[], Any]:
    return lambda: len(shop.posts()) >= posts


@pytest.mark.parametrize("alertmanager", RECEIVERS, indirect=True)
def test_what_fires_becomes_an_incident_and_what_clears_recovers(
    shop: Shop, alertmanager: Alertmanager
) -> None:
    alertmanager.tell("HighErrorRate")
    until(heard(shop, 1), what="Alertmanager to post")
    shop.run()
    incident = shop.incident()
    assert (incident.key, incident.severity_word) == ("INC-1", "SEV1?")
    assert "HighErrorRate is bad" in incident.summary
    assert pages()[0].to == ["olga@shop.test"]

    before = len(shop.posts())
    shop.clock.move(minutes=1)
    alertmanager.tell("HighErrorRate", ended=True)
    until(heard(shop, before + 1), what="Alertmanager to post the all-clear")
    shop.run()
    assert [found.status for found in shop.alerts()] == ["resolved"]
    shop.run_for(minutes=10)
    assert shop.incident().phase == "cancelled"


@pytest.mark.parametrize("alertmanager", ["webhook"], indirect=True)
def test_a_second_alert_joins_and_pages_nobody_again(shop: Shop, alertmanager: Alertmanager) -> None:
    for posts, name in enumerate(["HighErrorRate", "HighLatency"], start=1):
        alertmanager.tell(name)
        until(heard(shop, posts), what="Alertmanager to post")
        shop.run()
    assert {found.incident for found in shop.alerts()} == {shop.incident()}
    assert len(shop.alerts()) == 2
    assert len(pages()) == 1


@pytest.mark.parametrize("alertmanager", ["opsgenie with update_alerts"], indirect=True)
def test_what_opsgenies_notifier_sends_besides_fails_nothing(shop: Shop, alertmanager: Alertmanager) -> None:
    """With update_alerts it puts message and description after each alert: kept, and answered 2xx."""
    alertmanager.tell("HighErrorRate")
    until(heard(shop, 3), what="Alertmanager to send the alert, its message and its description")
    shop.run()
    assert [post.format for post in shop.posts()] == ["opsgenie", "opsgenie-update", "opsgenie-update"]
    assert shop.outcomes() == ["processed", "dropped", "dropped"]
    [alert] = shop.alerts()
    assert (alert.title, sorted(alert.tags)) == ("HighErrorRate is bad", ["alertmanager", "night"])
    assert alert.labels["alertname"] == "HighErrorRate"
    assert alertmanager.failed("opsgenie") == 0
