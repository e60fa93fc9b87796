"""The figures of one incident, out of its moments (R3, R21). Pure: no ORM, no clock.

What is not known is None, never 0: an incident whose customers were never told has no "time until they were".
`incidents.figures.totals` says the same in SQL for a whole period; a test holds the two equal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

FOUND_BY_CUSTOMER = "customer"
NOT_IN_THE_FIGURES = frozenset({"cancelled", "merged"})


@dataclass(frozen=True)
class Moments:
    """What is measured. All moments are aware. `first_report_at`: the first word of a customer on record."""

    phase: str
    declared_at: datetime
    found_by: str = ""
    cases: int = 0
    first_report_at: datetime | None = None
    started_at: datetime | None = None
    confirmed_at: datetime | None = None
    acknowledged_at: datetime | None = None
    channels_ready_at: datetime | None = None
    assessed_at: datetime | None = None
    first_internal_at: datetime | None = None
    first_external_at: datetime | None = None
    impact_over_at: datetime | None = None
    resolved_at: datetime | None = None


@dataclass(frozen=True)
class Measures:
    """Spans count from when it was declared, but the two first words from when it was confirmed (R21), and
    the impact from when it started. Words that went out before it was confirmed took no time at all.
    """

    counted: bool
    found_before_customers: bool | None
    to_acknowledge: timedelta | None
    to_channels: timedelta | None
    to_assess: timedelta | None
    to_internal: timedelta | None
    to_external: timedelta | None
    impact: timedelta | None
    to_resolve: timedelta | None


SPANS = (
    "to_acknowledge",
    "to_channels",
    "to_assess",
    "to_internal",
    "to_external",
    "impact",
    "to_resolve",
)


def measures_of(of: Moments) -> Measures:
    return Measures(
        counted=is_counted(of),
        found_before_customers=found_before_customers(of),
        to_acknowledge=_span(of.declared_at, of.acknowledged_at),
        to_channels=_span(of.declared_at, of.channels_ready_at),
        to_assess=_span(of.declared_at, of.assessed_at),
        to_internal=_span(of.confirmed_at, of.first_internal_at),
        to_external=_span(of.confirmed_at, of.first_external_at),
        impact=_span(of.started_at or of.declared_at, of.impact_over_at),
        to_resolve=_span(of.declared_at, of.resolved_at),
    )


def is_counted(of: Moments) -> bool:
    """Confirmed, and still an incident of its own: neither a false alarm nor merged into another."""
    return of.confirmed_at is not None and of.phase not in NOT_IN_THE_FIGURES


def found_before_customers(of: Moments) -> bool | None:
    """Whether monitoring or the team had it on record before the first customer said something (R3)."""
    if not of.found_by:
        return None
    if of.found_by == FOUND_BY_CUSTOMER:
        return False
    return of.first_report_at is None or of.first_report_at >= of.declared_at


def _span(begin: datetime | None, end: datetime | None) -> timedelta | None:
    if begin is None or end is None:
        return None
    return max(end - begin, timedelta(0))


# --- many ---------------------------------------------------------------------------------------------------
def percentile(values: Iterable[float], share: float) -> float | None:
    """The value that `share` of them stay below, between neighbours in proportion. None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def median(values: Iterable[float]) -> float | None:
    return percentile(values, 0.5)


def p90(values: Iterable[float]) -> float | None:
    return percentile(values, 0.9)


# --- severities ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Interval:
    """How long an incident had a severity; `lasted` is until now for one that is open."""

    word: str
    rank: int
    provisional: bool
    begins_at: datetime
    ends_at: datetime | None
    lasted: timedelta


def intervals(
    changes: Sequence[tuple[str, int, bool, datetime, datetime | None]], *, over_at: datetime
) -> tuple[Interval, ...]:
    """Of (word, rank, provisional, from, until) in order. What has no end lasts until `over_at`: when the
    incident ended, or now.
    """
    return tuple(
        Interval(word, rank, maybe, begin, end, max(min(end or over_at, over_at) - begin, timedelta(0)))
        for word, rank, maybe, begin, end in changes
    )
