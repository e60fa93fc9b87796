"""Quiet hours on a person's own wall clock. Pure: the time comes in."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.windows import Week, Window

# Longer than any window: one that is open has its end within it.
AHEAD = timedelta(days=3)


def quiet_until(days: str, start: time, end: time, zone: ZoneInfo, at: datetime) -> datetime | None:
    """The end of the quiet hours that `at` lies in, else None. `days` are digits, 1 is Monday, of the start.

    A night is as long as the wall clock says: 25 hours of a day, or 23, change nothing.
    """
    week = Week.of((Window(frozenset(map(int, days)), start, end),))
    opened = next(week.openings(at, at + AHEAD, zone), None)
    return opened[1] if opened is not None and opened[0] <= at else None
