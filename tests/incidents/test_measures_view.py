"""The dashboard and the sheet: what they say, to whom, and that they ask as much for many as for few."""

import csv
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.tenancy.scoping import tenant_scope
from incidents.models import Incident
from incidents.operations.cancelling import cancel
from incidents.operations.ingest import take_in
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.measuring import any_incidents, make
from tests.incidents.test_room_view import as_, declared, words
from tests.people import World

PAGE = "/t/acme/measures"
SHEET = "/t/acme/measures.csv"


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


def put(stage: Stage, engine: Engine, *many: dict[str, Any]) -> None:
    with tenant_scope(stage.world.acme.tenant.pk):
        make(engine.clock.now(), *many, first=Incident.objects.count() + 1)


def sheet(client: Client, **query: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(client.get(SHEET, query).content.decode())))


# --- the page -----------------------------------------------------------------------------------------------
def test_an_empty_tenant_is_calm(client: Client, stage: Stage) -> None:
    response = as_(client, stage, "vera").get(PAGE)
    assert response.status_code == 200
    assert "Nothing happened in these days." in words(response)
    assert "Nobody was called in these days." in words(response)


def test_it_says_medians_and_the_slowest_tenth(client: Client, stage: Stage, engine: Engine) -> None:
    now = engine.clock.now()
    put(stage, engine, *(
        {"confirmed_at": now, "acknowledged_at": now + timedelta(minutes=n), "severity": stage.severities[1]}
        for n in (1, 2, 3, 4, 20)
    ))  # fmt: skip
    said = words(as_(client, stage, "vera").get(PAGE))
    assert "5 incidents" in said
    assert "Acknowledged in 3 min nine in ten within 13 min" in said
    assert "Customers told in –" in said
    assert "Found before customers 100 %" in said


def test_charts_have_a_sentence_and_a_table(client: Client, stage: Stage, engine: Engine) -> None:
    now = engine.clock.now()
    put(stage, engine, {"confirmed_at": now}, {"confirmed_at": now - timedelta(weeks=3)})
    html = as_(client, stage, "vera").get(PAGE).content.decode()
    for chart in re.findall(r"<svg (?![^>]*aria-hidden)[^>]*>", html):
        assert 'role="img"' in chart
        assert "aria-label" in chart
    assert "2 incidents in 14 weeks. Most in the week of" in html
    assert html.count("<table") == html.count("<caption") >= 2
    assert " style=" not in html


def test_private_ones_are_a_number_outside_their_circle(client: Client, stage: Stage, engine: Engine) -> None:
    declared(stage, engine, text="Data is leaking", private=True)
    outside = as_(client, stage, "marc").get(PAGE)
    assert "1 private incident of these days is not counted here" in words(outside)
    assert "leaking" not in words(outside)
    assert "0 incidents" in words(outside)
    inside = words(as_(client, stage, "anna").get(PAGE))
    assert "1 incident " in inside
    assert "private incident of these days" not in inside


def test_an_outsider_and_a_stranger_see_nothing(client: Client, stage: Stage, engine: Engine) -> None:
    declared(stage, engine)
    for path in (PAGE, SHEET):
        assert client.get(path).status_code == 302
        assert as_(client, stage, "olga").get(path).status_code == 404
        assert "Payments" not in words(client.get(path.replace("acme", "other")))
        client.logout()


@pytest.mark.parametrize("name", ["severity", "service", "team"])
def test_another_tenants_choice_is_a_missing_one(client: Client, stage: Stage, name: str) -> None:
    row = {
        "severity": stage.severities[1],
        "service": stage.checkout,
        "team": stage.checkout.team,
    }[name]
    as_(client, stage, "olga")
    page = PAGE.replace("acme", "other")
    foreign, missing = client.get(page, {name: row.uid}), client.get(page, {name: "AAAAAAAAAAAA"})
    assert "That choice does not exist here." in words(foreign)
    assert words(foreign) == words(missing)


