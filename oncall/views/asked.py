"""What a page of the calendar was asked: which week, on whose clock, which moment. Nonsense is the usual."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from oncall.drawing.days import midnight, monday_of

EARLIEST, LATEST = 1972, 2099
SCHEDULES = "schedule"


@dataclass(frozen=True)
class Asked:
    """`first` is a Monday; `zone` the clock the picture is drawn on; `at` a moment to look at, or None."""

    first: date
    weeks: int
    zone: ZoneInfo
    theirs: bool
    today: date
    at: datetime | None

    @property
    def start(self) -> datetime:
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        return midnight(self.first + timedelta(weeks=self.weeks), self.zone)

    def query(self, *, weeks_on: int = 0, theirs: bool | None = None, at: datetime | None = None) -> str:
        """The same question, changed: "?from=2026-11-23&zone=schedule". Defaults are left out."""
        first = self.first + timedelta(weeks=weeks_on)
        said = {}
        if first != monday_of(self.today):
            said["from"] = first.isoformat()
        if self.theirs if theirs is None else theirs:
            said["zone"] = SCHEDULES
        if at is not None:
            said["at"] = stamp(at)
        return f"?{urlencode(said)}" if said else "?"


def asked_for(query: QueryDict, *, zone: ZoneInfo, mine: ZoneInfo, weeks: int, now: datetime) -> Asked:
    """`zone` is the schedule's, `mine` the reader's; the reader's unless asked otherwise."""
    theirs = query.get("zone") == SCHEDULES and zone.key != mine.key
    chosen = zone if theirs else mine
    today = now.astimezone(chosen).date()
    return Asked(
        _first(query.get("from", ""), today), weeks, chosen, theirs, today, moment_of(query.get("at"))
    )


def stamp(moment: datetime) -> str:
    """For an address: 2026-11-24T17:00:00Z."""
    return moment.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(said: str | None) -> datetime | None:
    """An aware moment of a year that every zone can show; None for anything else."""
    try:
        found = parse_datetime(said or "")
    except ValueError:
        return None
    if found is None or timezone.is_naive(found) or not EARLIEST <= found.year <= LATEST:
        return None
    return found


def _first(said: str, today: date) -> date:
    try:
        day = parse_date(said)
    except ValueError:
        day = None
    return monday_of(day if day and EARLIEST <= day.year <= LATEST else today)
