"""One sweep along a schedule: the stretches in which the same people are on call for one reason. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import heapify, heappop, heapreplace
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from oncall.duty import Duty, Roster, State, on_duty
from oncall.layers import IDLE

LOOK_AHEAD = timedelta(days=62)


class Span(NamedTuple):
    """[start, end) and who is on call, by person; nobody is a gap."""

    start: datetime
    end: datetime
    duties: Mapping[int, Duty]


def spans(roster: Roster, start: datetime, end: datetime) -> list[Span]:
    """[start, end) whole, in order, without gap or overlap; neighbours differ. Empty where end <= start."""
    return list(sweep(roster, start, end))


def sweep(roster: Roster, start: datetime, end: datetime) -> Iterator[Span]:
    """The same, lazily: little more is worked out than the span asked for and the moment at which it ends."""
    if end <= start:
        return
    begun, held = start, None
    known: dict[State, dict[int, Duty]] = {}
    for moment, state in _states(roster, start, end):
        duties = known.get(state)
        if duties is None:
            duties = known[state] = roster.duties(state)
        if held is None:
            held = duties
        elif duties is not held and duties != held:
            yield Span(begun, moment, held)
            begun, held = moment, duties
    yield Span(begun, end, held or {})


def _states(roster: Roster, start: datetime, end: datetime) -> Iterator[tuple[datetime, State]]:
    """What decides who is on call: at `start`, then from each moment at which any of it changes.

    The next change of each layer and of each kind of what is in effect waits in a heap.
    """
    now: list[Any] = [IDLE] * len(roster.layers) + [()] * 4
    heap = []
    for place, changing in _streams(roster, start, end):
        for moment, value in changing:
            heap.append((moment, place, value, changing))
            break
    heapify(heap)
    at = start
    while heap:
        moment, place, value, changing = heap[0]
        if moment > at:
            yield at, tuple(now)
            at = moment
        now[place] = value
        for moment, value in changing:
            heapreplace(heap, (moment, place, value, changing))
            break
        else:
            heappop(heap)
    yield at, tuple(now)


def _streams(
    roster: Roster, start: datetime, end: datetime
) -> Iterator[tuple[int, Iterator[tuple[datetime, Any]]]]:
    """A place in the state, and what is there from which moment on."""
    for place, layer in enumerate(roster.layers):
        yield place, layer.turns(start, end)
    for place, timed in enumerate(roster.timed(), len(roster.layers)):
        if timed:
            yield place, _in_effect([(one.start, one.end) for one in timed], start, end)


def _in_effect(
    bounds: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime
) -> Iterator[tuple[datetime, tuple[int, ...]]]:
    """The places of those within whose bounds a moment lies, from each moment at which they change."""
    edges = []
    for place, (begins, ends) in enumerate(bounds):
        if begins < end and ends > start and begins < ends:
            edges.append((max(begins, start), place))
            if ends < end:
                edges.append((ends, place))
    edges.sort()
    inside: set[int] = set()
    for moment, together in groupby(edges, key=itemgetter(0)):
        for _moment, place in together:
            inside ^= {place}  # comes once to begin, once to end
        yield moment, tuple(sorted(inside))


def changes(roster: Roster, after: datetime, before: datetime) -> Iterator[datetime]:
    """The moments in (after, before) from which other people are on call, or for another reason; in order."""
    for span in sweep(roster, after, before):
        if span.start > after:
            yield span.start


def until(roster: Roster, person: int, at: datetime) -> datetime | None:
    """When `person`, on call at `at`, is no longer; None where no end is in sight for 62 days."""
    for span in sweep(roster, at, at + LOOK_AHEAD):
        if person not in span.duties and span.start > at:
            return span.start
    return None


def next_change(roster: Roster, at: datetime) -> tuple[datetime, dict[int, Duty]] | None:
    """The next moment at which other people are on call than at `at`, and who; None within 62 days."""
    present: set[int] | None = None
    for span in sweep(roster, at, at + LOOK_AHEAD):
        if present is None:
            present = set(span.duties)
        elif span.duties.keys() != present:
            return span.start, dict(span.duties)
    return None


def gaps(roster: Roster, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Where nobody is on call within [start, end), in order; one that goes on is cut at `end`."""
    return [(span.start, span.end) for span in sweep(roster, start, end) if not span.duties]


__all__ = [
    "LOOK_AHEAD",
    "Span",
    "changes",
    "gaps",
    "next_change",
    "on_duty",
    "spans",
    "sweep",
    "until",
]
