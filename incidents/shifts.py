"""The shift changes around now, and what they mean for those in an open incident. Pure: people are ids."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from oncall.roster import LOOK_AHEAD, Roster, sweep

# A change is spoken of from this long before it until this long after it.
AROUND = timedelta(minutes=30)


@dataclass(frozen=True)
class Change:
    """At `at` the first are relieved by the second."""

    at: datetime
    leaving: frozenset[int]
    arriving: tuple[int, ...]

    def is_past(self, now: datetime) -> bool:
        return self.at <= now


def changes_around(roster: Roster, now: datetime) -> Iterator[Change]:
    """The changes of this schedule within half an hour of `now` that relieve anybody, in order.

    Where nobody comes after them, those who leave hand over to nobody: such a change is left out.
    """
    for before, after in pairwise(sweep(roster, now - AROUND, now + AROUND)):
        leaving = frozenset(before.duties) - frozenset(after.duties)
        arriving = tuple(person for person in after.duties if person not in before.duties)
        if leaving and arriving:
            yield Change(after.start, leaving, arriving)


def next_shift(roster: Roster, person: int, now: datetime) -> datetime | None:
    """When `person`, not on call now, is so next; None within two months."""
    for span in sweep(roster, now, now + LOOK_AHEAD):
        if span.start > now and person in span.duties:
            return span.start
    return None
