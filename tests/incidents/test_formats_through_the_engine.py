"""What the formats come to behind their addresses: duplicates, groups, tests, bodies of the ready tools."""

import json
from typing import Any

import pytest
from django.test import Client

from config.tenancy.actors import ENGINE
from incidents.adapters.ready import READY, sns
from incidents.models import Alert, AlertStatus, InboundEvent, Incident, Outcome
from incidents.operations.sources import create_source
from tests.conftest import START, Engine
from tests.incidents.leading import Lead
from tests.incidents.test_adapters import ALERTMANAGER
from tests.incidents.test_grafana import ALERT, GROUP


def source(lead: Lead, **settings: Any) -> str:
    tool = settings.pop("tool", "json")
    made = create_source(
        name="M", service=lead.checkout, actor=ENGINE, now=START, tool=tool, settings=settings
    )
    return made[1]


def send(client: Client, path: str, body: Any, engine: Engine) -> None:
    answer = client.post(path, json.dumps(body), content_type="text/plain; charset=UTF-8")
    assert answer.status_code == 202
    engine.run()


def states() -> list[tuple[str, int]]:
    return [(alert.status, alert.count) for alert in Alert.objects.order_by("id")]


def test_the_two_of_a_highly_available_pair_open_one_alert(
    client: Client, lead: Lead, engine: Engine
) -> None:
    path = f"/ingest/{source(lead)}/alertmanager"
    firing = ALERTMANAGER | {"alerts": ALERTMANAGER["alerts"][:1]}  # type: ignore[index]
    send(client, path, firing, engine)
    send(client, path, firing | {"externalURL": "http://alertmanager-2.example.org"}, engine)
    assert states() == [(AlertStatus.TRIGGERED, 2)]
    assert Incident.objects.count() == 1


def test_a_group_is_one_alert_until_all_of_it_is_over(client: Client, lead: Lead, engine: Engine) -> None:
    path = f"/ingest/{source(lead, by_group=True)}/alertmanager"
    over = [one | {"status": "resolved"} for one in ALERTMANAGER["alerts"]]  # type: ignore[attr-defined]
    send(client, path, ALERTMANAGER, engine)
    assert states() == [(AlertStatus.TRIGGERED, 1)]
    send(client, path, ALERTMANAGER | {"status": "resolved", "alerts": over, "truncatedAlerts": 2}, engine)
    assert states() == [(AlertStatus.TRIGGERED, 1)]
    send(client, path, ALERTMANAGER | {"status": "resolved", "alerts": over}, engine)
    assert states() == [(AlertStatus.RESOLVED, 1)]


def test_grafanas_test_button_pages_nobody(client: Client, lead: Lead, engine: Engine) -> None:
    test = ALERT | {"labels": {"alertname": "TestAlert", "instance": "Grafana"}}
    send(client, f"/ingest/{source(lead)}/grafana", GROUP | {"alerts": [test]}, engine)
    assert [alert.is_test for alert in Alert.objects.all()] == [True]
    assert not Incident.objects.exists()


def test_sns_asks_to_be_confirmed_is_shown_with_its_link_and_pages_nobody(
    client: Client, lead: Lead, engine: Engine
) -> None:
    send(client, f"/ingest/{source(lead, tool='sns')}/json", sns.CONFIRMATION, engine)
    alert = Alert.objects.get()
    assert (alert.is_test, alert.dashboard_url) == (True, sns.CONFIRMATION["SubscribeURL"])
    assert not Incident.objects.exists()
    engine.clock.move(minutes=59)
    engine.run()
    assert states() == [(AlertStatus.TRIGGERED, 1)]
    engine.clock.move(minutes=1)
    engine.run()
    assert states() == [(AlertStatus.RESOLVED, 1)]


@pytest.mark.parametrize("tool", list(READY))
def test_what_a_tool_sends_opens_an_incident_and_clears(
    client: Client, lead: Lead, engine: Engine, tool: str
) -> None:
    path = f"/ingest/{source(lead, tool=tool)}/json"
    send(client, path, READY[tool].sample, engine)
    assert (Incident.objects.count(), states()) == (1, [(AlertStatus.TRIGGERED, 1)])
    send(client, path, READY[tool].resolved, engine)
    assert states() == [(AlertStatus.RESOLVED, 1)]


def test_one_bad_alert_is_set_apart_and_the_good_one_pages(
    client: Client, lead: Lead, engine: Engine
) -> None:
    bad = {"fingerprint": "bad", "labels": {str(n): "x" for n in range(3_000)}}
    send(client, f"/ingest/{source(lead)}/grafana", GROUP | {"alerts": [bad, ALERT]}, engine)
    stored = InboundEvent.objects.get()
    assert (stored.outcome, len(stored.alert_ids)) == (Outcome.QUARANTINED, 2)
    assert Alert.objects.filter(title="This alert was triggered for zone us-1").exists()
