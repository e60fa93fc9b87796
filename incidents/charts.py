"""Where the marks of a chart go, as whole numbers for an SVG. Pure: no ORM, no words, no colour."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 160
WIDEST = 44
LINE_WIDTH, LINE_HEIGHT = 120, 32


@dataclass(frozen=True)
class Block:
    """One piece of a bar. `kind` says which pattern fills it."""

    x: int
    y: int
    width: int
    height: int
    kind: str


@dataclass(frozen=True)
class Bars:
    """`top` is what the full height stands for."""

    width: int
    height: int
    top: int
    blocks: tuple[Block, ...]


def stacked(columns: Sequence[Sequence[tuple[str, int]]]) -> Bars:
    """A bar a column, its (kind, count) pieces from the foot upwards; the highest one fills the height."""
    top = max((sum(count for _, count in column) for column in columns), default=0)
    step = WIDTH / max(len(columns), 1)
    width = min(WIDEST, max(2, int(step) - 2))
    blocks = []
    for at, column in enumerate(columns):
        done = 0
        for kind, count in column:
            low, high = _scaled(done, top), _scaled(done + count, top)
            if count:
                blocks.append(Block(round(at * step) + 1, HEIGHT - high, width, high - low, kind))
            done += count
    return Bars(WIDTH, HEIGHT, top, tuple(blocks))


def _scaled(count: int, top: int) -> int:
    return round(count / top * HEIGHT) if top else 0


def sparkline(values: Sequence[float | None]) -> tuple[str, ...]:
    """Points of a small line, one run of points for each stretch without a gap: nothing is made up."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ()
    top = max(known) or 1
    step = (LINE_WIDTH - 8) / (len(values) - 1)
    runs: list[list[str]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
            continue
        x, y = 4 + at * step, LINE_HEIGHT - 4 - value / top * (LINE_HEIGHT - 8)
        runs[-1].append(f"{x:.1f},{y:.1f}")
    # A single week between two gaps is a dot: a line of no length, with round ends.
    return tuple(" ".join(run if len(run) > 1 else run * 2) for run in runs if run)
