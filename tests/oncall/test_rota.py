"""Rotations against an oracle that shares no code with them: it walks the wall clock and counts."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.rota import Rota, boundary, handovers, shift_number, turn_of

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HALF_HOUR = ZoneInfo("Australia/Lord_Howe")  # jumps by 30 minutes
# A zone, and days on which its clock jumps (Apia lost a whole day, Casablanca jumps around Ramadan).
JUMPS = [
    ("Europe/Amsterdam", date(2026, 3, 29)),
    ("Europe/Amsterdam", date(2026, 10, 25)),
    ("America/New_York", date(2027, 3, 14)),
    ("America/New_York", date(2027, 11, 7)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Antarctica/Troll", date(2027, 3, 28)),
    ("Antarctica/Troll", date(2027, 10, 31)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Kolkata", date(2026, 6, 1)),
]
ROTATIONS = [
    ("hour", 1),
    ("hour", 12),
    ("hour", 7),
    ("day", 1),
    ("day", 3),
    ("week", 1),
    ("month", 1),
    ("month", 5),
]


class Shift(NamedTuple):
    number: int
    start: datetime
    end: datetime
    turn: int


def shifts_from(rota: Rota, at: datetime) -> Iterator[Shift]:
    for number, begins, ends in handovers(rota, at):
        yield Shift(number, begins, ends, turn_of(rota, number))


def shift_at(rota: Rota, at: datetime) -> Shift:
    return next(shifts_from(rota, at))


def shifts_between(rota: Rota, start: datetime, end: datetime) -> list[Shift]:
    return list(takewhile(lambda shift: shift.start < end, shifts_from(rota, start)))


def local_starts(rota: Rota, number: int) -> datetime:
    """Where shift `number` begins on the wall clock, by counting on from the start, one unit at a time."""
    sign = 1 if number >= 0 else -1
    units = abs(number) * rota.length
    if rota.unit != "month":
        days = {"hour": 1 / 24, "day": 1, "week": 7}[rota.unit]
        return rota.start_local + sign * timedelta(days=days * units)
    year, month = rota.start_local.year, rota.start_local.month
    for _ in range(units):
        month += sign
        if month in (0, 13):
            year, month = year + sign, 12 if month == 0 else 1
    day = rota.start_local.day
    while True:
        try:
            return rota.start_local.replace(year=year, month=month, day=day)
        except ValueError:
            day -= 1  # clamped to the end of a shorter month


def walk(rota: Rota, start: datetime, minutes: int, step: int) -> None:
    """Every `step` minutes: the shift is the last whose local start the wall clock has ever reached."""
    moment = start - timedelta(hours=26)
    reached = datetime.min
    number = shift_number(rota, start) - 40
    while local_starts(rota, number + 1) <= moment.astimezone(rota.zone).replace(tzinfo=None):
        number += 1
    while moment < start + timedelta(minutes=minutes):
        reached = max(reached, moment.astimezone(rota.zone).replace(tzinfo=None))
        while local_starts(rota, number + 1) <= reached:
            number += 1
        if moment >= start:
            assert shift_number(rota, moment) == number, (rota, moment)
        moment += timedelta(minutes=step)


@pytest.mark.parametrize(("zone", "day"), JUMPS)
def test_every_moment_around_a_jump_of_the_clock_is_in_the_shift_the_wall_clock_says(
    zone: str, day: date
) -> None:
    around = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    for unit, length in ROTATIONS:
        for start in (datetime(day.year, 1, 31, 8, 0), datetime(day.year, 1, 5, 2, 30)):
            walk(Rota(ZoneInfo(zone), start, unit, length, 3), around, minutes=3 * 24 * 60, step=10)


@settings(max_examples=150, deadline=None)
@given(
    jump=st.sampled_from(JUMPS),
    kind=st.sampled_from(ROTATIONS),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    day=st.integers(1, 31),
    shift=st.integers(-36, 24),
)
def test_any_start_minute_agrees_with_the_oracle_minute_by_minute(
    jump: tuple[str, date], kind: tuple[str, int], hour: int, minute: int, day: int, shift: int
) -> None:
    zone, jumping = jump
    rota = Rota(ZoneInfo(zone), datetime(jumping.year, 1, day, hour, minute), *kind, 4)
    begin = datetime(jumping.year, jumping.month, jumping.day, tzinfo=UTC) + timedelta(hours=shift)
    walk(rota, begin, minutes=60, step=1)


@settings(max_examples=200, deadline=None)
@given(
    zone=st.sampled_from(sorted({zone for zone, _ in JUMPS})),
    start=st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1)),
    kind=st.sampled_from(ROTATIONS),
    at=st.datetimes(datetime(2005, 1, 1), datetime(2032, 1, 1)),
    size=st.integers(1, 9),
)
def test_a_shift_holds_its_moment_and_the_next_begins_where_it_ends(
    zone: str, start: datetime, kind: tuple[str, int], at: datetime, size: int
) -> None:
    rota = Rota(ZoneInfo(zone), start.replace(second=0, microsecond=0), *kind, size)
    moment = at.replace(tzinfo=UTC)
    shift = shift_at(rota, moment)
    assert shift.start <= moment < shift.end
    assert 0 <= shift.turn < size
    assert boundary(rota, shift.number + 1) == shift.end
    following = shift_at(rota, shift.end)
    assert following.start == shift.end
    between = list(shifts_between(rota, moment, shift.end + timedelta(seconds=1)))
    assert between == [shift, following]


def test_a_night_shift_of_twelve_hours_flips_at_eight_on_the_wall_and_lasts_eleven_hours_in_spring() -> None:
    rota = Rota(AMSTERDAM, datetime(2026, 1, 1, 8, 0), "hour", 12, 2)
    night = shift_at(rota, datetime(2026, 3, 29, 0, 0, tzinfo=UTC))
    assert night.start == datetime(2026, 3, 28, 20, 0, tzinfo=AMSTERDAM).astimezone(UTC)
    assert night.end - night.start == timedelta(hours=11)
    autumn = shift_at(rota, datetime(2026, 10, 25, 0, 0, tzinfo=UTC))
    assert autumn.end - autumn.start == timedelta(hours=13)


def test_a_handover_at_a_skipped_time_is_the_instant_of_the_jump() -> None:
    rota = Rota(AMSTERDAM, datetime(2026, 3, 28, 2, 30), "day", 1, 2)
    assert boundary(rota, 1) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_handover_at_a_time_that_comes_twice_is_the_first() -> None:
    rota = Rota(AMSTERDAM, datetime(2026, 10, 24, 2, 30), "day", 1, 2)
    assert boundary(rota, 1) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_jump_of_half_an_hour_swallows_the_short_shift_inside_it() -> None:
    # Lord Howe goes from 02:00 to 02:30 on 4 October 2026, 15:30 UTC the day before.
    rota = Rota(HALF_HOUR, datetime(2026, 10, 4, 0, 10), "hour", 1, 24)
    jump = datetime(2026, 10, 3, 15, 30, tzinfo=UTC)
    assert [shift.start for shift in shifts_between(rota, jump, jump + timedelta(minutes=41))] == [
        jump,  # 02:10 is skipped: it begins at the jump
        jump + timedelta(minutes=40),
    ]


def test_months_count_from_the_original_day_and_never_drift() -> None:
    rota = Rota(AMSTERDAM, datetime(2026, 1, 31, 9, 0), "month", 1, 5)
    days = [boundary(rota, k).astimezone(AMSTERDAM).day for k in range(5)]
    assert days == [31, 28, 31, 30, 31]


def test_the_turn_goes_round_and_before_the_start_as_well() -> None:
    rota = Rota(AMSTERDAM, datetime(2026, 1, 1, 9, 0), "day", 1, 3, anchor_index=1, anchor_shift=5)
    at = datetime(2025, 12, 30, 12, 0, tzinfo=UTC)
    shift = shift_at(rota, at)
    assert shift.number == -2
    assert shift.turn == (1 - 2 - 5) % 3
