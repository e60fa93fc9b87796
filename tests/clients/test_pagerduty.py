"""PagerDuty's Python client of the Events API, against our server. It insists on https."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.clients.tls import proxied
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, pages

pagerduty = pytest.importorskip("pagerduty", reason="The client `pagerduty` is not installed.")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(moved_clock: MovedClock, live_server: LiveServer) -> Shop:
    return Shop(moved_clock)


@pytest.fixture
def client_with(live_server: LiveServer, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    with proxied(int(live_server.url.rpartition(":")[2]), tmp_path) as (server, trusted):
        verify = ssl.create_default_context(cafile=trusted)
        yield lambda key: pagerduty.EventsApiV2Client(key, base_url=f"https://{server}", verify=verify)


@pytest.fixture
def client(shop: Shop, client_with: Callable[[str], Any]) -> Any:
    return client_with(shop.key)


def test_trigger_acknowledge_resolve(client: Any, shop: Shop) -> None:
    key = client.trigger(
        "disk full",
        "db-1",
        severity="critical",
        custom_details={"mount": "/var"},
        links=[{"href": "https://runbooks.test/disk", "text": "Runbook"}],
    )
    shop.run()
    [alert] = shop.alerts()
    assert (alert.dedup_key, alert.title, alert.status) == (key, "disk full", "triggered")
    assert alert.runbook_url == "https://runbooks.test/disk"
    assert len(pages()) == 1

    assert client.acknowledge(key) == key
    shop.run()
    assert [one.status for one in shop.alerts()] == ["acknowledged"]
    assert client.resolve(key) == key
    shop.run()
    assert [one.status for one in shop.alerts()] == ["resolved"]
    shop.run_for(minutes=10)
    assert shop.incident().phase == "cancelled"


def test_its_own_key_is_kept_and_counts(client: Any, shop: Shop) -> None:
    for _ in range(2):
        assert client.trigger("disk full", "db-1", dedup_key="db-1/disk") == "db-1/disk"
    shop.run()
    assert [alert.count for alert in shop.alerts()] == [2]


def test_a_change_event_pages_nobody(client: Any, shop: Shop) -> None:
    # With a timestamp: 7.2.0 fails by itself where it has to make one.
    at = "2026-11-23T09:59:00+0000"
    client.submit("deployed 4.2", source="ci", custom_details={"commit": "abc"}, timestamp=at)
    shop.run()
    assert [post.format for post in shop.posts()] == ["change"]
    assert shop.outcomes() != ["quarantined"]
    assert (shop.alerts(), pages()) == ([], [])


def test_a_wrong_key_is_an_error_it_understands(client_with: Callable[[str], Any]) -> None:
    with pytest.raises(pagerduty.HttpError) as told:
        client_with("0" * 32).trigger("disk full", "db-1")
    assert told.value.response.status_code == 400
    assert told.value.response.json()["errors"]
