"""The year ahead of a schedule: the first hour without anybody, and those who could not be woken. Reads only.

What is stored of it, and who is told: operations.looking.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall import coverage as pure
from oncall.models import Schedule, Urgency
from oncall.operations.reach import OWN_MAIL, by_mail_only, reach_of, wakes
from oncall.operations.resolve import rosters_of
from oncall.roster import Roster, Span, sweep

YEAR = timedelta(days=365)
SHOWN = timedelta(days=90)


@dataclass(frozen=True)
class Hole:
    """A stretch in which nobody of `schedule` would be woken."""

    schedule: Schedule
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Year:
    """`first` is the first hour in a year at which nobody would be woken, None where there is none.

    `missing`, `covered` (0 to 1), `balance` and `score` (0 to 100) are of the next 90 days.
    """

    schedule: Schedule
    start: datetime
    first: Hole | None
    missing: list[pure.Missing]
    covered: float
    balance: float

    @property
    def score(self) -> int:
        return pure.score(self.covered, self.balance)

    @property
    def proved_until(self) -> datetime:
        """Somebody would be woken at every declared moment before this."""
        return self.first.start if self.first else self.start + YEAR


def year_of(schedule: Schedule, *, now: datetime) -> Year:
    """Worked out anew, by the rules as they stand. The queries of rosters_of, and one."""
    return years_of([schedule], now=now)[0]


def years_of(schedules: Sequence[Schedule], *, now: datetime) -> list[Year]:
    """The same for many, in their order, with the same number of queries."""
    rosters = rosters_of((schedule.pk for schedule in schedules), since=now)
    wakeable = wakeable_of(people_of(rosters.values()))
    return [_year(schedule, rosters[schedule.pk], wakeable, now) for schedule in schedules]


def first_gap(*, schedules: Sequence[Schedule], now: datetime) -> Hole | None:
    """The first hour within a year in which nobody of one of these would be woken; None: there is none."""
    rosters = rosters_of((schedule.pk for schedule in schedules), since=now)
    wakeable = wakeable_of(people_of(rosters.values()))
    found = [_first(schedule, rosters[schedule.pk], wakeable, now) for schedule in schedules]
    return min((hole for hole in found if hole), key=lambda hole: hole.start, default=None)


def wakeable_of(membership_ids: Collection[int]) -> set[int]:
    """Those with a verified way to be woken that this installation can send by. Three queries at most.

    Mail wakes nobody. Only where nobody has anything else a verified address counts, or every hour would be
    a gap: pages say so once instead (by_mail_only).
    """
    ways = reach_of(membership_ids, urgency=Urgency.HIGH)
    woken = {person for person, reach in ways.items() if wakes(reach)}
    mailed = {person for person, reach in ways.items() if reach.source != OWN_MAIL} - woken
    return woken | mailed if mailed and by_mail_only() else woken


def people_of(rosters: Iterable[Roster]) -> set[int]:
    """Everybody whom these rules could ever put on call."""
    found: set[int] = set()
    for roster in rosters:
        found.update(person for layer in roster.layers for person in layer.people)
        found.update(cover.person for cover in roster.covers)
        found.update(stint.person for whole in roster.temporaries for stint in whole.shifts)
    return found


def pieces(schedule: Schedule, roster: Roster, start: datetime, end: datetime) -> Iterator[Span]:
    """Who is on call within the hours that the schedule says it covers."""
    openings = pure.declared(
        schedule.coverage_days,
        schedule.coverage_start,
        schedule.coverage_end,
        schedule.zone,
        start,
        end,
    )
    return pure.within(sweep(roster, start, end), openings)


def _year(schedule: Schedule, roster: Roster, wakeable: set[int], now: datetime) -> Year:
    shown = list(pieces(schedule, roster, now, now + SHOWN))
    return Year(
        schedule=schedule,
        start=now,
        first=_first(schedule, roster, wakeable, now),
        missing=pure.missing(shown, wakeable),
        covered=pure.share_covered(shown, wakeable),
        balance=pure.balance(pure.hours(shown)),
    )


def _first(schedule: Schedule, roster: Roster, wakeable: set[int], now: datetime) -> Hole | None:
    bounds = next(pure.asleep(pieces(schedule, roster, now, now + YEAR), wakeable), None)
    return Hole(schedule, *bounds) if bounds else None
