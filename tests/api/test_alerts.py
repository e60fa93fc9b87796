"""Alerts over the API: taken in, found, filtered."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from config.tenancy.actors import ENGINE
from incidents.models import Alert, InboundEvent, Incident
from incidents.operations.sources import create_source
from tests.api.conftest import Caller, CaptureQueries
from tests.conftest import Bells, Engine
from tests.incidents.leading import Lead

Build = Callable[..., Caller]
Inside = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def source(shop: Lead, inside: Inside) -> str:
    """The uid of a source whose alerts are about Checkout."""
    with inside():
        made, _key = create_source(name="Prometheus", service=shop.checkout, actor=ENGINE, now=shop.now)
        return str(made.uid)


@pytest.fixture
def key(with_key: Build) -> Caller:
    return with_key("write")


def send(caller: Caller, source: str, **body: Any) -> Any:
    return caller.post("alerts/", {"source": source, **body})


def test_an_alert_is_stored_first_and_worked_then(
    key: Caller,
    source: str,
    engine: Engine,
    inside: Inside,
    django_capture_on_commit_callbacks: Any,
    bells: Bells,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = send(key, source, title="Disk full", dedup_key="disk", labels={"host": "db1"})
    assert (answer.status_code, answer.json()) == (202, {"dedup_key": "disk"})
    assert "incidents.inbound" in bells
    with inside():
        assert InboundEvent.objects.count() == 1
    engine.run()
    row = key.get("alerts/").json()["results"][0]
    assert (row["title"], row["dedup_key"], row["status"], row["count"]) == (
        "Disk full",
        "disk",
        "triggered",
        1,
    )
    assert row["labels"] == {"host": "db1"}
    assert row["incident"] == "INC-1"
    assert row["service"]["name"] == "Checkout"
    assert key.get(f"alerts/{row['uid']}/").json() == row


def test_without_a_key_of_its_own_it_is_given_one(key: Caller, source: str, engine: Engine) -> None:
    given = send(key, source, title="Disk full").json()["dedup_key"]
    engine.run()
    assert key.get(f"alerts/?dedup_key={given}").json()["results"][0]["title"] == "Disk full"


def test_the_same_key_counts_and_resolves(key: Caller, source: str, engine: Engine, inside: Inside) -> None:
    for _ in range(3):
        send(key, source, title="Disk full", dedup_key="disk")
        engine.run()
    assert key.get("alerts/").json()["results"][0]["count"] == 3
    assert send(key, source, action="resolve", dedup_key="disk").status_code == 202
    engine.run()
    assert key.get("alerts/").json()["results"][0]["status"] == "resolved"
    with inside():
        assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "x", "source": "AAAAAAAAAAAA"}, "source"),
        ({}, "title"),
        ({"action": "resolve"}, "dedup_key"),
        ({"action": "explode", "title": "x"}, "action"),
        ({"title": "x", "severity": "loud"}, "severity"),
        ({"title": "x", "runbook_url": "javascript:alert(1)"}, "runbook_url"),
        ({"title": "x", "status": "resolved"}, "status"),
    ],
)
def test_what_is_wrong_is_said_by_field(key: Caller, source: str, body: Any, field: str) -> None:
    answer = key.post("alerts/", {"source": source} | body)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])


def test_filters(key: Caller, shop: Lead, source: str, engine: Engine) -> None:
    send(key, source, title="one", dedup_key="1", severity="critical")
    send(key, source, title="two", dedup_key="2")
    engine.run()
    send(key, source, action="resolve", dedup_key="2")
    engine.run()

    def titles(query: str) -> list[str]:
        return [row["title"] for row in key.get(f"alerts/?{query}").json()["results"]]

    assert titles("") == ["two", "one"]
    assert titles("status=triggered") == ["one"]
    assert titles("status=triggered&status=resolved") == ["two", "one"]
    assert titles("severity=critical") == ["one"]
    assert titles("dedup_key=2") == ["two"]
    assert titles(f"service={shop.checkout.uid}") == ["two", "one"]
    assert titles(f"source={source}") == ["two", "one"]
    assert titles("incident=INC-1") == ["two", "one"]
    assert titles("incident=INC-2") == titles("incident=nonsense") == titles("service=AAAAAAAAAAAA") == []
    assert titles("fingerprint=abc") == []


def test_who_may(as_member: Build, with_key: Build, source: str, inside: Inside) -> None:
    for caller in (as_member("vera"), as_member("carla"), with_key("read")):
        assert send(caller, source, title="x").status_code == 403
    assert send(as_member("bram"), source, title="x").status_code == 202
    with inside():
        assert InboundEvent.objects.count() == 1


def test_an_outsider_posts_to_no_source_of_acme(
    with_key: Build, source: str, world: Any, inside: Inside
) -> None:
    answer = send(with_key("admin", tenant=world.other.tenant), source, title="x")
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["source"])
    with inside():
        assert InboundEvent.objects.count() == Alert.objects.count() == 0


def test_a_list_costs_the_same_however_long(key: Caller, source: str, engine: Engine) -> None:
    def cost() -> int:
        with CaptureQueries() as queries:
            key.get("alerts/")
        return len(queries)

    send(key, source, title="first")
    engine.run()
    one = cost()
    for number in range(6):
        send(key, source, title=f"{number}")
    engine.run()
    assert cost() == one
