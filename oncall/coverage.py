"""How much of a schedule's time ahead has somebody who would be woken, and how evenly it is shared. Pure.

People are ids; times are aware; stretches are [start, end) in order. `wakeable` are the people a page would
wake: being on call without a way to be reached covers nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from itertools import combinations
from typing import NamedTuple
from zoneinfo import ZoneInfo

from oncall.spans import Span
from oncall.windows import Week, Window

NO_TIME = timedelta(0)
MIDNIGHT = time(0)


class Missing(NamedTuple):
    """`person` None: nobody is on call. Else this one is, and cannot be woken."""

    start: datetime
    end: datetime
    person: int | None = None


def declared(
    days: str, opens: time | None, closes: time | None, zone: ZoneInfo, start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """When somebody should be on call within [start, end): from `opens` on each of `days` ("12345") until
    `closes`, on the next day where that is not later; without times the whole day.
    """
    if opens is None or closes is None:
        if len(days) == 7:
            return [(start, end)]
        opens = closes = MIDNIGHT
    window = Window(frozenset(map(int, days)), opens, closes)
    return list(Week.of((window,)).openings(start, end, zone))


def within(spans: Iterable[Span], openings: Iterable[tuple[datetime, datetime]]) -> Iterator[Span]:
    """The pieces of `spans` that lie in an opening. Both are in order."""
    ahead = iter(openings)
    opens, closes = next(ahead, (None, None))
    for span in spans:
        while opens is not None and closes is not None and opens < span.end:
            start, end = max(span.start, opens), min(span.end, closes)
            if start < end:
                yield Span(start, end, span.duties)
            if closes > span.end:
                break
            opens, closes = next(ahead, (None, None))


def missing(pieces: Iterable[Span], wakeable: Collection[int]) -> list[Missing]:
    """Where nobody is on call, and where somebody is who cannot be woken; by start. What touches is one."""
    found: list[Missing] = []
    last: dict[int | None, int] = {}
    for piece in pieces:
        gone: list[int | None] = [p for p in piece.duties if p not in wakeable] if piece.duties else [None]
        for person in gone:
            at = last.get(person)
            if at is not None and found[at].end == piece.start:
                found[at] = found[at]._replace(end=piece.end)
            else:
                last[person] = len(found)
                found.append(Missing(piece.start, piece.end, person))
    return found


def asleep(pieces: Iterable[Span], wakeable: Collection[int]) -> Iterator[tuple[datetime, datetime]]:
    """Where nobody would be woken, whether nobody is on call or none of them can be reached; merged."""
    begun: tuple[datetime, datetime] | None = None
    for piece in pieces:
        if any(person in wakeable for person in piece.duties):
            continue
        if begun is not None and begun[1] == piece.start:
            begun = (begun[0], piece.end)
            continue
        if begun is not None:
            yield begun
        begun = (piece.start, piece.end)
    if begun is not None:
        yield begun


def share_covered(pieces: Iterable[Span], wakeable: Collection[int]) -> float:
    """From 0 to 1; 1 where no time is declared."""
    whole = covered = NO_TIME
    for piece in pieces:
        lasts = piece.end - piece.start
        whole += lasts
        if any(person in wakeable for person in piece.duties):
            covered += lasts
    return covered / whole if whole else 1.0


def hours(pieces: Iterable[Span]) -> dict[int, timedelta]:
    """How long each person is on call."""
    found: dict[int, timedelta] = defaultdict(timedelta)
    for piece in pieces:
        for person in piece.duties:
            found[person] += piece.end - piece.start
    return dict(found)


def balance(shares: Mapping[int, timedelta]) -> float:
    """The mean over pairs of people of the smaller share by the larger; 1 for a single person or none."""
    pairs = [min(a, b) / max(a, b) for a, b in combinations(shares.values(), 2) if max(a, b) > NO_TIME]
    return sum(pairs) / len(pairs) if pairs else 1.0


def score(covered: float, balanced: float) -> int:
    """From 0 to 100: the mean of both. 100 only where both are whole."""
    return int((covered + balanced) * 50 + 1e-9)
