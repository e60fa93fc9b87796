"""The figures of a period: SQL and the pure definition say the same."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.figures.board import Chosen, board_of, incidents_of
from incidents.figures.one import first_report_of, moments_of
from incidents.figures.period import Period, period_of
from incidents.figures.totals import SPREADS, Total, totals_of
from incidents.measures import measures_of, median, p90
from incidents.models import Incident, TimelineEntry
from incidents.operations.cancelling import cancel
from tests.incidents.leading import Lead
from tests.incidents.measuring import any_incidents, make


def ninety(lead: Lead) -> Period:
    return period_of({}, zone=lead.tenant.zone, now=lead.now)


def some(lead: Lead, count: int, seed: int = 1) -> list[Incident]:
    given = any_incidents(lead.now, count, severities=lead.sev.values(), services=[lead.checkout], seed=seed)
    first = Incident.objects.count() + 1
    return make(lead.now, *given, first=first)


def report(lead: Lead, incident: Incident, minutes: int) -> None:
    """A customer's case, so many minutes after it was declared."""
    TimelineEntry.objects.create(
        incident=incident,
        kind="case",
        text="A customer",
        occurred_at=incident.declared_at + timedelta(minutes=minutes),
        recorded_at=lead.now,
        actor_kind="person",
        actor_label="Bram",
    )


def expected(incidents: Iterable[Incident]) -> Total:
    rows = list(incidents)
    measured = [measures_of(moments_of(one, first_report_of(one))) for one in rows]
    counted = [one for one in measured if one.counted]
    known = [one for one in counted if one.found_before_customers is not None]
    return Total(
        opened=len(rows),
        counted=len(counted),
        false_alarms=sum(one.cancel_reason == "false_alarm" for one in rows),
        recovered=sum(one.cancel_reason == "recovered" for one in rows),
        before_customers=sum(bool(one.found_before_customers) for one in known),
        known_finder=len(known),
        spreads={name: spread(getattr(one, name) for one in counted) for name in SPREADS},
    )


def spread(spans: Iterable[timedelta | None]) -> Any:
    seconds = [span.total_seconds() for span in spans if span is not None]
    return (pytest.approx(median(seconds)), pytest.approx(p90(seconds))) if seconds else None


def plain(total: Total) -> Any:
    spreads = {name: (pair.median, pair.p90) if pair else None for name, pair in total.spreads.items()}
    return (vars(total) | {"spreads": spreads}).items()


def same(found: Total, rows: Iterable[Incident]) -> None:
    assert dict(plain(found)) == vars(expected(rows))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sql_says_what_the_definition_says(lead: Lead, seed: int) -> None:
    made = some(lead, 120, seed)
    for number, incident in enumerate(made):
        if incident.cases and number % 2:
            report(lead, incident, minutes=-3 if number % 3 else 4)
    found = totals_of(incidents_of(ninety(lead), Chosen(), membership=lead.people["anna"]), ninety(lead))
    same(found.all, made)
    for severity in (*lead.sev.values(), None):
        pk = severity.pk if severity else None
        same(found.by_severity[pk], [one for one in made if one.severity_id == pk])
    for service in (lead.checkout.pk, None):
        same(found.by_service[service], [one for one in made if one.service_id == service])
    for monday, total in found.by_week.items():
        assert monday.weekday() == 0
        week = [one for one in made if _week(one, lead) == monday]
        same(total, week)
        for (of, severity), part in found.by_week_and_severity.items():
            if of == monday:
                same(part, [one for one in week if one.severity_id == severity])


def _week(incident: Incident, lead: Lead) -> Any:
    day = incident.declared_at.astimezone(lead.tenant.zone).date()
    return day - timedelta(days=day.weekday())


def test_nothing_has_no_figures_and_no_zeros(lead: Lead) -> None:
    found = board_of(ninety(lead), Chosen(), membership=lead.people["anna"]).totals
    assert found.all.opened == 0
    assert found.all.share_before_customers is None
    assert set(found.all.spreads.values()) == {None}


def test_private_ones_are_counted_for_their_circle_only_and_their_number_is_said(lead: Lead) -> None:
    make(lead.now, {"private": True, "confirmed_at": lead.now, "declared_by": lead.people["anna"]}, {})
    inside = board_of(ninety(lead), Chosen(), membership=lead.people["anna"])
    outside = board_of(ninety(lead), Chosen(), membership=lead.people["marc"])
    key = board_of(ninety(lead), Chosen(), membership=None)
    assert (inside.totals.all.opened, inside.private) == (2, 0)
    assert (outside.totals.all.opened, outside.private) == (1, 1)
    assert (key.totals.all.opened, key.private) == (1, 1)


def test_a_number_of_private_ones_does_not_tell_their_severity(lead: Lead) -> None:
    make(lead.now, {"private": True, "severity": lead.sev[1]})
    for rank in (1, 2):
        chosen = Chosen(severity=lead.sev[rank])
        assert board_of(ninety(lead), chosen, membership=lead.people["marc"]).private == 1


def test_what_is_chosen_narrows_the_figures(lead: Lead) -> None:
    make(lead.now, {"severity": lead.sev[1]}, {"service": lead.checkout}, {})
    anna = lead.people["anna"]
    for chosen in (Chosen(severity=lead.sev[1]), Chosen(service=lead.checkout), Chosen(team=lead.team)):
        assert board_of(ninety(lead), chosen, membership=anna).totals.all.opened == 1


def test_as_many_statements_for_a_thousand_as_for_ten(lead: Lead) -> None:
    false_alarm(lead)
    some(lead, 10)
    few = statements(lead)
    some(lead, 990, seed=9)
    assert statements(lead) == few == 8


def false_alarm(lead: Lead) -> None:
    """With somebody paged and a source to blame."""
    incident = lead.alerted()
    lead.alert_on(incident)
    lead.engine.run()
    cancel(incident=incident, reason="false_alarm", actor=lead.as_("bram"), now=lead.now)


def statements(lead: Lead) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        board_of(ninety(lead), Chosen(), membership=lead.people["anna"])
    return len(asked)


# --- which days ---------------------------------------------------------------------------------------------
def test_a_period_is_whole_days_of_the_tenants_clock(lead: Lead) -> None:
    period = period_of({"from": "2026-10-24", "to": "2026-10-25"}, zone=lead.tenant.zone, now=lead.now)
    assert (period.ends_at - period.begins_at) == timedelta(days=2)  # wall clock
    assert period.ends_at.timestamp() - period.begins_at.timestamp() == 49 * 3600  # summer time ends


@pytest.mark.parametrize(
    "said",
    [
        {"days": "7"},
        {"days": "90; DROP"},
        {"from": "2026-02-30"},
        {"from": "x", "to": "2026-01-01"},
        {"from": "2026-02-02", "to": "2026-01-01"},
        {"from": "2020-01-01", "to": "2026-01-01"},
        {"from": "0001-01-01"},
        {"to": "2026-01-01"},
    ],
)
def test_what_makes_no_sense_is_said_and_the_usual_days_are_shown(lead: Lead, said: dict[str, str]) -> None:
    period = period_of(said, zone=lead.tenant.zone, now=lead.now)
    assert period.refused
    assert period.days == 90