@pytest.mark.parametrize(
    "query", ["days=7", "from=2026-13-45", "service=%00", "from=2026-02-01&to=2026-01-01"]
)
def test_what_makes_no_sense_is_said(client: Client, stage: Stage, query: str) -> None:
    response = as_(client, stage, "vera").get(f"{PAGE}?{query}")
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert client.get(f"{SHEET}?{query}").status_code == 422


def test_false_alarms_lead_to_what_to_mend(
    client: Client, stage: Stage, engine: Engine, moved_clock: MovedClock
) -> None:
    body = b'{"summary": "Disk full", "source": "node1", "severity": "critical"}'
    with tenant_scope(stage.world.acme.tenant.pk):
        take_in(source_id=stage.source.pk, format="json", body=body, now=moved_clock.now())
        engine.run()
        bram = stage.world.acme.members["bram"]
        cancel(
            incident=Incident.objects.get(),
            reason="false_alarm",
            actor=bram.as_actor(),
            now=moved_clock.now(),
        )
    html = as_(client, stage, "marc").get(PAGE).content.decode()
    assert f"/t/acme/admin/incidents/alertsource/{stage.source.pk}/change/" in html
    assert f"/t/acme/admin/incidents/service/{stage.checkout.pk}/change/" in html
    assert "/alertsource/" not in as_(client, stage, "vera").get(PAGE).content.decode()


def test_now_leads_to_the_figures(client: Client, stage: Stage) -> None:
    assert f'href="{PAGE}"' in as_(client, stage, "vera").get("/t/acme/admin/").content.decode()


def test_as_many_statements_for_a_thousand_as_for_ten(client: Client, stage: Stage, engine: Engine) -> None:
    many = any_incidents(
        engine.clock.now(), 1_000, severities=stage.severities.values(), services=[stage.checkout]
    )
    as_(client, stage, "anna")
    counts = []
    for part in (many[:10], many[10:]):
        put(stage, engine, *part)
        for path in (PAGE, SHEET):
            with CaptureQueriesContext(connection) as asked:
                assert client.get(path).status_code == 200
            counts.append(len(asked))
    assert counts[:2] == counts[2:]


# --- the sheet ----------------------------------------------------------------------------------------------
def test_the_sheet_has_every_incident_with_its_figures(client: Client, stage: Stage, engine: Engine) -> None:
    now = engine.clock.now()
    put(
        stage,
        engine,
        {"confirmed_at": now, "acknowledged_at": now + timedelta(minutes=2), "service": stage.checkout},
        {"phase": "cancelled", "cancelled_at": now, "cancel_reason": "false_alarm"},
    )
    response = as_(client, stage, "vera").get(SHEET)
    assert response["Content-Type"].startswith("text/csv")
    assert not response.streaming
    assert "incidents-acme-" in response["Content-Disposition"]
    second, first = sheet(client)
    assert (first["key"], first["to_acknowledge_seconds"], first["to_resolve_seconds"]) == (
        "INC-1",
        "120",
        "",
    )
    assert (first["in_the_figures"], second["in_the_figures"]) == ("yes", "no")
    assert second["why_cancelled"] == "false_alarm"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(client: Client, stage: Stage, engine: Engine, text: str) -> None:
    put(stage, engine, {"summary": text, "found_via": text})
    as_(client, stage, "vera")
    raw = client.get(SHEET).content.decode()
    row = next(csv.DictReader(StringIO(raw, newline="")))
    assert row["summary"] == f"'{text}"
    assert row["found_via"] == f"'{text}"


def test_a_sheet_that_is_cut_says_so(
    client: Client, stage: Stage, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incidents.figures.sheet.MOST_ROWS", 2)
    put(stage, engine, {}, {}, {})
    rows = sheet(as_(client, stage, "vera"))
    assert [row["key"] for row in rows[:2]] == ["INC-3", "INC-2"]
    assert rows[2]["key"] == "Only the newest 2 are here. Choose fewer days for the rest."


def test_private_rows_are_in_the_sheet_of_their_circle_only(
    client: Client, stage: Stage, engine: Engine
) -> None:
    declared(stage, engine, text="Data is leaking", private=True)
    assert sheet(as_(client, stage, "marc")) == []
    assert sheet(as_(client, stage, "anna"))[0]["summary"] == "Data is leaking"
