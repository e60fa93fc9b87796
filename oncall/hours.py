"""The hours a step keeps: open within or outside windows of the week, on the wall clock of a zone. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from oncall.windows import Week, Window

# Windows come every week; two of them at most as often as their weeks allow.
LOOK_AHEAD = timedelta(days=16)


@dataclass(frozen=True)
class Hours:
    """Open `within` the window, or outside it: from `start` ("09:00") on each of `days` ("12345") to `end`.

    An end at or before the start lies on the next day. `waits`: a step that does not apply now is waited for;
    else it is passed over.
    """

    within: bool
    days: str
    start: str
    end: str
    zone: str
    waits: bool = False

    def are_open(self, at: datetime) -> bool:
        return _week(self.days, self.start, self.end).is_open(at, ZoneInfo(self.zone)) == self.within

    def open_after(self, at: datetime) -> datetime | None:
        """The next moment from which they are open, for hours that are closed at `at`; None: never."""
        limit = at + LOOK_AHEAD
        windows = _week(self.days, self.start, self.end).openings(at, limit, ZoneInfo(self.zone))
        begins, ends = next(windows, (limit, limit))
        moment = begins if self.within else ends
        return moment if at < moment < limit else None


def open_from(several: Collection[Hours], at: datetime) -> datetime | None:
    """The first moment from `at` on at which all of these are open; None where there is none in sight."""
    moment: datetime | None = at
    while moment is not None and moment < at + LOOK_AHEAD:
        closed = [hours for hours in several if not hours.are_open(moment)]
        if not closed:
            return moment
        moment = _latest([hours.open_after(moment) for hours in closed])
    return None


def _latest(moments: list[datetime | None]) -> datetime | None:
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None


@lru_cache(maxsize=512)  # the text is of tenants: without end it would grow
def _week(days: str, start: str, end: str) -> Week:
    window = Window(frozenset(map(int, days)), time.fromisoformat(start), time.fromisoformat(end))
    return Week.of((window,))
