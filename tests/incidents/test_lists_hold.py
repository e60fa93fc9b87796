"""Lists hold at a million incidents: as many statements for many rows as for few, and each by an index.

How long they take is measured by `python -m tests.benchmarks.million`, not here.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.admin import bounded
from config.tenancy.scoping import tenant_scope
from incidents.models import Alert, AlertSource, Incident
from incidents.operations.sources import create_source
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.measuring import any_incidents, make
from tests.incidents.test_room_view import as_, words
from tests.people import World

LIST = "/t/acme/admin/incidents/incident/"
ALERTS = "/t/acme/admin/incidents/alert/"
API = "/t/acme/api/v1/incidents/"
PAGES = [
    LIST,
    f"{LIST}?open=yes",
    f"{LIST}?open=no",
    f"{LIST}?q=Incident",
    f"{LIST}?q=7",
    f"{LIST}?severity__id__exact={{severity}}",
    f"{LIST}?service__id__exact={{service}}",
    f"{LIST}?phase__exact=cancelled",
    ALERTS,
    f"{ALERTS}?q=Incident",
    "/t/acme/admin/",
    "/t/acme/declare/preview?text=incident",
    API,
    f"{API}?status=open",
    f"{API}?service={{service_uid}}",
    f"{API}?severity={{severity_uid}}",
    "/t/acme/api/v1/alerts/",
    "/t/acme/measures",
]


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


def put(stage: Stage, engine: Engine, count: int, seed: int = 1) -> None:
    """More incidents, all over but every seventh, each with an alert."""
    now = engine.clock.now()
    with tenant_scope(stage.world.acme.tenant.pk):
        services = [stage.checkout, stage.exports]
        given = any_incidents(now, count, severities=stage.severities.values(), services=services, seed=seed)
        for number, one in enumerate(given):
            if number % 7 and one.get("phase") is None:
                one |= {"phase": "cancelled", "cancel_reason": "recovered", "cancelled_at": now}
        # Of each kind at least one, of a service: what is not there asks for nothing more.
        given[0] = {"declared_at": now, "service": stage.checkout, "severity": stage.severities[1]}
        made = make(now, *given, first=Incident.objects.count() + 1)
        alerts_on(made, stage.source, now)


def alerts_on(incidents: list[Incident], source: AlertSource, now: datetime) -> None:
    Alert.objects.bulk_create(
        Alert(
            source=source,
            service=incident.service,
            incident=incident,
            dedup_key=str(incident.number),
            uid=incident.uid,
            title=incident.summary,
            status="resolved",
            first_seen=now,
            last_seen=now,
            resolved_at=now + timedelta(minutes=1),
        )
        for incident in incidents
    )


def addresses(stage: Stage) -> list[str]:
    names = {
        "severity": stage.severities[1].pk,
        "severity_uid": stage.severities[1].uid,
        "service": stage.exports.pk,
        "service_uid": stage.exports.uid,
    }
    return [page.format(**names) for page in PAGES]


def statements(client: Client, stage: Stage) -> dict[str, int]:
    counted = {}
    for address in addresses(stage):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200, address
        counted[address] = len(asked)
    return counted


def test_as_many_statements_for_a_thousand_as_for_ten(client: Client, stage: Stage, engine: Engine) -> None:
    as_(client, stage, "anna")
    put(stage, engine, 10)
    few = statements(client, stage)
    put(stage, engine, 990, seed=2)
    assert statements(client, stage) == few


# --- by an index --------------------------------------------------------------------------------------------
class Asked(list[tuple[str, Any]]):
    """The SELECTs that ran, with their parameters, but for counts: those stop by themselves, and of a table
    this small the planner rightly reads the whole.
    """

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and not sql.startswith("SELECT COUNT("):
            self.append((sql, params))
        return execute(sql, params, many, context)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def plan_of(sql: str, params: Any) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        row = cursor.fetchone()
    assert row is not None
    found = row[0] if isinstance(row[0], list) else json.loads(row[0])
    plan: dict[str, Any] = found[0]["Plan"]
    return plan


@pytest.fixture
def crowded(client: Client, stage: Stage, engine: Engine) -> Stage:
    """Some thousands of incidents, of which this tenant has the fewer: as in a table of many tenants."""
    put(stage, engine, 1_500)
    other = stage.world.other.tenant
    with tenant_scope(other.pk):
        now = engine.clock.now()
        made = make(now, *({"declared_at": now - timedelta(hours=n)} for n in range(4_500)))
        source, _key = create_source(name="Theirs", service=None, actor=ENGINE, now=now)
        alerts_on(made, source, now)
    with tenant_scope(other.pk), connection.cursor() as cursor:
        for model in (Incident, Alert):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
    as_(client, stage, "anna")
    return stage


def test_no_list_reads_a_whole_table(client: Client, crowded: Stage) -> None:
    """Neither incidents nor alerts are read from end to end: each list finds its rows by an index."""
    tables = {Incident._meta.db_table, Alert._meta.db_table}
    found = []
    for address in addresses(crowded):
        for sql, params in selects(client, address):
            if any(table in sql for table in tables):
                plan = list(nodes(planned(crowded, sql, params)))
                whole = [node for node in plan if node["Node Type"] == "Seq Scan"]
                found += [(address, sql) for node in whole if node["Relation Name"] in tables]
    assert not found


def test_the_newest_come_in_the_order_of_an_index(client: Client, crowded: Stage) -> None:
    """A first page reads a page: what sorts all there is to show fifty slows down with every year."""
    names = {"service": crowded.exports.pk}
    for address in (LIST, API, f"{LIST}?service__id__exact={{service}}".format(**names)):
        asked = selects(client, address)
        pages = [one for one in asked if 'FROM "incidents_incident"' in one[0] and "ORDER BY" in one[0]]
        assert pages
        for sql, params in pages:
            kinds = {node["Node Type"] for node in nodes(planned(crowded, sql, params))}
            assert "Sort" not in kinds, sql


def selects(client: Client, address: str) -> Asked:
    asked = Asked()
    with connection.execute_wrapper(asked):
        assert client.get(address).status_code == 200
    return asked


def planned(stage: Stage, sql: str, params: Any) -> dict[str, Any]:
    with tenant_scope(stage.world.acme.tenant.pk):
        return plan_of(sql, params)


# --- bounds that are said -----------------------------------------------------------------------------------
def test_a_long_list_is_counted_so_far_and_says_so(
    client: Client, stage: Stage, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "COUNTED", 60)
    put(stage, engine, 70)
    as_(client, stage, "vera")
    assert "60+ incidents" in words(client.get(LIST))
    assert client.get(f"{LIST}?p=2").status_code == 200
    assert "60+" not in words(client.get(f"{LIST}?open=yes"))


def test_a_page_behind_the_last_is_no_error(client: Client, stage: Stage, engine: Engine) -> None:
    put(stage, engine, 3)
    as_(client, stage, "marc")
    assert "INC-3" in words(client.get(f"{LIST}?p=90"))


def test_words_are_searched_among_the_newest_and_numbers_among_all(
    client: Client, stage: Stage, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "SEARCHED", 5)
    put(stage, engine, 9)
    as_(client, stage, "vera")
    assert "INC-9 Incident 9" in words(client.get(f"{LIST}?q=incident"))
    assert "INC-4 Incident 4" not in words(client.get(f"{LIST}?q=incident"))
    for said in ("4", "INC-4", "inc-4"):
        assert "INC-4 Incident 4" in words(client.get(f"{LIST}?q={said}"))
    assert "among the newest" in words(client.get(LIST))
