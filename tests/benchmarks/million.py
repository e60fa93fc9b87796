"""Lists over a million incidents of ten thousand tenants: how long, and how many statements (PERFORMANCE).

`python -m tests.benchmarks.million [incidents] [tenants]`. One tenant has a tenth of all of them. That one is
looked at, and one with ten: the number of statements must be the same for both. Requests run in this process,
through every middleware: what is measured is ours and the database's. EXPLAIN=1 shows slow statements.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.benchmarks.rig import Rig, ms, percentile, rig, table

SAMPLES = 20
GOAL = 0.060
WORDS = ["Payments fail", "Search is slow", "Exports hang", "Logins time out", "Mails are late", "Disk full"]


def main(incidents: int = 1_000_000, tenants: int = 10_000) -> int:
    with rig() as bench:
        import django

        django.setup()
        large, small = bench.tenants(2)
        began = time.perf_counter()
        share = incidents // 10
        fill(bench, large["id"], share)
        fill(bench, small["id"], 10)
        others(bench, tenants - 2, incidents - share - 10)
        bench.sql("VACUUM ANALYZE")
        print(f"{incidents:,} incidents of {tenants:,} tenants in {time.perf_counter() - began:.0f} s")
        few = measured(small)
        return report(measured(large), few, share)


def run(bench: Rig, statement: str) -> None:
    """Without parameters: a % is the remainder."""
    bench.sql(statement.replace("%", "%%"))


# --- rows ---------------------------------------------------------------------------------------------------
def fill(bench: Rig, tenant: int, count: int) -> None:
    """`count` incidents over three years of one tenant, 20 of them open (half, where there are fewer), every
    hundredth private, each with an alert; two services and the whole scale. The newest is the highest number.
    """
    made = _set_up(tenant)
    rare = min(50, count // 3)
    still_open = count - min(20, count // 2)
    over = "declared_at + interval '1 hour'"
    kind = (
        f"CASE WHEN n > {still_open} THEN 'o' WHEN n % 4 = 0 THEN 'f' WHEN n % 10 = 1 THEN 'r' ELSE 'c' END"
    )
    phase = "CASE kind WHEN 'o' THEN 'resolving' WHEN 'c' THEN 'closed' ELSE 'cancelled' END"
    reason = "CASE kind WHEN 'f' THEN 'false_alarm' WHEN 'r' THEN 'recovered' ELSE '' END"
    run(
        bench,
        f"""
        WITH made AS (
            SELECT n, {kind} AS kind,
                   now() - (({count} - n)::float8 / {count} * interval '1095 days') AS declared_at,
                   (ARRAY{WORDS!r})[n % {len(WORDS)} + 1] || ' on node ' || n AS summary
              FROM generate_series(1, {count}) n
        )
        {
            _copy(
                "incidents_incident",
                made["incident"],
                "made",
                {
                    "uid": "lpad(n::text, 12, '0')",
                    "number": "n",
                    "summary": "made.summary",
                    "declared_at": "made.declared_at",
                    "started_at": "made.declared_at",
                    "phase": phase,
                    "cancel_reason": reason,
                    "confirmed_at": "CASE WHEN kind IN ('o', 'c') THEN made.declared_at END",
                    "acknowledged_at": "made.declared_at + n % 600 * interval '1 s'",
                    "first_external_at": f"CASE kind WHEN 'c' THEN made.{over} END",
                    "first_internal_at": f"CASE kind WHEN 'c' THEN made.{over} END",
                    "impact_over_at": f"CASE kind WHEN 'c' THEN made.{over} END",
                    "nothing_imminent_at": f"CASE kind WHEN 'c' THEN made.{over} END",
                    "resolved_at": f"CASE kind WHEN 'c' THEN made.{over} END",
                    "closed_at": f"CASE kind WHEN 'c' THEN made.{over} END",
                    "cancelled_at": f"CASE WHEN kind IN ('f', 'r') THEN made.{over} END",
                    "service_id": f"(ARRAY{made['services']})[n % {rare} / {rare - 1} + 1]",
                    "severity_id": f"(ARRAY{made['severities']})[n % 3 + 1]",
                    "private": "n % 100 = 50",
                    "declared_by_id": "NULL",
                    "cases": "n % 3",
                    "next_update_at": "NULL",
                    "idempotency_key": "''",
                    "found_by": "'monitoring'",
                },
            )
        }
        """,
    )
    found = f"(SELECT * FROM incidents_incident WHERE tenant_id = {tenant} AND number <= {count}) made"
    run(
        bench,
        _copy(
            "incidents_alert",
            made["alert"],
            found,
            {
                "uid": "made.uid",
                "incident_id": "made.id",
                "dedup_key": "'n' || made.number",
                "title": "made.summary",
                "status": "'resolved'",
                "resolved_at": "made.declared_at",
                "first_seen": "made.declared_at",
                "last_seen": "made.declared_at",
            },
        ),
    )
    run(
        bench,
        _copy(
            "incidents_roleassignment",
            made["manager"],
            found,
            {"incident_id": "made.id", "ended_at": "COALESCE(made.closed_at, made.cancelled_at)"},
        ),
    )
    bench.sql("UPDATE incidents_incidentcounter SET last = %s WHERE tenant_id = %s", count + 5, tenant)
    bench.sql(
        "UPDATE incidents_incident SET number = %s WHERE tenant_id = %s AND id = %s",
        count + 1,
        tenant,
        made["incident"],
    )


def _set_up(tenant: int) -> dict[str, Any]:
    """A first incident with an alert and a manager, through the operations: what all others are copies of."""
    from config import clock
    from config.tenancy.actors import ENGINE
    from config.tenancy.audit import acting
    from config.tenancy.models import Membership
    from config.tenancy.scoping import tenant_scope
    from incidents.models import Alert, AlertSource, Incident, IncidentRole, RoleAssignment, Service, Severity
    from incidents.operations.declaring import declare_incident

    with tenant_scope(tenant), acting(ENGINE, now=clock.now()):
        owner, now = Membership.objects.select_related("user").get(), clock.now()
        service = Service.objects.get()
        rare = Service.objects.create(name="Rare", team=service.team)
        made = declare_incident(
            text="The first", service=service, found_by="team", declared_by=owner,
            actor=owner.as_actor(), now=now,
        )  # fmt: skip
        Incident.objects.filter(pk=made.pk).update(number=2_000_000_000)
        alert = Alert.objects.create(
            source=AlertSource.objects.get(), incident=made, service=service, dedup_key="first",
            title="The first", status="resolved", first_seen=now, last_seen=now, resolved_at=now,
        )  # fmt: skip
        role = IncidentRole.objects.get(code="manager")
        held = RoleAssignment.objects.create(
            incident=made, role=role, membership=owner, is_manager=True, given_at=now
        )
        return {
            "incident": made.pk,
            "alert": alert.pk,
            "manager": held.pk,
            "services": [service.pk, rare.pk],
            "severities": list(Severity.objects.values_list("pk", flat=True)),
        }


def _copy(name: str, pk: int, rows: str, other: dict[str, str]) -> str:
    """SQL that writes a copy of that row for each of `rows`, but for what is said otherwise."""
    from django.apps import apps

    model = next(one for one in apps.get_models() if one._meta.db_table == name)
    columns = [field.column for field in model._meta.concrete_fields if field.column != "id"]
    values = ", ".join(other.get(column, f"origin.{column}") for column in columns)
    chosen = f"SELECT {values} FROM {name} origin, {rows} WHERE origin.id = {pk}"
    return f"INSERT INTO {name} ({', '.join(columns)}) {chosen}"


def others(bench: Rig, tenants: int, incidents: int) -> None:
    """Tenants that are only rows, each with its share of incidents, of no service."""
    first = bench.sql("SELECT max(id) FROM tenancy_tenant")[0]
    origin = bench.sql("SELECT min(id) FROM incidents_incident")[0]
    run(
        bench,
        _copy(
            "tenancy_tenant",
            first,
            f"generate_series(1, {tenants}) n",
            {"slug": "'x' || n", "name": "'X' || n"},
        ),
    )
    each = incidents // tenants
    made = f"""
        (SELECT t.id AS tenant_id, n, now() - n * interval '9 days' AS declared_at
           FROM tenancy_tenant t, generate_series(1, {each}) n WHERE t.id > {first}) made
    """
    nothing = dict.fromkeys(
        ("service_id", "severity_id", "declared_by_id", "notice_id", "internal_notice_id")
    )
    run(
        bench,
        _copy(
            "incidents_incident",
            origin,
            made,
            dict.fromkeys(nothing, "NULL")
            | {
                "tenant_id": "made.tenant_id",
                "uid": "lpad(n::text, 12, '0')",
                "number": "n",
                "summary": "'Something on node ' || n",
                "declared_at": "made.declared_at",
                "phase": "CASE n WHEN 1 THEN 'detected' ELSE 'cancelled' END",
                "cancelled_at": "made.declared_at",
                "cancel_reason": "'recovered'",
                "idempotency_key": "''",
            },
        ),
    )


# --- requests -----------------------------------------------------------------------------------------------
LIST = "/t/{slug}/admin/incidents/incident/"
API = "/t/{slug}/api/v1/incidents/"
PAGES = {
    "admin: first page": LIST,
    "admin: page 90": LIST + "?p=90",
    "admin: open": LIST + "?open=yes",
    "admin: over": LIST + "?open=no",
    "admin: a severity": LIST + "?severity__id__exact={severity}",
    "admin: a rare service": LIST + "?service__id__exact={service}",
    "admin: a phase": LIST + "?phase__exact=cancelled",
    "admin: words": LIST + "?q=Payments",
    "admin: words that are not there": LIST + "?q=nowhere",
    "admin: a number": LIST + "?q=5",
    "admin: alerts": "/t/{slug}/admin/incidents/alert/",
    "admin: alerts, words": "/t/{slug}/admin/incidents/alert/?q=Payments",
    "Now": "/t/{slug}/admin/",
    "declare: look-alikes": "/t/{slug}/declare/preview?text=payments",
    "API: first page": API,
    "API: 200 a page": API + "?limit=200",
    "API: open": API + "?status=open",
    "API: a severity": API + "?severity={severity_uid}",
    "API: a rare service": API + "?service={service_uid}",
    "API: alerts": "/t/{slug}/api/v1/alerts/",
    "figures: 90 days": "/t/{slug}/measures",
    "figures: 365 days": "/t/{slug}/measures?days=365",
    "figures: one incident": API + "INC-1/measures/",
}


def measured(tenant: dict[str, Any], samples: int = SAMPLES) -> dict[str, tuple[list[float], int]]:
    """Seconds of each request, and its statements, by page. The owner asks, signed in."""
    from django.test import Client

    from config.tenancy.models import Membership
    from config.tenancy.scoping import tenant_scope
    from incidents.models import Service, Severity

    with tenant_scope(tenant["id"]):
        owner = Membership.objects.select_related("user").get()
        severity, rare = Severity.objects.order_by("rank")[0], Service.objects.get(name="Rare")
    client = Client(SERVER_NAME="127.0.0.1:8000")
    client.force_login(owner.user)
    names = {
        "slug": tenant["tenant"], "severity": severity.pk, "severity_uid": severity.uid,
        "service": rare.pk, "service_uid": rare.uid,
    }  # fmt: skip
    pages = {name: address.format(**names) for name, address in PAGES.items()}
    pages["API: deep"] = _deep(client, pages["API: 200 a page"])
    return {name: _timed(client, address, samples) for name, address in pages.items()}


def _deep(client: Any, address: str) -> str:
    """Twenty-five pages of 200 further down, as far as there are."""
    for _ in range(25):
        following = client.get(address).json()["next"]
        if following is None:
            break
        address = following.removeprefix("http://127.0.0.1:8000")
    return address


def _timed(client: Any, address: str, samples: int) -> tuple[list[float], int]:
    times = []
    for _ in range(samples + 2):
        with _counted() as statements:
            began = time.perf_counter()
            answer = client.get(address)
            times.append(time.perf_counter() - began)
        if answer.status_code != 200:
            sys.exit(f"{address}: {answer.status_code}")
        if os.environ.get("EXPLAIN"):
            _slowest(statements)
    return times[2:], len(statements)


@contextmanager
def _counted() -> Iterator[list[tuple[str, Any, float]]]:
    from django.db import connection

    seen: list[tuple[str, Any, float]] = []

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            seen.append((sql, params, time.perf_counter() - began))

    with connection.execute_wrapper(watch):
        yield seen


def _slowest(statements: list[tuple[str, Any, float]]) -> None:
    sql, params, took = max(statements, key=lambda one: one[2])
    if took > 0.02:
        print(f"    {ms(took)}: {' '.join(sql.split())[:1500]} {str(params)[:300]}")


def report(large: Any, small: Any, share: int) -> int:
    """Beside each page stands its own floor: the same page of the tenant with ten incidents, in this run."""
    lines, reached = [], True
    for name, (times, statements) in large.items():
        p50, p95 = percentile(times, 50), percentile(times, 95)
        floor, few = percentile(small[name][0], 50), small[name][1]
        good = p95 <= GOAL and statements == few
        reached &= good
        said = [ms(floor), ms(p50), ms(p95), f"{p50 / floor:.2f}", f"{few} / {statements}"]
        lines.append([name, *said, "" if good else "missed"])
    head = ["page", "p50 at 10", f"p50 at {share:,}", "p95", "ratio", "statements", ""]
    table("Lists over a million incidents. Goal: p95 <= 60 ms, the same statements", head, lines)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
