"""Who a schedule has on call, and why. Pure: people are ids, times are aware.

In this order: a temporary schedule stands in the place of the layers, else the layers give whoever's turn it
is; `remove` takes people off; `replace` puts one in the place of another, where and while that other is on;
`add` adds; a swap puts one in the place of another, as `replace` does, and comes last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from oncall.layers import Layer, Skipped

ADD, REMOVE, REPLACE, SWAP = "add", "remove", "replace", "swap"


class Cover(NamedTuple):
    """An override or a swap within [start, end): kind add, remove, replace or swap. People are ids."""

    kind: str
    person: int
    instead_of: int | None
    start: datetime
    end: datetime
    id: int = 0


class Absence(NamedTuple):
    """Within [start, end) the layers pass over this person; a cover or a temporary schedule does not."""

    person: int
    start: datetime
    end: datetime


class Stint(NamedTuple):
    person: int
    start: datetime
    end: datetime


class Temporary(NamedTuple):
    """Within [start, end) these shifts and no layer; where they have nobody, nobody is on call."""

    id: int
    name: str
    start: datetime
    end: datetime
    shifts: tuple[Stint, ...]


class Duty(NamedTuple):
    """One person on call, and why: the layer or the temporary schedule, and the cover if there is one.

    A cover in the place of somebody keeps what that one was on call for. `skipped` are those passed over.
    """

    person: int
    layer: str = ""
    cover: Cover | None = None
    layer_id: int = 0
    temporary: Temporary | None = None
    skipped: tuple[Skipped, ...] = ()


# What decides who is on call at a moment: the turn of each layer, then the places of the absences, temporary
# schedules, stints and covers in effect, a tuple of each. Flat, since a calendar makes a thousand of them.
State = tuple[Any, ...]


@dataclass(frozen=True)
class Roster:
    """Layers of a higher priority mask lower ones whenever they put somebody on call; equals are on together.

    Of temporary schedules at the same time the last holds. `covers` apply in their order.
    """

    layers: tuple[Layer, ...]
    covers: tuple[Cover, ...] = ()
    temporaries: tuple[Temporary, ...] = ()
    absences: tuple[Absence, ...] = ()

    @cached_property
    def stints(self) -> tuple[tuple[int, Stint], ...]:
        """The shifts of the temporary schedules, each with the place of its own."""
        return tuple((of, stint) for of, whole in enumerate(self.temporaries) for stint in whole.shifts)

    @cached_property
    def ranks(self) -> list[list[int]]:
        """Places of the layers by priority, the highest first."""
        found: dict[int, list[int]] = {}
        for place, layer in enumerate(self.layers):
            found.setdefault(layer.priority, []).append(place)
        return [found[priority] for priority in sorted(found, reverse=True)]

    def timed(self) -> tuple[Sequence[Absence | Temporary | Stint | Cover], ...]:
        """What is in effect within bounds of its own, in the order of State."""
        stints = [stint for _of, stint in self.stints] if self.temporaries else ()
        return self.absences, self.temporaries, stints, self.covers

    def state_at(self, at: datetime) -> State:
        return (
            *[layer.turn_at(at) for layer in self.layers],
            *[
                tuple([place for place, one in enumerate(each) if one.start <= at < one.end]) if each else ()
                for each in self.timed()
            ],
        )

    def duties(self, state: State) -> dict[int, Duty]:
        """By person, in order of the layers."""
        absent, temporaries, stints, covers = state[-4:]
        if temporaries:
            found = self._temporary(temporaries[-1], stints)
        else:
            found = self._by_layers(state, {self.absences[place].person for place in absent})
        if covers:
            _cover(found, [self.covers[place] for place in covers])
        return found

    def _temporary(self, last: int, stints: tuple[int, ...]) -> dict[int, Duty]:
        whole = self.temporaries[last]
        inside = [self.stints[place] for place in stints]
        return {stint.person: Duty(stint.person, temporary=whole) for of, stint in inside if of == last}

    def _by_layers(self, turns: State, absent: set[int]) -> dict[int, Duty]:
        duties: dict[int, Duty] = {}
        for rank in self.ranks if len(self.layers) > 1 else [range(len(self.layers))]:
            for place in rank:
                layer = self.layers[place]
                for person, skipped in layer.holders(turns[place], absent):
                    if person not in duties:
                        duties[person] = Duty(person, layer.name, None, layer.id, None, skipped)
            if duties:
                break
        return duties


def _cover(duties: dict[int, Duty], covers: list[Cover]) -> None:
    for cover in covers:
        if cover.kind == REMOVE:
            duties.pop(cover.person, None)
    _stand_in(duties, [cover for cover in covers if cover.kind == REPLACE])
    for cover in covers:
        if cover.kind == ADD:
            duties.setdefault(cover.person, Duty(cover.person, cover=cover))
    _stand_in(duties, [cover for cover in covers if cover.kind == SWAP])


def _stand_in(duties: dict[int, Duty], covers: list[Cover]) -> None:
    for cover in covers:
        # Looked up as it goes, so that a cover of a cover holds as well (Bram for Anna, then Carla for Bram).
        if cover.instead_of in duties:
            was = duties.pop(cover.instead_of)
            duties.setdefault(cover.person, was._replace(person=cover.person, cover=cover, skipped=()))


def on_duty(roster: Roster, at: datetime) -> dict[int, Duty]:
    """Who is on call at `at`, by person, in order of the layers."""
    return roster.duties(roster.state_at(at))
