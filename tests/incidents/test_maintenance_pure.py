"""When maintenance happens: on the wall clock, through changes of the clock, cut short, without end."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from incidents.maintenance import Occurrence, Recurring, longest_problem

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def nightly(**changes: object) -> Recurring:
    given = {
        "zone": AMSTERDAM,
        "start": datetime(2026, 11, 24, 2),
        "end": datetime(2026, 11, 24, 4),
        "unit": "day",
    }
    return Recurring(**(given | changes))  # type: ignore[arg-type]


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_once_it_happens_once() -> None:
    once = nightly(unit="")
    assert once.at(at(2026, 11, 24, 1)) == Occurrence(at(2026, 11, 24, 1), at(2026, 11, 24, 3))
    assert once.at(at(2026, 11, 24, 0, 59)) is None
    assert once.at(at(2026, 11, 24, 3)) is None
    assert once.next_change(at(2026, 11, 23)) == at(2026, 11, 24, 1)
    assert once.next_change(at(2026, 11, 24, 1)) == at(2026, 11, 24, 3)
    assert once.next_change(at(2026, 11, 24, 3)) is None


def test_the_wall_clock_counts_in_summer_and_in_winter() -> None:
    found = nightly()
    assert found.at(at(2027, 6, 10, 0, 30)) == Occurrence(at(2027, 6, 10, 0), at(2027, 6, 10, 2))
    assert found.at(at(2027, 1, 10, 1, 30)) == Occurrence(at(2027, 1, 10, 1), at(2027, 1, 10, 3))


def test_in_the_night_of_the_jump_it_begins_with_the_jump() -> None:
    # 28 March 2027, 02:00 does not exist: the clock goes from 01:59 to 03:00.
    assert nightly().at(at(2027, 3, 28, 1)) == Occurrence(at(2027, 3, 28, 1), at(2027, 3, 28, 2))


def test_an_hour_that_is_skipped_whole_is_no_maintenance() -> None:
    skipped = nightly(end=datetime(2026, 11, 24, 3))
    assert skipped.at(at(2027, 3, 28, 1)) is None
    assert next(skipped.after(at(2027, 3, 28, 0))).start == at(2027, 3, 29, 0)


def test_the_hour_that_comes_twice_is_in_it_twice() -> None:
    # 25 October 2026 03:00 goes back to 02:00.
    found = nightly(start=datetime(2026, 10, 1, 2), end=datetime(2026, 10, 1, 2, 30))
    assert found.at(at(2026, 10, 25, 1, 15)) == Occurrence(at(2026, 10, 25, 0), at(2026, 10, 25, 1, 30))


def test_months_keep_the_day_of_the_first() -> None:
    monthly = nightly(start=datetime(2027, 1, 31, 2), end=datetime(2027, 1, 31, 4), unit="month")
    days = [one.start.date() for one in islice(monthly.after(at(2027, 1, 1)), 4)]
    assert days == [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]


def test_every_second_week_until_a_day() -> None:
    found = nightly(unit="week", every=2, until=date(2026, 12, 22))
    starts = [one.start.date() for one in found.after(at(2026, 1, 1))]
    assert starts == [date(2026, 11, 24), date(2026, 12, 8), date(2026, 12, 22)]


def test_ended_early_it_is_over_and_the_next_one_comes() -> None:
    early = nightly(ended_at=at(2026, 11, 24, 1, 30))
    assert early.at(at(2026, 11, 24, 1, 29)) == Occurrence(at(2026, 11, 24, 1), at(2026, 11, 24, 1, 30))
    assert early.at(at(2026, 11, 24, 1, 30)) is None
    assert early.next_change(at(2026, 11, 24, 1, 30)) == at(2026, 11, 25, 1)


def test_ended_for_good_nothing_follows() -> None:
    over = nightly(cancelled_at=at(2026, 11, 24, 1, 30))
    assert over.at(at(2026, 11, 24, 1, 10)) is not None
    assert over.at(at(2026, 11, 24, 1, 30)) is None
    assert over.next_change(at(2026, 11, 24, 1, 30)) is None


@pytest.mark.parametrize(
    ("unit", "hours", "too_long"), [("day", 24, False), ("day", 25, True), ("", 900, False)]
)
def test_one_may_not_run_into_the_next(unit: str, hours: int, too_long: bool) -> None:
    found = nightly(unit=unit, end=datetime(2026, 11, 24, 2) + timedelta(hours=hours))
    assert bool(longest_problem(found)) is too_long
