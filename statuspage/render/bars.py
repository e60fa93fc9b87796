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

from statuspage.health import DEGRADED, GRADES, MAINTENANCE, MAJOR, OK, PARTIAL, Span, time_in, uptime

DAYS, NARROW_DAYS = 90, 30
STEP, BAR, HEIGHT, FOOT = 8, 6, 40, 8
# How high a problem day stands.
HEIGHTS: dict[str, int] = {MAINTENANCE: 14, DEGRADED: 14, PARTIAL: 27, MAJOR: 40}
CLASSES: dict[str, str] = {
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
    def is_bad(self) -> bool:
        return self.status not in (None, OK)


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


def share(days: Sequence[Day]) -> float | None:
    """Uptime over those days; None where nothing is known."""
    total: dict[str, timedelta] = {}
    for day in days:
        for status, lasted in day.lasted.items():
            total[status] = total.get(status, timedelta()) + lasted
    return uptime(total)


def known(days: Sequence[Day]) -> int:
    return sum(bool(day.lasted) for day in days)


def drawing(days: Sequence[Day]) -> SafeString:
    """The SVG. Holds no word and no name; its text alternative stands beside it."""
    parts: list[str] = []
    at = 0
    for kind, run in groupby(days, key=lambda day: day.status):
        length = len(list(run))
        parts += _run(kind, at, length)
        at += length
    width = len(days) * STEP
    box = f'viewBox="0 0 {width} {HEIGHT + FOOT}" aria-hidden="true" focusable="false"'
    # Every part is made of numbers and fixed words.
    return mark_safe(f"<svg {box}>{''.join(parts)}</svg>")  # noqa: S308


def _run(kind: str | None, at: int, length: int) -> list[str]:
    x, middle, end = at * STEP, HEIGHT // 2, (at + length) * STEP
    if kind is None:
        # Two dashed lines, the inner one in the colour of the ground: an outline.
        line = f'd="M{x} {middle}H{end}"'
        return [f'<path class="b-none" {line}/><path class="b-hole" {line}/>']
    if kind == OK:
        # One dashed line for a whole run of days: the dashes are the bars.
        return [f'<path class="b-ok" d="M{x} {middle}H{end}"/>']
    drawn = []
    for number in range(at, at + length):
        left, height = number * STEP + (STEP - BAR) // 2, HEIGHTS[kind]
        drawn.append(f'<path class="{CLASSES[kind]}" d="M{left} {HEIGHT}v-{height}h{BAR}v{height}z"/>')
        if kind == MAJOR:
            drawn.append(f'<path class="b-cross" d="M{left + 1} {HEIGHT + 3}l4 4m0-4l-4 4"/>')
    return drawn
