"""When an office is open, by the wall clock of its team. Pure. On a holiday nobody begins work.

A window that ends at or before its start runs past midnight and belongs to the day it began on. Around a
change of the clock a start that does not exist is the first moment after the jump, a start that comes twice
is the first, an end that comes twice is the last.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.rota import first_instant, last_instant

NOON = time(12)
# One week finds every office day; one more for days that a jump of the calendar (Samoa, 2011) left out. Each
# holiday costs a day of its own.
LOOK_AHEAD = 15


@dataclass(frozen=True)
class OfficeHours:
    """`days` are ISO weekdays: 1 is Monday. A window that began before a holiday runs on into it."""

    zone: ZoneInfo
    days: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    start: time = time(9)
    end: time = time(17)
    holidays: frozenset[date] = frozenset()

    def is_open(self, at: datetime) -> bool:
        """`at` is aware. The end itself is outside."""
        today = at.astimezone(self.zone).date()
        # A clock set back over midnight shows yesterday once more: so one day further on either side.
        days = (today + timedelta(days=away) for away in (-2, -1, 0, 1))
        windows = (self._window(day) for day in days if self._is_office_day(day))
        return any(begin <= at < end for begin, end in windows)

    def next_start(self, after: datetime) -> datetime | None:
        """The first opening later than `after`, aware, UTC. None where no day is an office day."""
        return self._next(after, self.start)

    def next_day_at(self, after: datetime, wall: time = NOON) -> datetime | None:
        """`wall` on the first office day after the day of `after`: the promise of a slow severity."""
        today = after.astimezone(self.zone).date()
        for ahead in range(1, LOOK_AHEAD + len(self.holidays)):
            day = today + timedelta(days=ahead)
            if self._is_office_day(day):
                return to_utc(day, wall, self.zone)
        return None

    def _next(self, after: datetime, wall: time) -> datetime | None:
        today = after.astimezone(self.zone).date()
        for ahead in range(LOOK_AHEAD + len(self.holidays)):
            day = today + timedelta(days=ahead)
            moment = to_utc(day, wall, self.zone)
            if self._is_office_day(day) and moment > after:
                return moment
        return None

    def _is_office_day(self, day: date) -> bool:
        return day.isoweekday() in self.days and day not in self.holidays

    def _window(self, day: date) -> tuple[datetime, datetime]:
        last = day if self.end > self.start else day + timedelta(days=1)
        return to_utc(day, self.start, self.zone), last_instant(datetime.combine(last, self.end), self.zone)


def to_utc(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The first moment the wall clock of `zone` shows `wall` on `day`."""
    return first_instant(datetime.combine(day, wall), zone)


def working_day_after(
    day: date, count: int, days: frozenset[int], holidays: frozenset[date] = frozenset()
) -> date:
    """The `count`-th office day after `day`. Where no day is one, plain days."""
    left = count
    while left:
        day += timedelta(days=1)
        left -= not days or (day.isoweekday() in days and day not in holidays)
    return day
