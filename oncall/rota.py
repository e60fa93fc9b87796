"""Rotations on the wall clock: when shift number k begins, and which shift a moment falls in. Pure.

A rotation stores local time and a zone, never an offset or a duration in seconds. Shift k begins at the local
time `start_local + k * length units`; months count from the original day and are clamped to the month's end.
Local time becomes UTC as "the first instant at which the wall clock has reached it": a time that is skipped
in spring is the instant of the jump, a time that comes twice in autumn is the first. So boundaries never go
backwards, end(k) is begin(k + 1), and there is no gap and no overlap. A shift may be 11 or 13 hours long.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

NO_TIME = timedelta(0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL_EPOCH = _EPOCH.replace(tzinfo=None)
SPAN = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


class Rota(NamedTuple):
    """`start_local` is naive wall-clock time in `zone`; `unit` hour, day, week or month; `size` participants.

    Shift `anchor_shift` belongs to the participant at `anchor_index`.
    """

    zone: ZoneInfo
    start_local: datetime
    unit: str
    length: int
    size: int
    anchor_index: int = 0
    anchor_shift: int = 0


def first_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The first UTC instant at which the wall clock of `zone` has reached the naive `local`."""
    # Subtracting offsets costs a third of `replace` and `astimezone`; calendars ask this a thousand times.
    first = zone.utcoffset(local) or NO_TIME
    second = zone.utcoffset(local.replace(fold=1)) or NO_TIME
    if second <= first:
        return _EPOCH + (local - _LOCAL_EPOCH - first)
    # Skipped by a jump: read with the offset after it and before it, the time lies on either side of it.
    return _jump(
        local, zone, _EPOCH + (local - _LOCAL_EPOCH - second), _EPOCH + (local - _LOCAL_EPOCH - first)
    )


def last_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The last UTC instant at which the wall clock of `zone` reaches the naive `local`: the end of a window.

    Another than the first only where the time comes twice. A skipped time is the instant of the jump.
    """
    first = zone.utcoffset(local) or NO_TIME
    second = zone.utcoffset(local.replace(fold=1)) or NO_TIME
    if second < first:
        return _EPOCH + (local - _LOCAL_EPOCH - second)
    return first_instant(local, zone)


def _jump(local: datetime, zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if wall_clock(middle, zone) < local:
            before = middle
        else:
            after = middle
    return after


def wall_clock(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall of `zone` shows at the aware moment `at`, naive."""
    return at.astimezone(zone).replace(tzinfo=None)


def boundary_local(rota: Rota, number: int) -> datetime:
    """Naive wall-clock time at which shift `number` begins."""
    steps = number * rota.length
    if rota.unit != "month":
        return rota.start_local + steps * SPAN[rota.unit]
    months = rota.start_local.year * 12 + rota.start_local.month - 1 + steps
    year, month = divmod(months, 12)
    day = min(rota.start_local.day, monthrange(year, month + 1)[1])
    return rota.start_local.replace(year=year, month=month + 1, day=day)


def boundary(rota: Rota, number: int) -> datetime:
    """UTC instant at which shift `number` begins."""
    return first_instant(boundary_local(rota, number), rota.zone)


def shift_number(rota: Rota, at: datetime) -> int:
    """The shift the aware moment `at` falls in: estimated by wall clock, put right by the boundaries."""
    return _in_shift(rota, at)[0]


def _in_shift(rota: Rota, at: datetime) -> tuple[int, datetime, datetime]:
    """Its number, start and end."""
    return _shift_around(rota.zone, rota.start_local, rota.unit, rota.length, at)


@lru_cache(maxsize=512)
def _shift_around(
    zone: ZoneInfo, start_local: datetime, unit: str, length: int, at: datetime
) -> tuple[int, datetime, datetime]:
    """Remembered: of 500 schedules hundreds hand over on the same day at the same hour."""
    rota = Rota(zone, start_local, unit, length, 1)
    number = _estimate(rota, wall_clock(at, rota.zone))
    begins = boundary(rota, number)
    while begins > at:
        number -= 1
        begins = boundary(rota, number)
    ends = boundary(rota, number + 1)
    # A jump of the clock can swallow a short shift whole: the last of those that begin together holds.
    while ends <= at:
        number, begins, ends = number + 1, ends, boundary(rota, number + 2)
    return number, begins, ends


def _estimate(rota: Rota, local: datetime) -> int:
    if rota.unit != "month":
        return (local - rota.start_local) // (rota.length * SPAN[rota.unit])
    months = (local.year - rota.start_local.year) * 12 + local.month - rota.start_local.month
    return months // rota.length


def turn_of(rota: Rota, number: int) -> int:
    """The place in the list of participants whose turn shift `number` is. Needs size >= 1."""
    return (rota.anchor_index + number - rota.anchor_shift) % rota.size


def handovers(rota: Rota, at: datetime) -> Iterator[tuple[int, datetime, datetime]]:
    """Without end: number, start and end of the shift `at` falls in and of those after it.

    A shift that a jump of the clock swallowed is left out.
    """
    number, begins, ends = _in_shift(rota, at)
    step = rota.length * SPAN[rota.unit] if rota.unit in SPAN else None
    local = boundary_local(rota, number + 1)
    while True:
        if ends > begins:
            yield number, begins, ends
        number += 1
        local = local + step if step else boundary_local(rota, number + 1)
        begins, ends = ends, first_instant(local, rota.zone)
