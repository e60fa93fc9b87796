"""The ladder: its rungs, and which comes after which. Pure: no rows, no clock.

A ladder fires one rung at a time. The delay of a rung runs from the moment it really fired, so an engine that
slept fires one rung, never the whole ladder. After the last rung it begins again, `repeat` times or for ever;
then the delay of the last rung is waited out, and it is exhausted. What becomes of a rung at a moment:
oncall.verdicts.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from oncall.hours import Hours

ALL, IN_TURN = "all", "in_turn"
SKIP, WAIT, HOLD = "skip", "wait", "hold"
CHANNEL = "channel"
# Rounds are not counted further: a ladder for ever may run for months.
LAST_COUNTED = 9999


@dataclass(frozen=True)
class Target:
    """`kind` as in models.TargetKind, the id of its row, and its name at the time of the snapshot."""

    kind: str
    id: int
    name: str


@dataclass(frozen=True)
class Rung:
    """One step, as models.Step describes it. Fields beyond the first two are missing in old snapshots.

    `offset` is whose turn it is in the first round, where one is paged in turn. All of `hours` must be open.
    """

    delay_minutes: int
    targets: tuple[Target, ...]
    strategy: str = ALL
    offset: int = 0
    answers_needed: int = 1
    if_empty: str = SKIP
    severity_up_to: int | None = None
    hours: tuple[Hours, ...] = ()

    @property
    def delay(self) -> timedelta:
        return timedelta(minutes=self.delay_minutes)

    @property
    def tells_channels_only(self) -> bool:
        return bool(self.targets) and all(target.kind == CHANNEL for target in self.targets)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Rung":
        targets = tuple(Target(**target) for target in stored["targets"])
        hours = tuple(Hours(**hours) for hours in stored.get("hours", ()))
        return cls(**(stored | {"targets": targets, "hours": hours}))


@dataclass(frozen=True)
class Ladder:
    """A policy as it was at the start. `fallback` is paged where every rung is empty; None: the owners."""

    name: str
    repeat: int
    rungs: tuple[Rung, ...]
    fallback: int | None = None
    forever: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Ladder":
        """Also of a snapshot that an older version stored."""
        rungs = tuple(Rung.from_json(rung) for rung in stored["rungs"])
        return cls(stored["name"], stored["repeat"], rungs, stored["fallback"], stored.get("forever", False))


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
    if place.rung >= len(ladder.rungs) or (place.loop > ladder.repeat and not ladder.forever):
        return None
    return ladder.rungs[place.rung]


def settled(ladder: Ladder, place: Place) -> Place:
    """The same place, with "after the last rung" written as "the first rung of the next round"."""
    if place.rung >= len(ladder.rungs):
        return Place(0, min(place.loop + 1, LAST_COUNTED))
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
