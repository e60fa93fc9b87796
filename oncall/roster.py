"""Who a schedule has on call: rotations, then overrides over them. Pure: people are ids.

In this order: every rotation gives the participant whose turn it is (the next in line in place of one who
left); `remove` takes people off; `replace` puts one in the place of another, where and while that other is
on; `add` adds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall.rota import Rota, shift_at

LOOK_AHEAD = timedelta(days=62)


@dataclass(frozen=True)
class Layer:
    """A rotation with its participants in turn. `away` are those who can no longer be on call."""

    name: str
    rota: Rota
    people: tuple[int, ...]
    away: frozenset[int] = frozenset()

    def holder(self, turn: int) -> int | None:
        """Whoever has the turn or, where that person is away, the next in line."""
        for step in range(len(self.people)):
            person = self.people[(turn + step) % len(self.people)]
            if person not in self.away:
                return person
        return None


class Cover(NamedTuple):
    """An override within [start, end): kind add, remove or replace. `person` and `instead_of` are ids."""

    kind: str
    person: int
    instead_of: int | None
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Roster:
    layers: tuple[Layer, ...]
    covers: tuple[Cover, ...] = ()


@dataclass(frozen=True)
class Duty:
    """One person on call. Either `layer` (a rotation's name) or `cover` says why."""

    person: int
    layer: str = ""
    cover: Cover | None = None


def on_duty(roster: Roster, at: datetime) -> dict[int, Duty]:
    """Who is on call at `at`, by person, in order of the layers."""
    return _with_covers(_by_layers(roster, at), [c for c in roster.covers if c.start <= at < c.end])


def _by_layers(roster: Roster, at: datetime) -> dict[int, Duty]:
    duties: dict[int, Duty] = {}
    for layer in roster.layers:
        if not layer.people:
            continue
        holder = layer.holder(shift_at(layer.rota, at).turn)
        if holder is not None:
            duties.setdefault(holder, Duty(holder, layer=layer.name))
    return duties


def _with_covers(duties: dict[int, Duty], covers: list[Cover]) -> dict[int, Duty]:
    for cover in covers:
        if cover.kind == "remove":
            duties.pop(cover.person, None)
    for cover in covers:
        # Looked up as it goes, so that a cover of a cover holds as well (Bram for Anna, then Carla for Bram).
        if cover.kind == "replace" and cover.instead_of in duties:
            del duties[cover.instead_of]
            duties.setdefault(cover.person, Duty(cover.person, cover=cover))
    for cover in covers:
        if cover.kind == "add":
            duties.setdefault(cover.person, Duty(cover.person, cover=cover))
    return duties


def changes(roster: Roster, after: datetime, before: datetime) -> Iterator[datetime]:
    """The moments in (after, before) at which somebody's shift or an override begins or ends, in order."""
    moment = after
    while True:
        following = [shift_at(layer.rota, moment).end for layer in roster.layers if layer.people]
        following += [edge for c in roster.covers for edge in (c.start, c.end) if edge > moment]
        if not following or min(following) >= before:
            return
        moment = min(following)
        yield moment


def until(roster: Roster, person: int, at: datetime) -> datetime | None:
    """When `person`, on call at `at`, is no longer; None where no end is in sight for 62 days."""
    for moment in changes(roster, at, at + LOOK_AHEAD):
        if person not in on_duty(roster, moment):
            return moment
    return None


def next_change(roster: Roster, at: datetime) -> tuple[datetime, dict[int, Duty]] | None:
    """The next moment at which other people are on call than at `at`, and who; None within 62 days."""
    present = set(on_duty(roster, at))
    for moment in changes(roster, at, at + LOOK_AHEAD):
        duties = on_duty(roster, moment)
        if set(duties) != present:
            return moment, duties
    return None
