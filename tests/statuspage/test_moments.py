"""Times, days and durations in words."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from statuspage.render import moments
from statuspage.render.moments import Moments, duration

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
AMSTERDAM = Moments("Europe/Amsterdam", NOW)


def at(day: int, hour: int, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "moment", "words"),
    [
        ("Europe/Amsterdam", NOW, "14:02 UTC (15:02 Amsterdam)"),
        ("UTC", NOW, "14:02 UTC"),
        ("Etc/UTC", NOW, "14:02 UTC"),
        ("America/New_York", NOW, "14:02 UTC (09:02 New York)"),
        ("Europe/Amsterdam", at(22, 9), "22 Nov, 09:00 UTC (10:00 Amsterdam)"),
        ("Europe/Amsterdam", at(22, 23, 30), "22 Nov, 23:30 UTC (23 Nov, 00:30 Amsterdam)"),
        ("Europe/Amsterdam", at(31, 9, month=12, year=2025), "31 Dec 2025, 09:00 UTC (10:00 Amsterdam)"),
    ],
)
def test_a_clock_time_is_utc_first_and_the_pages_own_after(zone: str, moment: datetime, words: str) -> None:
    assert Moments(zone, NOW).clock(moment) == words


def test_what_is_read_later_carries_its_date() -> None:
    lasting = Moments("Europe/Amsterdam", NOW, lasting=True)
    assert lasting.clock(NOW) == "23 Nov 2026, 14:02 UTC (15:02 Amsterdam)"
    assert lasting.until(NOW, NOW + timedelta(minutes=5)) == (
        "23 Nov 2026, 14:02 to 14:07 UTC (15:02 to 15:07 Amsterdam)"
    )


def test_a_span_says_each_date_once() -> None:
    assert AMSTERDAM.until(at(23, 3, 1), at(23, 3, 41)) == "03:01 to 03:41 UTC (04:01 to 04:41 Amsterdam)"
    assert AMSTERDAM.until(at(22, 22, 50), at(23, 0, 10)) == (
        "22 Nov, 22:50 to 23 Nov, 00:10 UTC (23:50 to 23 Nov, 01:10 Amsterdam)"
    )


def test_days_are_days_of_the_pages_zone_and_may_last_25_hours() -> None:
    autumn = Moments("Europe/Amsterdam", datetime(2026, 10, 26, 12, tzinfo=UTC))
    day, start, end = autumn.bounds(2)[0]
    assert day == date(2026, 10, 25)
    assert start == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert end - start == timedelta(hours=25)


def test_days_follow_each_other_without_a_gap() -> None:
    bounds = AMSTERDAM.bounds(90)
    assert len(bounds) == 90
    assert all(before[2] == after[1] for before, after in itertools.pairwise(bounds))
    assert bounds[-1][1] <= NOW < bounds[-1][2] == AMSTERDAM.next_midnight()


def test_late_in_the_evening_today_is_tomorrow_in_the_east() -> None:
    assert Moments("Asia/Tokyo", at(23, 20)).today == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 11, 12), date(2026, 11, 12), "12 Nov"),
        (date(2026, 11, 1), date(2026, 11, 6), "1–6 Nov"),
        (date(2026, 10, 29), date(2026, 11, 3), "29 Oct – 3 Nov"),
    ],
)
def test_a_run_of_days_is_one_phrase(first: date, last: date, words: str) -> None:
    assert moments.days(first, last) == words


def test_months_follow_the_language() -> None:
    with translation.override("nl"):
        assert moments.weekday(date(2026, 5, 4)) == "ma 4 mei"


@pytest.mark.parametrize(
    ("lasted", "words"),
    [
        (timedelta(seconds=10), "under 1 min"),
        (timedelta(minutes=14, seconds=59), "14 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(days=3, hours=4, minutes=9), "3 d 4 h"),
        (timedelta(days=1), "1 d"),
    ],
)
def test_durations_are_rounded_down_to_two_units(lasted: timedelta, words: str) -> None:
    assert duration(lasted) == words
