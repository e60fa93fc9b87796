"""Days on a wall clock, side by side and equally wide, whatever the clock does in them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.rota import first_instant

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Day:
    """[start, end) in UTC: from midnight to midnight of one zone."""

    date: date
    start: datetime
    end: datetime

    @property
    def odd_hours(self) -> str:
        """ "25" or "23" on the night of a change of the clock, empty on every other day."""
        lasts = self.end - self.start
        return "" if lasts == DAY else f"{lasts / HOUR:g}"


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return first_instant(datetime.combine(day, time(0)), zone)


def days_from(first: date, count: int, zone: ZoneInfo) -> list[Day]:
    """Where a zone leaves out a whole day (Apia, 2011) that day has no length."""
    found = []
    for ahead in range(count):
        day = first + ahead * DAY
        found.append(Day(day, midnight(day, zone), midnight(day + DAY, zone)))
    return found


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def place(days: Sequence[Day], moment: datetime) -> float:
    """From 0 to 100: how far `moment` lies along these days, of which each is equally wide."""
    if moment <= days[0].start:
        return 0.0
    for at, day in enumerate(days):
        if moment < day.end:
            within = (moment - day.start) / (day.end - day.start)
            return (at + within) / len(days) * 100
    return 100.0
