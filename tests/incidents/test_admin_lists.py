"""Lists and set-up of incidents in the admin: what they show, to whom, and what they keep to themselves."""

import re
from typing import Any

import pytest
from django.test import Client

from config.tenancy.scoping import tenant_scope
from incidents.models import Alert, AlertSource, InboundEvent, Incident, Service, Severity
from incidents.operations.ingest import take_in
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.test_room_view import as_, declared, words
from tests.people import World

ADMIN = "/t/acme/admin/incidents"
LISTS = ["incident", "service", "severity", "alertsource", "alert", "inboundevent", "incidentrole"]


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


@pytest.fixture
def alert(stage: Stage, engine: Engine, moved_clock: MovedClock) -> Alert:
    body = b'{"summary": "Payment API: 5xx", "source": "node1", "severity": "critical", "team": "shop"}'
    with tenant_scope(stage.world.acme.tenant.pk):
        take_in(source_id=stage.source.pk, format="json", body=body, now=moved_clock.now())
        engine.run()
        return Alert.objects.get()


@pytest.mark.parametrize("name", LISTS)
def test_every_list_opens_for_who_sets_up(client: Client, stage: Stage, alert: Alert, name: str) -> None:
    assert as_(client, stage, "marc").get(f"{ADMIN}/{name}/").status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_no_list_opens_for_an_outsider(client: Client, stage: Stage, alert: Alert, name: str) -> None:
    as_(client, stage, "olga")
    assert client.get(f"{ADMIN}/{name}/").status_code == 404
    theirs = client.get(f"/t/other/admin/incidents/{name}/")
    assert "Payment" not in words(theirs)


@pytest.mark.parametrize(
    ("name", "row"), [("service", "checkout"), ("alertsource", "source"), ("alert", "alert")]
)
def test_another_tenants_row_is_a_missing_one(
    client: Client, stage: Stage, alert: Alert, name: str, row: str
) -> None:
    pk = alert.pk if row == "alert" else getattr(stage, row).pk
    as_(client, stage, "olga")
    missing = client.get(f"/t/other/admin/incidents/{name}/987654/change/", follow=True)
    foreign = client.get(f"/t/other/admin/incidents/{name}/{pk}/change/", follow=True)
    assert foreign.status_code == missing.status_code
    assert words(foreign).replace(f"“{pk}”", "") == words(missing).replace("“987654”", "")


# --- incidents ----------------------------------------------------------------------------------------------
def test_the_list_of_incidents_says_what_one_asks(
    client: Client, stage: Stage, engine: Engine, moved_clock: MovedClock
) -> None:
    declared(stage, engine)
    moved_clock.move(minutes=70)
    shown = words(as_(client, stage, "vera").get(f"{ADMIN}/incident/"))
    for said in ("INC-1 Payments fail", "SEV1", "Checkout", "1:10"):
        assert said in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [("open=yes", True), ("open=no", False), ("q=Payments", True), ("q=1", True), ("q=77", False)],
)
def test_incidents_are_filtered_and_found(
    client: Client, stage: Stage, engine: Engine, query: str, found: bool
) -> None:
    declared(stage, engine)
    shown = words(as_(client, stage, "vera").get(f"{ADMIN}/incident/?{query}"))
    assert ("INC-1" in shown) is found


def test_private_incidents_and_their_alerts_are_not_listed_outside_their_circle(
    client: Client, stage: Stage, alert: Alert, engine: Engine
) -> None:
    with tenant_scope(stage.world.acme.tenant.pk):
        made = Incident.objects.get()
        Incident.objects.filter(pk=made.pk).update(private=True)
    as_(client, stage, "marc")
    for path in ("incident/", "incident/?q=Payment", "alert/", "alert/?q=Payment"):
        assert "Payment API" not in words(client.get(f"{ADMIN}/{path}"))
    gone = client.get(f"{ADMIN}/alert/{alert.pk}/change/", follow=True)
    assert "Payment API" not in words(gone)
    assert "Payment API" in words(as_(client, stage, "bram").get(f"{ADMIN}/alert/"))


def test_a_new_incident_begins_at_declare(client: Client, stage: Stage) -> None:
    response = as_(client, stage, "vera").get(f"{ADMIN}/incident/add/")
    assert (response.status_code, response["Location"]) == (302, "/t/acme/declare")


def test_nothing_is_changed_or_deleted_by_the_list(client: Client, stage: Stage, engine: Engine) -> None:
    made = declared(stage, engine)
    as_(client, stage, "anna")
    assert client.post(f"{ADMIN}/incident/{made.pk}/change/", {"summary": "x"}).status_code == 405
    assert client.post(f"{ADMIN}/incident/{made.pk}/delete/", {"post": "yes"}).status_code == 403
    with tenant_scope(stage.world.acme.tenant.pk):
        assert Incident.objects.get().summary == "Payments fail"


# --- alerts and raw events ----------------------------------------------------------------------------------
def test_an_alert_is_read_whole_and_changed_nowhere(client: Client, stage: Stage, alert: Alert) -> None:
    response = as_(client, stage, "vera").get(f"{ADMIN}/alert/{alert.pk}/change/")
    html = response.content.decode()
    assert "Payment API: 5xx" in html
    assert "<pre" in html
    assert 'name="_save"' not in html
    assert client.get(f"{ADMIN}/alert/add/").status_code == 403


