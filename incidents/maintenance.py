"""When maintenance happens: occurrences of a window on the wall clock of its zone. Pure.

Local start and local end are stored, so that 02:00 to 04:00 stays that through a change of the clock; what
repeats by months keeps the day of the first, clamped to the month's end. A start that does not exist is the
first moment after the jump, one that comes twice the first; an end that comes twice is the last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from oncall.rota import Rota, boundary_local, first_instant, last_instant, shift_number

# An occurrence may be as long as what it repeats by, and no longer: two of one window never overlap.
PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=28)}
# Where the arithmetic of time zones ends.
LAST_YEAR = 9990


@dataclass(frozen=True)
class Occurrence:
    """[start, end) in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Recurring:
    """`start` and `end` are naive wall-clock times in `zone`; `unit` is day, week, month, or empty for once.

    No occurrence begins after the day `until`, nor at or after `cancelled_at`; `ended_at` (aware) cuts short
    the one it falls in.
    """

    zone: ZoneInfo
    start: datetime
    end: datetime
    unit: str = ""
    every: int = 1
    until: date | None = None
    ended_at: datetime | None = None
    cancelled_at: datetime | None = None

    def at(self, moment: datetime) -> Occurrence | None:
        """The occurrence that aware `moment` falls in."""
        found = next(self.after(moment), None)
        return found if found and found.start <= moment else None

    def after(self, moment: datetime) -> Iterator[Occurrence]:
        """Those that are not over at `moment`, in order; without end where it repeats without end."""
        for number in self._numbers(moment):
            local = self._local(number)
            if local.year > LAST_YEAR or (self.until and local.date() > self.until and self.unit):
                return
            found = self._cut(local)
            if self.cancelled_at and found.start >= self.cancelled_at:
                return
            if found.start < found.end and found.end > moment:
                yield found

    def next_change(self, moment: datetime) -> datetime | None:
        """The first start or end later than `moment`; None where there is no more."""
        for found in self.after(moment):
            return found.start if found.start > moment else found.end
        return None

    # --- parts ---

    def _rota(self) -> Rota:
        return Rota(self.zone, self.start, self.unit, self.every, 1)

    def _local(self, number: int) -> datetime:
        return boundary_local(self._rota(), number) if self.unit else self.start

    def _numbers(self, moment: datetime) -> Iterator[int]:
        if not self.unit:
            return iter((0,))
        # One before the present: an end that comes twice may outlast the next start by an hour.
        return count(max(0, shift_number(self._rota(), moment.astimezone(UTC)) - 1))

    def _cut(self, local: datetime) -> Occurrence:
        start = first_instant(local, self.zone)
        end = last_instant(local + (self.end - self.start), self.zone)
        for cut in (self.ended_at, self.cancelled_at):
            if cut is not None and start <= cut < end:
                end = cut
        return Occurrence(start, end)


def longest_problem(times: Recurring) -> Any:
    """In words, where one occurrence would run into the next; else None."""
    if times.unit and times.end - times.start > PERIODS[times.unit] * times.every:
        return _("It is longer than what it repeats by.")
    return None
