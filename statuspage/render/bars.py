"""Ninety days of one component: what each day was, in words and as SVG. Pure.

The drawing is 720 units wide, eight to a day, so that its right third is exactly 30 days: a narrow screen
shows that third of the same drawing. Height tells the kind, not only colour: a good day is full, a problem
day is drawn from the foot, and a major outage has a cross below it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils.safestring import SafeString, mark_safe

from statuspage.health import (
    DEGRADED,
    GRADES,
    MAINTENANCE,
    MAJOR,
    OK,
    PARTIAL,
    TROUBLE,
    Span,
    time_in,
    uptime,
)

DAYS, NARROW_DAYS = 90, 30
STEP, HEIGHT, FOOT = 8, 40, 8
# How high a day stands; the style sheet draws lines of the same widths.
HEIGHTS: dict[str, int] = {OK: 40, MAINTENANCE: 14, DEGRADED: 14, PARTIAL: 27, MAJOR: 40}
CLASSES: dict[str, str] = {
    OK: "b-ok",
    MAINTENANCE: "b-maintenance",
    DEGRADED: "b-degraded",
    PARTIAL: "b-partial",
    MAJOR: "b-major",
}


@dataclass(frozen=True)
class Day:
    """`lasted`: how long each status lasted on that day; empty: nothing is known of it."""

    day: date
    lasted: dict[str, timedelta] = field(default_factory=dict)

    @property
    def status(self) -> str | None:
        """The gravest status it saw, however short; None: no data."""
        return max(self.lasted, key=GRADES.index, default=None)

    @property
    def whole(self) -> str:
        """The status it had all day long; empty where there were several, or none."""
        return next(iter(self.lasted)) if len(self.lasted) == 1 else ""

    @property
    def is_marked(self) -> bool:
        """Drawn from the foot, and told in words: trouble or maintenance."""
        return self.status not in (None, OK)

    @property
    def is_bad(self) -> bool:
        """Maintenance alone is no problem."""
        return self.status in TROUBLE


def days_of(
    spans: Sequence[Span], bounds: Sequence[tuple[date, datetime, datetime]], now: datetime
) -> list[Day]:
    """One Day for each bound, up to `now`. Each span is looked at only on the days it touches."""
    starts = [start for _day, start, _end in bounds]
    touching: list[list[Span]] = [[] for _ in bounds]
    for span in spans:
        first = max(bisect_right(starts, span.starts_at) - 1, 0)
        last = bisect_right(starts, span.ends_at or now) - 1
        for number in range(first, last + 1):
            touching[number].append(span)
    return [
        Day(day, time_in(found, start, min(end, now)))
        for (day, start, end), found in zip(bounds, touching, strict=True)
    ]


def together(days: Sequence[Day]) -> dict[str, timedelta]:
    """How long each status lasted over all those days."""
    total: dict[str, timedelta] = {}
    for day in days:
        for status, lasted in day.lasted.items():
            total[status] = total.get(status, timedelta()) + lasted
    return total


def share(days: Sequence[Day]) -> float | None:
    """Uptime over those days; None where nothing is known."""
    return uptime(together(days))


def known(days: Sequence[Day]) -> int:
    return sum(bool(day.lasted) for day in days)


def drawing(days: Sequence[Day]) -> SafeString:
    """The SVG. Holds no word and no name; its text alternative stands beside it.

    A run of equal days is one dashed line whose dashes are the bars, so a drawing stays small however bad.
    """
    parts: list[str] = []
    at = 0
    for kind, run in groupby(days, key=lambda day: day.status):
        length = len(list(run))
        parts += _run(kind, at * STEP, (at + length) * STEP)
        at += length
    box = f'viewBox="0 0 {len(days) * STEP} {HEIGHT + FOOT}" aria-hidden="true" focusable="false"'
    # Every part is made of numbers and fixed words.
    return mark_safe(f"<svg {box}>{''.join(parts)}</svg>")  # noqa: S308


def _run(kind: str | None, start: int, end: int) -> list[str]:
    if kind is None:
        # Two lines, the inner one in the colour of the ground: an outline.
        line = f'd="M{start} {HEIGHT // 2}H{end}"'
        return [f'<path class="b-none" {line}/><path class="b-hole" {line}/>']
    middle = HEIGHT - HEIGHTS[kind] / 2
    drawn = [f'<path class="{CLASSES[kind]}" d="M{start} {middle:g}H{end}"/>']
    if kind == MAJOR:
        drawn.append(f'<path class="b-cross" d="M{start} {HEIGHT}H{end}v{FOOT}H{start}z"/>')
    return drawn
