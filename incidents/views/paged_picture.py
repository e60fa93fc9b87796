"""The first hour of a ladder as a picture: a lane a person, a mark a method. Numbers for an SVG."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from incidents.operations.foreseeing import HOUR, Lane, Mark, Paged
from incidents.times import clock_words

WIDTH, HEIGHT, SIZE = 400, 24, 12


@dataclass(frozen=True)
class Drawn:
    """A mark at `x`; filled where it wakes, else an outline."""

    x: int
    wakes: bool
    words: str


@dataclass(frozen=True)
class DrawnLane:
    name: str
    words: str
    marks: list[Drawn]


@dataclass(frozen=True)
class Picture:
    lanes: list[DrawnLane]
    # Under the lanes: 03:00, 03:30, 04:00.
    ticks: list[str]
    width: int = WIDTH
    height: int = HEIGHT
    size: int = SIZE


def picture_of(paged: Paged) -> Picture | None:
    """None where nobody is paged within the hour."""
    if not paged.lanes or paged.pages_at is None:
        return None
    begins = paged.pages_at
    ticks = [clock_words(begins + timedelta(minutes=minute), begins) for minute in range(0, HOUR + 1, 30)]
    return Picture([_lane(lane, begins) for lane in paged.lanes], ticks)


def _lane(lane: Lane, begins: datetime) -> DrawnLane:
    marks = [_mark(mark, begins) for mark in lane.marks]
    words = _("%(name)s: %(marks)s") % {"name": lane.name, "marks": ", ".join(one.words for one in marks)}
    return DrawnLane(lane.name, words, marks)


def _mark(mark: Mark, begins: datetime) -> Drawn:
    at = clock_words(begins + timedelta(minutes=mark.minute), begins)
    return Drawn((WIDTH - SIZE) * mark.minute // HOUR, mark.wakes, f"{mark.word} {at}")
