"""A real Prometheus evaluates a rule, its Alertmanager posts to us; the rule stops, and it is over."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.conftest import MovedClock
from tests.e2e.machine import free_port, until
from tests.e2e.test_alertmanager import RECEIVERS, heard, running
from tests.incidents.shop import Shop, pages

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["{alertmanager}"]}}]
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
RULES = """
groups:
  - name: muster
    rules:
      - alert: ShopIsBroken
        expr: shop_broken == 1
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.job }} is broken"}
"""


class Exporter(ThreadingHTTPServer):
    """What is scraped: one number, that the test turns."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.broken = 1
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Exporter)
        body = f"shop_broken {self.server.broken}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing is said of it."""


def binary() -> str:
    """Without one the test is skipped, and in CI it fails."""
    found = shutil.which("prometheus")
    if found is None:
        complain = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        complain("There is no prometheus on this machine (Debian: prometheus).")
    return found


@contextmanager
def prometheus(folder: Path, alertmanager: str) -> Iterator[Exporter]:
    """It scrapes what is yielded, each second, and tells `alertmanager`."""
    program, rules, config = binary(), folder / "rules.yml", folder / "prometheus.yml"
    rules.write_text(RULES)
    exporter, port = Exporter(), free_port()
    target = alertmanager.partition("//")[2]
    config.write_text(CONFIG.format(rules=rules, port=exporter.server_port, alertmanager=target))
    words = [
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield exporter
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
            exporter.shutdown()
            exporter.server_close()


@pytest.fixture
def shop(moved_clock: MovedClock, live_server: LiveServer) -> Shop:
    return Shop(moved_clock)


def test_a_rule_that_fires_is_an_incident_and_when_it_stops_it_is_over(
    shop: Shop, live_server: LiveServer, tmp_path: Path
) -> None:
    binary()
    receiver = RECEIVERS["webhook"].format(url=live_server.url, key=shop.key)
    with running(tmp_path, receiver) as alertmanager, prometheus(tmp_path, alertmanager.url) as exporter:
        until(heard(shop, 1), what="the rule to fire through Alertmanager")
        shop.run()
        incident = shop.incident()
        assert incident.summary == "shop is broken"
        assert (incident.severity_word, len(pages())) == ("SEV1?", 1)

        before = len(shop.posts())
        shop.clock.move(minutes=1)
        exporter.broken = 0
        until(heard(shop, before + 1), what="Alertmanager to post the all-clear")
        shop.run()
        assert [found.status for found in shop.alerts()] == ["resolved"]
        shop.run_for(minutes=10)
        assert shop.incident().phase == "cancelled"
