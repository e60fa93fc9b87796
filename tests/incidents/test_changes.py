"""Change events: kept, shown, and nobody is ever told of one."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.models import Alert, AlertSource, Change, InboundEvent, Incident, Outcome
from incidents.operations.brief import brief_of
from incidents.operations.changes import changes_before
from incidents.operations.sources import create_source
from tests.conftest import START, Engine
from tests.incidents.leading import Lead

CHANGE = {
    "payload": {
        "summary": "Build 4.2 of the shop is out",
        "timestamp": "2026-11-23T09:45:00.000+0000",
        "source": "ci-1",
        "custom_details": {"build": "4.2", "took": 91},
    },
    "links": [{"href": "https://ci.example.org/4.2", "text": "The build"}, {"href": "javascript:alert(1)"}],
}


@pytest.fixture
def key(lead: Lead) -> str:
    return create_source(name="CI", service=lead.checkout, actor=ENGINE, now=START)[1]


def post(client: Client, key: str, event: Any) -> int:
    body = json.dumps({"routing_key": key} | event)
    return int(client.post("/v2/change/enqueue", body, content_type="application/json").status_code)


def test_it_becomes_a_row_and_pages_nobody(client: Client, lead: Lead, key: str, engine: Engine) -> None:
    assert post(client, key, CHANGE) == 202
    engine.run()
    change = Change.objects.get()
    assert (change.summary, change.origin) == ("Build 4.2 of the shop is out", "ci-1")
    assert (change.changed_at, change.received_at) == (START - timedelta(minutes=15), START)
    assert change.links == [{"href": "https://ci.example.org/4.2", "text": "The build"}]
    assert change.details == {"build": "4.2", "took": 91}
    assert change.service == lead.checkout
    assert (Alert.objects.count(), Incident.objects.count()) == (0, 0)
    assert InboundEvent.objects.get().outcome == Outcome.PROCESSED


@pytest.mark.parametrize("event", [{}, {"payload": 7}, {"payload": {"summary": " "}}, {"payload": {"x": 1}}])
def test_one_without_a_summary_is_set_apart_and_pages_nobody(
    client: Client, lead: Lead, key: str, engine: Engine, event: Any
) -> None:
    assert post(client, key, event) == 202
    engine.run()
    stored = InboundEvent.objects.get()
    assert (stored.outcome, bool(stored.problem)) == (Outcome.QUARANTINED, True)
    assert (Change.objects.count(), Alert.objects.count(), Incident.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    "timestamp", ["2026-11-23T23:00:00Z", "1999-01-01T00:00:00Z", "yesterday", None, "2026-11-23T10:03:00Z"]
)
def test_a_time_that_cannot_be_is_when_it_came_in(
    client: Client, lead: Lead, key: str, engine: Engine, timestamp: Any
) -> None:
    post(client, key, {"payload": {"summary": "S", "timestamp": timestamp}})
    engine.run()
    assert Change.objects.get().changed_at == START


def test_what_came_before_an_incident_of_the_same_service(client: Client, lead: Lead, key: str) -> None:
    def made(hours: float, service: Any = lead.checkout) -> Change:
        at = START - timedelta(hours=hours)
        source = AlertSource.objects.get()
        return Change.objects.create(
            source=source, service=service, summary=str(hours), changed_at=at, received_at=at
        )

    with acting(ENGINE, now=START):
        for hours in (25, 23, 1, -1):
            made(hours)
        made(2, None)
    incident = lead.declare()
    assert [change.summary for change in changes_before(incident, 5)] == ["1", "23"]
    assert [change.summary for change in changes_before(incident, 1)] == ["1"]
    incident.service = None
    assert changes_before(incident, 5) == []


def test_an_outsider_sees_none(client: Client, lead: Lead, key: str, engine: Engine, world: Any) -> None:
    post(client, key, CHANGE)
    engine.run()
    with tenant_scope(world.other.tenant.pk):
        assert not Change.objects.exists()


def test_whoever_is_called_in_reads_what_was_changed_before(
    client: Client, lead: Lead, key: str, engine: Engine
) -> None:
    post(client, key, CHANGE)
    engine.run()
    incident = lead.declare()
    brief = brief_of(incident, lead.people["bram"], now=START)
    assert [change.summary for change in brief.changes] == ["Build 4.2 of the shop is out"]


@pytest.mark.parametrize("kills", [False, True])
def test_one_that_cannot_be_worked_is_set_apart_and_pages_nobody(
    client: Client, lead: Lead, key: str, engine: Engine, monkeypatch: pytest.MonkeyPatch, kills: bool
) -> None:
    from incidents.operations import inbound_claims, processing

    class Killed(BaseException):
        """The worker is gone, without a word."""

    def fails(*given: Any) -> Any:
        raise Killed if kills else ZeroDivisionError

    monkeypatch.setattr(processing, "note_changes", fails)
    assert post(client, key, CHANGE) == 202
    for _death in range(processing.MOST_ATTEMPTS if kills else 0):
        with pytest.raises(Killed):
            engine.run()
        engine.clock.set(engine.clock.now() + inbound_claims.LEASE)
    engine.run()
    assert InboundEvent.objects.get().outcome == Outcome.QUARANTINED
    assert (Alert.objects.count(), Incident.objects.count()) == (0, 0)
