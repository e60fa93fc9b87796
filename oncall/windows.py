"""When a layer is active: windows of the week on the wall clock, and the shifts they touch. Pure.

A window opens at the first instant at which the wall clock has reached its start and closes at the last one
at which it reaches its end: on a night with 25 hours it is open for the hour that comes twice, both times.
One that a jump of the clock swallows whole does not open.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import lcm
from typing import NamedTuple
from zoneinfo import ZoneInfo

from oncall.rota import SPAN, Rota, boundary_local, first_instant, last_instant, wall_clock

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)


class Window(NamedTuple):
    """Open from `start` on each of `days` (ISO: 1 is Monday) until the next time it is `end`.

    An end at or before the start is of the day after; the same time means 24 hours.
    """

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True)
class Week:
    """Windows laid out for asking: by weekday, Monday first, what opens on it, (from, to) since 0:00."""

    by_day: tuple[tuple[tuple[timedelta, timedelta], ...], ...]

    @classmethod
    def of(cls, windows: tuple[Window, ...]) -> "Week":
        by_day = (sorted(_since_midnight(w) for w in windows if day in w.days) for day in range(1, 8))
        return cls(tuple(tuple(opening) for opening in by_day))

    def is_open(self, at: datetime, zone: ZoneInfo) -> bool:
        """`at` is aware. The end itself is outside."""
        return any(begins <= at < ends for begins, ends in self._of_days(at, zone, 4))

    def openings(self, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        """Where any window is open within [start, end): in order, none touching another, cut to them."""
        open_from = open_to = start
        for begins, ends in self._of_days(start, zone):
            if begins >= end:
                break
            if begins > open_to:
                if open_from < open_to:
                    yield open_from, open_to
                open_from = begins
            open_to = max(open_to, ends)
            if open_to >= end:
                break
        if open_from < open_to:
            yield open_from, min(open_to, end)

    def _of_days(self, at: datetime, zone: ZoneInfo, count: int = 0) -> Iterator[tuple[datetime, datetime]]:
        """Whole windows by their start, from the first that may be open at `at`; 0 days: without end."""
        if not any(self.by_day):
            return
        # A clock set back over midnight shows yesterday once more: so one day further on either side.
        midnight = wall_clock(at, zone).replace(hour=0, minute=0, second=0, microsecond=0) - 2 * DAY
        day = midnight.weekday()
        while True:
            for begins, ends in self.by_day[day]:
                yield first_instant(midnight + begins, zone), last_instant(midnight + ends, zone)
            midnight, day, count = midnight + DAY, (day + 1) % 7, count - 1
            if not count:
                return


def _since_midnight(window: Window) -> tuple[timedelta, timedelta]:
    begins, ends = (
        timedelta(hours=at.hour, minutes=at.minute, seconds=at.second) for at in (window.start, window.end)
    )
    return begins, ends if ends > begins else ends + DAY


@dataclass(frozen=True)
class Counter:
    """Numbers only those shifts of a rotation that a window touches on the wall clock.

    Whether one does repeats with the weeks, so that any shift is counted by division. `before[i]` is how many
    of the first i shifts of a period count; its last item is how many do in all.
    """

    before: tuple[int, ...]

    @classmethod
    def of(cls, rota: Rota, week: Week) -> "Counter":
        if rota.unit == "month":  # four weeks at the least: every window falls in it
            return cls((0, int(any(week.by_day))))
        shift = rota.length * SPAN[rota.unit]
        hour = SPAN["hour"]
        period = lcm(shift // hour, WEEK // hour) // (shift // hour)
        before = [0]
        for number in range(period):
            begins = boundary_local(rota, number)
            before.append(before[-1] + _touched(week, begins, begins + shift))
        return cls(tuple(before))

    def count(self, number: int) -> int:
        """How many shifts count in [0, number); negative before."""
        rounds, place = divmod(number, len(self.before) - 1)
        return rounds * self.before[-1] + self.before[place]


def _touched(week: Week, begins: datetime, ends: datetime) -> bool:
    """On the wall clock, as if no clock ever jumped."""
    if ends - begins >= WEEK:
        return any(week.by_day)
    midnight = begins.replace(hour=0, minute=0, second=0, microsecond=0) - DAY
    while midnight < ends:
        if any(
            midnight + opens < ends and midnight + closes > begins
            for opens, closes in week.by_day[midnight.weekday()]
        ):
            return True
        midnight += DAY
    return False
