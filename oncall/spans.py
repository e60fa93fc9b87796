"""One sweep along a schedule: the stretches in which the same people are on call for one reason. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import merge
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
    """The same, lazily: nothing after the span asked for is worked out but the moment at which it ends."""
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
    """What decides who is on call: at `start`, then from each moment at which any of it changes."""
    count = len(roster.layers)
    now: list[Any] = [IDLE] * count + [()] * 4
    moment = start
    for at, place, value in _events(roster, start, end):
        if at > moment:
            yield moment, State(tuple(now[:count]), *now[count:])
            moment = at
        now[place] = value
    yield moment, State(tuple(now[:count]), *now[count:])


def _events(roster: Roster, start: datetime, end: datetime) -> Iterator[tuple[datetime, int, Any]]:
    """(from when, place in the state, what is there from then on), in order of time."""
    streams = [_placed(place, layer.turns(start, end)) for place, layer in enumerate(roster.layers)]
    for place, timed in enumerate(roster.timed(), len(streams)):
        if timed:
            bounds = [(one.start, one.end) for one in timed]
            streams.append(_placed(place, _in_effect(bounds, start, end)))
    return merge(*streams) if len(streams) != 1 else streams[0]


def _placed(place: int, changes: Iterator[tuple[datetime, Any]]) -> Iterator[tuple[datetime, int, Any]]:
    for moment, value in changes:
        yield moment, place, value


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


def standing(roster: Roster, at: datetime) -> dict[int, tuple[Duty, datetime | None]]:
    """Who is on call at `at` and until when, as `on_duty` and `until` say, in one sweep."""
    found: dict[int, tuple[Duty, datetime | None]] = {}
    left: set[int] | None = None
    for span in sweep(roster, at, at + LOOK_AHEAD):
        if left is None:
            found = {person: (duty, None) for person, duty in span.duties.items()}
            left = set(found)
        for person in left - span.duties.keys():
            found[person] = (found[person][0], span.start)
            left.discard(person)
        if not left:
            break
    return found


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
    "standing",
    "sweep",
    "until",
]
