"""Marks in an SVG that is as wide as its place: x and width in per cent, y and height in pixels. Pure.

So text keeps its size on every screen. A block that is too narrow for its words shows fewer of them: its
whole sentence is its name, and stands in the table below the picture.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oncall.drawing.days import Day, place
from oncall.drawing.lanes import EXCEPTIONS, LAYER, Lane, Stretch
from oncall.drawing.marks import fitting
from oncall.duty import REMOVE

HIGH, APART = 48, 4
ROW = HIGH + APART


@dataclass(frozen=True)
class Spoken:
    """What is said of one stretch: its labels, the longest first, its sentence, and where it leads.

    `deed`: what to do there, in a word, of a gap.
    """

    labels: tuple[str, ...]
    sentence: str
    link: str
    deed: str = ""


@dataclass(frozen=True)
class Block:
    """`kind`: duty, off (taken off by an override) or gap; `pattern` of the person; `notch`: a cover.

    `fits`: the whole of its words stand in it.
    """

    x: str
    width: str
    y: int
    height: int
    kind: str
    pattern: int
    label: str
    notch: bool
    sentence: str
    link: str
    deed: str
    fits: bool


@dataclass(frozen=True)
class Strip:
    """One SVG. `now` is where the line of now stands, empty where now is not in it.

    `empty`: nothing would be seen in it, and nothing is missing.
    """

    height: int
    blocks: tuple[Block, ...]
    now: str
    empty: bool


def strip(
    lane: Lane,
    days: Sequence[Day],
    *,
    pixels: int,
    patterns: Mapping[int, int],
    speak: Callable[[Stretch], Spoken],
    now: datetime,
) -> Strip:
    """`lane` along `days`, drawn for a place about so many pixels wide."""
    start, end = days[0].start, days[-1].end
    rows = [[one for one in row if one.start < end and one.end > start] for row in lane.rows]
    rows = [row for row in rows if row] or [[]]
    height = len(rows) * ROW - APART
    blocks = [
        _block(one, days, at * ROW, height, pixels, patterns, speak)
        for at, row in enumerate(rows)
        for one in row
    ]
    line = percent(place(days, now)) if start <= now < end else ""
    needless = lane.kind == EXCEPTIONS or (lane.kind == LAYER and end <= now)
    return Strip(height, tuple(blocks), line, needless and not blocks)


def percent(share: float) -> str:
    return f"{share:.3f}%"


def _block(
    one: Stretch,
    days: Sequence[Day],
    y: int,
    whole: int,
    pixels: int,
    patterns: Mapping[int, int],
    speak: Callable[[Stretch], Spoken],
) -> Block:
    left, right = place(days, one.start), place(days, one.end)
    spoken = speak(one)
    cover = one.duty.cover if one.duty else None
    label = fitting(spoken.labels, (right - left) / 100 * pixels)
    kind = "gap" if one.duty is None else "off" if cover and cover.kind == REMOVE else "duty"
    return Block(
        x=percent(left),
        width=percent(right - left),
        y=0 if kind == "gap" else y,
        height=whole if kind == "gap" else HIGH,
        kind=kind,
        pattern=patterns.get(one.duty.person, 0) if one.duty else 0,
        label=label,
        notch=cover is not None and kind == "duty",
        sentence=spoken.sentence,
        link=spoken.link,
        deed=spoken.deed,
        fits=label == spoken.labels[0],
    )