def test_an_address_that_would_run_is_no_link(client: Client, stage: Stage, alert: Alert) -> None:
    with tenant_scope(stage.world.acme.tenant.pk):
        Alert.objects.update(runbook_url="javascript:alert(1)", dashboard_url="https://grafana.acme.test/d/1")
    html = as_(client, stage, "vera").get(f"{ADMIN}/alert/{alert.pk}/change/").content.decode()
    assert 'href="javascript:' not in html
    assert 'href="https://grafana.acme.test/d/1"' in html


def test_raw_events_are_for_who_sets_up_and_quarantine_is_one_tap_away(
    client: Client, stage: Stage, alert: Alert, engine: Engine, moved_clock: MovedClock
) -> None:
    with tenant_scope(stage.world.acme.tenant.pk):
        take_in(source_id=stage.source.pk, format="json", body=b"\xff{not json", now=moved_clock.now())
        engine.run()
        unread = InboundEvent.objects.order_by("-id")[0]
    assert as_(client, stage, "bram").get(f"{ADMIN}/inboundevent/").status_code == 403
    as_(client, stage, "marc")
    listed = words(client.get(f"{ADMIN}/inboundevent/?quarantine=yes"))
    assert "1 inbound event" in listed
    assert "not json" in words(client.get(f"{ADMIN}/inboundevent/{unread.pk}/change/"))


# --- sources ------------------------------------------------------------------------------------------------
def test_a_source_shows_its_address_and_a_snippet_to_who_may_see_secrets(
    client: Client, stage: Stage
) -> None:
    html = as_(client, stage, "marc").get(f"{ADMIN}/alertsource/{stage.source.pk}/change/").content.decode()
    assert f"/ingest/{stage.key}/alertmanager" in html
    assert "webhook_configs" in html


@pytest.mark.parametrize("name", ["bram", "carla", "vera"])
def test_nobody_else_sees_a_key(client: Client, stage: Stage, name: str) -> None:
    as_(client, stage, name)
    for path in (
        "alertsource/",
        f"alertsource/{stage.source.pk}/change/",
        f"alertsource/{stage.source.pk}/history/",
    ):
        assert stage.key not in client.get(f"{ADMIN}/{path}").content.decode()


def test_a_new_source_gets_a_key_that_works(client: Client, stage: Stage) -> None:
    as_(client, stage, "marc")
    given = {"name": "Grafana", "tool": "grafana", "service": stage.exports.pk}
    client.post(f"{ADMIN}/alertsource/add/", given)
    with tenant_scope(stage.world.acme.tenant.pk):
        made = AlertSource.objects.get(name="Grafana")
    response = client.post(
        f"/ingest/{made.key}/json", b'{"summary": "x", "severity": "error"}', content_type="application/json"
    )
    assert response.status_code in {200, 202}


def test_a_revoked_source_is_dead_and_a_new_key_revives_it(client: Client, stage: Stage) -> None:
    as_(client, stage, "marc")
    for action in ("revoke", "rotate"):
        client.post(f"{ADMIN}/alertsource/", {"action": action, "_selected_action": [stage.source.pk]})
        with tenant_scope(stage.world.acme.tenant.pk):
            source = AlertSource.objects.get(pk=stage.source.pk)
        assert (source.revoked_at is not None) is (action == "revoke")
    assert source.key != stage.key


# --- set-up -------------------------------------------------------------------------------------------------
def test_a_service_is_made_and_its_history_says_by_whom(client: Client, stage: Stage) -> None:
    as_(client, stage, "marc")
    fields: dict[str, Any] = {"name": "Search", "team": stage.checkout.team_id, "urgency": "high"}
    fields |= {"grouping": "service", "storm_per_minute": 20}
    client.post(f"{ADMIN}/service/add/", fields)
    with tenant_scope(stage.world.acme.tenant.pk):
        made = Service.objects.get(name="Search")
    assert "Marc" in words(client.get(f"{ADMIN}/service/{made.pk}/history/"))


@pytest.mark.parametrize("name", ["bram", "carla", "vera"])
def test_who_does_not_set_up_changes_nothing(client: Client, stage: Stage, name: str) -> None:
    as_(client, stage, name)
    change = client.post(f"{ADMIN}/severity/{stage.severities[1].pk}/change/", {"word": "P1"})
    assert change.status_code == 403
    with tenant_scope(stage.world.acme.tenant.pk):
        assert Severity.objects.get(rank=1).word == "SEV1"


def test_every_place_of_the_bar_exists(client: Client, stage: Stage) -> None:
    html = as_(client, stage, "anna").get("/t/acme/admin/").content.decode()
    nav = re.search(r'<nav class="nav".*?</nav>', html, re.S).group()
    places = re.findall(r'href="([^"]+)"[^>]*>([^<]+)<', nav)
    assert [word for _url, word in places] == [
        "Now", "Incidents", "Alerts", "On call", "Services", "Status pages", "People", "Figures",
        "Set-up",
    ]  # fmt: skip
    for url, _word in places:
        assert client.get(url).status_code == 200
