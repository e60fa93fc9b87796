"""What stands in which lane: a lane a layer, one for the exceptions, and the final one. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from oncall.duty import Duty, Roster
from oncall.layers import Layer
from oncall.spans import Span, spans

LAYER, EXCEPTIONS, FINAL = "layer", "exceptions", "final"


class Stretch(NamedTuple):
    """One person on call for one reason within [start, end); without a duty: nobody is."""

    start: datetime
    end: datetime
    duty: Duty | None


@dataclass(frozen=True)
class Lane:
    """`rows` hold stretches that do not overlap, in order; a second row where two are on call at once."""

    kind: str
    name: str
    rows: tuple[tuple[Stretch, ...], ...]


def stretches(found: Iterable[Span]) -> list[Stretch]:
    """Per person, by start; what goes on for the same reason is one."""
    ended: list[Stretch] = []
    open_: dict[int | None, Stretch] = {}
    for span in found:
        present: dict[int | None, Duty | None] = {} if span.duties else {None: None}
        present.update(span.duties.items())
        for person, stretch in list(open_.items()):
            if stretch.end != span.start or person not in present or present[person] != stretch.duty:
                ended.append(open_.pop(person))
        for person, duty in present.items():
            begun = open_.get(person)
            open_[person] = Stretch(begun.start if begun else span.start, span.end, duty)
    ended.extend(open_.values())
    return sorted(ended, key=lambda one: (one.start, one.end))


def rows_of(found: Sequence[Stretch]) -> tuple[tuple[Stretch, ...], ...]:
    """In as few rows as it takes, by start: each in the first row that is free."""
    rows: list[list[Stretch]] = []
    for one in found:
        free = next((row for row in rows if row[-1].end <= one.start), None)
        if free is None:
            rows.append([one])
        else:
            free.append(one)
    return tuple(tuple(row) for row in rows)


def lanes_of(
    roster: Roster, final: Iterable[Span], start: datetime, end: datetime, *, layers_from: datetime
) -> list[Lane]:
    """The highest layer first, then the exceptions where there are any, last the final lane.

    The layers are drawn from `layers_from` on: their rules may have been others before.
    """
    ordered = sorted(roster.layers, key=lambda layer: (-layer.priority, layer.id))
    lanes = [_of_layer(layer, roster, max(start, layers_from), end) for layer in ordered]
    if exceptions := _exceptions(roster, start, end):
        lanes.append(Lane(EXCEPTIONS, "", rows_of(exceptions)))
    return [*lanes, final_lane(final)]


def final_lane(found: Iterable[Span]) -> Lane:
    return Lane(FINAL, "", rows_of(stretches(found)))


def _of_layer(layer: Layer, roster: Roster, start: datetime, end: datetime) -> Lane:
    alone = Roster((layer,), absences=roster.absences)
    found = [one for one in stretches(spans(alone, start, end)) if one.duty]
    return Lane(LAYER, layer.name, rows_of(found))


def _exceptions(roster: Roster, start: datetime, end: datetime) -> list[Stretch]:
    """Covers, and the shifts of temporary schedules, whether or not they change anything."""
    found = [Stretch(c.start, c.end, Duty(c.person, cover=c)) for c in roster.covers]
    for whole in roster.temporaries:
        found += [Stretch(s.start, s.end, Duty(s.person, temporary=whole)) for s in whole.shifts]
    cut = [one._replace(start=max(one.start, start), end=min(one.end, end)) for one in found]
    return sorted((one for one in cut if one.start < one.end), key=lambda one: (one.start, one.end))


def stretch_at(lane: Lane, at: datetime) -> list[Stretch]:
    """Those in which `at` lies, in order of the rows."""
    return [one for row in lane.rows for one in row if one.start <= at < one.end]
