"""The figures of a period in one statement: the whole, each severity, each service, each week.

The spans are those of `incidents.measures`, said in SQL; tests/incidents/test_measures_sql.py holds the two
equal. What a reader may not see is not counted: a median over private incidents would tell of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from incidents.figures.period import Period
from incidents.measures import NOT_IN_THE_FIGURES

COLUMNS = (
    "pk",
    "tenant_id",
    "phase",
    "cancel_reason",
    "found_by",
    "cases",
    "service_id",
    "severity_id",
    "started_at",
    "declared_at",
    "confirmed_at",
    "acknowledged_at",
    "first_internal_at",
    "first_external_at",
    "impact_over_at",
    "resolved_at",
)
# Those shown as median and slowest tenth, in the order of the statement's columns.
SPREADS = {
    "to_acknowledge": ("declared_at", "acknowledged_at"),
    "to_internal": ("confirmed_at", "first_internal_at"),
    "to_external": ("confirmed_at", "first_external_at"),
    "impact": ("COALESCE(started_at, declared_at)", "impact_over_at"),
    "to_resolve": ("declared_at", "resolved_at"),
}
# Trap: GREATEST(0, NULL) is 0, and what never happened would be the fastest of all.
SPREAD = """
percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
    ORDER BY GREATEST(0, EXTRACT(EPOCH FROM {end} - {begin}))::float8
) FILTER (WHERE counted AND {end} - {begin} IS NOT NULL) AS {name}
"""
# First the customer's own incidents and those nobody outside ever noticed: only the rest need the timeline.
BEFORE_CUSTOMERS = """
CASE WHEN found_by = '' THEN NULL
     WHEN found_by = 'customer' THEN false
     WHEN cases = 0 THEN true
     ELSE COALESCE((SELECT min(e.occurred_at) FROM incidents_timelineentry e
                     WHERE e.tenant_id = seen.tenant_id AND e.incident_id = seen.id AND e.kind = 'case'
                   ) >= declared_at, true)
END
"""
TOTALS = f"""
WITH seen ({{columns}}) AS MATERIALIZED ({{rows}}),
measured AS (
    SELECT *, confirmed_at IS NOT NULL AND NOT phase = ANY(%s) AS counted,
           date_trunc('week', declared_at AT TIME ZONE %s)::date AS week,
           {BEFORE_CUSTOMERS} AS before_customers
      FROM seen
)
SELECT GROUPING(severity_id), GROUPING(service_id), GROUPING(week), severity_id, service_id, week,
       count(*) AS opened,
       count(*) FILTER (WHERE counted) AS counted,
       count(*) FILTER (WHERE cancel_reason = 'false_alarm' AND phase = 'cancelled') AS false_alarms,
       count(*) FILTER (WHERE cancel_reason = 'recovered' AND phase = 'cancelled') AS recovered,
       count(*) FILTER (WHERE counted AND before_customers) AS before_customers,
       count(*) FILTER (WHERE counted AND before_customers IS NOT NULL) AS known_finder,
       {{spreads}}
  FROM measured
 GROUP BY GROUPING SETS ((), (severity_id), (service_id), (week), (week, severity_id))
"""  # noqa: S608 (columns and spans of this module)


@dataclass(frozen=True)
class Spread:
    """Seconds: what half of them stay below, and nine in ten."""

    median: float
    p90: float


@dataclass(frozen=True)
class Total:
    """One group of incidents. A spread that is not there is of nothing."""

    opened: int = 0
    counted: int = 0
    false_alarms: int = 0
    recovered: int = 0
    before_customers: int = 0
    known_finder: int = 0
    spreads: Mapping[str, Spread | None] = field(default_factory=dict)

    @property
    def share_before_customers(self) -> float | None:
        return self.before_customers / self.known_finder if self.known_finder else None


@dataclass(frozen=True)
class Totals:
    """`by_severity` and `by_service` by id, None for those that have none; weeks by their Monday."""

    all: Total
    by_severity: dict[int | None, Total]
    by_service: dict[int | None, Total]
    by_week: dict[date, Total]
    by_week_and_severity: dict[tuple[date, int | None], Total]


def totals_of(incidents: QuerySet[Any], period: Period) -> Totals:
    """Of those incidents, which are the reader's and the period's. One statement."""
    sql, given = incidents.order_by().values_list(*COLUMNS).query.sql_with_params()
    # The names come from this module; ours in place of "pk", which is no column.
    columns = ", ".join("id" if name == "pk" else name for name in COLUMNS)
    spreads = ", ".join(
        SPREAD.format(name=name, begin=begin, end=end) for name, (begin, end) in SPREADS.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            TOTALS.format(columns=columns, rows=sql, spreads=spreads),
            [*given, sorted(NOT_IN_THE_FIGURES), period.zone.key],
        )
        return _sorted(cursor.fetchall())


def _sorted(rows: list[tuple[Any, ...]]) -> Totals:
    found = Totals(Total(), {}, {}, {}, {})
    whole = found.all
    for no_severity, no_service, no_week, severity, service, week, *said in rows:
        total = _total(said)
        if not no_severity and not no_week:
            found.by_week_and_severity[week, severity] = total
        elif not no_severity:
            found.by_severity[severity] = total
        elif not no_service:
            found.by_service[service] = total
        elif not no_week:
            found.by_week[week] = total
        else:
            whole = total
    return Totals(whole, found.by_severity, found.by_service, found.by_week, found.by_week_and_severity)


def _total(said: list[Any]) -> Total:
    opened, counted, false_alarms, recovered, before_customers, known_finder, *spreads = said
    return Total(
        opened=opened,
        counted=counted,
        false_alarms=false_alarms,
        recovered=recovered,
        before_customers=before_customers,
        known_finder=known_finder,
        spreads={name: Spread(*pair) if pair else None for name, pair in zip(SPREADS, spreads, strict=True)},
    )
