"""How well a page is: the roll-up, the impact of a notice, and uptime. Pure: no rows and no clock.

The roll-up and the share of a partial outage are those that readers of Statuspage v2 expect (CONTRACTS B3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from statuspage.states import ComponentStatus, Impact

OK, DEGRADED, PARTIAL, MAJOR, MAINTENANCE = (
    ComponentStatus.OPERATIONAL,
    ComponentStatus.DEGRADED,
    ComponentStatus.PARTIAL,
    ComponentStatus.MAJOR,
    ComponentStatus.MAINTENANCE,
)
# From well to worst. Maintenance is planned, so any trouble outranks it.
GRADES: tuple[str, ...] = (OK, MAINTENANCE, DEGRADED, PARTIAL, MAJOR)
TROUBLE: tuple[str, ...] = (DEGRADED, PARTIAL, MAJOR)
_IMPACT = {DEGRADED: Impact.MINOR, PARTIAL: Impact.MAJOR, MAJOR: Impact.CRITICAL}
_IMPACT_GRADES: tuple[str, ...] = (
    Impact.NONE,
    Impact.MAINTENANCE,
    Impact.MINOR,
    Impact.MAJOR,
    Impact.CRITICAL,
)
# How much of the time with that status counts as down.
DOWN_SHARE = {MAJOR: 1.0, PARTIAL: 0.3}


def worst(statuses: Iterable[str]) -> str:
    """The gravest of them; operational where there are none."""
    return max(statuses, key=GRADES.index, default=OK)


@dataclass(frozen=True)
class RollUp:
    """The `status` object of Statuspage v2. English for every reader: machines compare these words."""

    indicator: str
    description: str


def roll_up(statuses: Sequence[str]) -> RollUp:
    """Of all shown components of a page, groups left out. The first rule that fits wins."""
    some, every = set(statuses), len(set(statuses)) == 1
    if every and MAJOR in some:
        return RollUp("critical", "Major System Outage")
    if MAJOR in some or (every and PARTIAL in some):
        return RollUp("major", "Partial System Outage")
    if PARTIAL in some:
        return RollUp("minor", "Minor Service Outage")
    if DEGRADED in some:
        return RollUp("minor", "Degraded System Service" if every else "Partially Degraded Service")
    if MAINTENANCE in some:
        return RollUp("maintenance", "Service Under Maintenance")
    return RollUp("none", "All Systems Operational")


def impact_of(statuses: Iterable[str]) -> str:
    """What components in these statuses mean for customers."""
    return _IMPACT.get(ComponentStatus(worst(statuses)), Impact.NONE)


def worse_impact(one: str, other: str) -> str:
    return max(one, other, key=_IMPACT_GRADES.index)


@dataclass(frozen=True)
class Span:
    """A component had `status` from `starts_at` to `ends_at`; None: it still has it."""

    status: str
    starts_at: datetime
    ends_at: datetime | None = None


def time_in(spans: Iterable[Span], start: datetime, end: datetime) -> dict[str, timedelta]:
    """How long each status lasted between `start` and `end`. Spans do not overlap; any order."""
    lasted: dict[str, timedelta] = {}
    for span in spans:
        first, last = max(span.starts_at, start), min(span.ends_at or end, end)
        if last > first:
            lasted[span.status] = lasted.get(span.status, timedelta()) + (last - first)
    return lasted


def uptime(lasted: dict[str, timedelta]) -> float | None:
    """The share of known time that was up, 0 to 1; None where nothing is known.

    A major outage counts whole, a partial one for 30 %; slowness and maintenance do not count as down. Time
    before the first span is not known, so it counts neither way.
    """
    known = sum(lasted.values(), timedelta())
    if not known:
        return None
    down = sum((lasted.get(status, timedelta()) * share for status, share in DOWN_SHARE.items()), timedelta())
    return 1 - down / known


def percent(share: float) -> str:
    """`99.98`: rounded down to two decimals, so that only a page without an outage says 100."""
    hundredths = int(share * 10_000 + 1e-9)
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
