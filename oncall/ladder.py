"""The ladder: which step is due, what comes next, and when nobody is left. Pure: no rows, no clock.

A ladder fires one rung at a time. The delay of a rung runs from the moment it really fired, so an engine that
slept fires one rung, never the whole ladder. After the last rung it begins again, `repeat` times; then the
delay of the last rung is waited out, and it is exhausted.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Target:
    """`kind` person or schedule, the id of its row, and its name at the time of the snapshot."""

    kind: str
    id: int
    name: str


@dataclass(frozen=True)
class Rung:
    delay_minutes: int
    targets: tuple[Target, ...]

    @property
    def delay(self) -> timedelta:
        return timedelta(minutes=self.delay_minutes)


@dataclass(frozen=True)
class Ladder:
    """A policy as it was at the start. `fallback` is paged where every rung is empty; None: the owners."""

    name: str
    repeat: int
    rungs: tuple[Rung, ...]
    fallback: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Ladder":
        rungs = tuple(
            Rung(rung["delay_minutes"], tuple(Target(**target) for target in rung["targets"]))
            for rung in stored["rungs"]
        )
        return cls(stored["name"], stored["repeat"], rungs, stored["fallback"])


class Place(NamedTuple):
    """What fires next: the rung (from 0) of which round (from 0)."""

    rung: int
    loop: int


FOOT = Place(0, 0)


def is_due(state: str, next_step_at: datetime | None, now: datetime) -> bool:
    return state == "paging" and next_step_at is not None and next_step_at <= now


def at(ladder: Ladder, place: Place) -> Rung | None:
    """The rung to fire at `place`, or None: exhausted. Beyond the last rung comes the next round."""
    place = settled(ladder, place)
    if place.rung >= len(ladder.rungs) or place.loop > ladder.repeat:
        return None
    return ladder.rungs[place.rung]


def settled(ladder: Ladder, place: Place) -> Place:
    """The same place, with "after the last rung" written as "the first rung of the next round"."""
    if place.rung >= len(ladder.rungs):
        return Place(0, place.loop + 1)
    return place


def after(ladder: Ladder, place: Place) -> Place:
    """Where the ladder stands once the rung at `place` has fired or was passed over."""
    place = settled(ladder, place)
    return settled(ladder, Place(place.rung + 1, place.loop))


def candidates(ladder: Ladder, place: Place) -> Iterator[Place]:
    """The places to try when one fires at `place`: it, and those after it if it is empty; each rung once."""
    place = settled(ladder, place)
    for _ in ladder.rungs:
        if at(ladder, place) is None:
            return
        yield place
        place = after(ladder, place)


def round_of(ladder: Ladder) -> list[tuple[timedelta, int]]:
    """When each rung of the first round fires, counted from the start."""
    clock, times = timedelta(0), []
    for index, rung in enumerate(ladder.rungs):
        times.append((clock, index))
        clock += rung.delay
    return times


def length_of_round(ladder: Ladder) -> timedelta:
    return sum((rung.delay for rung in ladder.rungs), timedelta(0))


def exhausted_after(ladder: Ladder) -> timedelta:
    """How long after its start a ladder that nobody answers ends."""
    return length_of_round(ladder) * (ladder.repeat + 1)
