"""The hours of a step on the wall clock, against a walk minute by minute."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.hours import Hours, _week, open_from

MINUTE = timedelta(minutes=1)
ZONES = ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]
clocks = st.builds(lambda hour, half: f"{hour:02d}:{half}", st.integers(0, 23), st.sampled_from(["00", "30"]))
hours = st.builds(
    Hours,
    within=st.booleans(),
    days=st.sets(st.sampled_from("1234567")).map(lambda days: "".join(sorted(days))),
    start=clocks,
    end=clocks,
    zone=st.sampled_from(ZONES),
)
# Around the changes of the clock of 2026 in these zones, and an ordinary week.
moments = st.builds(
    lambda day, minutes: datetime(2026, *day, tzinfo=UTC) + minutes * 30 * MINUTE,
    st.sampled_from([(3, 7), (3, 28), (4, 4), (10, 3), (10, 24), (10, 31), (7, 1)]),
    st.integers(0, 96),
)


@settings(max_examples=60, deadline=None)
@given(hours, moments)
def test_they_open_at_the_first_half_hour_that_is_open(some: Hours, at: datetime) -> None:
    """Starts and ends lie on half hours, and so do all changes of these clocks."""
    opens = open_from([some], at)
    walked = (at + step * 30 * MINUTE for step in range(9 * 48))
    assert opens == next((moment for moment in walked if some.are_open(moment)), None)


@settings(max_examples=30, deadline=None)
@given(hours, hours, moments)
def test_of_several_it_is_the_first_moment_at_which_all_are_open(
    one: Hours, other: Hours, at: datetime
) -> None:
    opens = open_from([one, other], at)
    walked = (at + step * 30 * MINUTE for step in range(9 * 48))
    expected = next((m for m in walked if one.are_open(m) and other.are_open(m)), None)
    assert opens == expected


@given(hours, moments)
def test_outside_is_where_within_is_not(some: Hours, at: datetime) -> None:
    other = Hours(not some.within, some.days, some.start, some.end, some.zone)
    assert some.are_open(at) != other.are_open(at)


@pytest.mark.parametrize(
    ("local", "is_open"),
    [("22:00", True), ("23:59", True), ("00:30", True), ("05:59", True), ("06:00", False), ("21:59", False)],
)
def test_a_window_may_cross_midnight_and_belongs_to_the_day_on_which_it_opens(
    local: str, is_open: bool
) -> None:
    nights = Hours(True, "5", "22:00", "06:00", "UTC")
    day = date(2026, 11, 28) if local < "12" else date(2026, 11, 27)  # a Friday, and the Saturday after
    assert nights.are_open(datetime.fromisoformat(f"{day}T{local}+00:00")) == is_open


def test_nine_o_clock_stays_nine_o_clock_when_the_clock_changes() -> None:
    office = Hours(True, "12345", "09:00", "17:00", "Europe/Amsterdam")
    summer, winter = datetime(2026, 10, 23, 20, tzinfo=UTC), datetime(2026, 10, 26, 20, tzinfo=UTC)
    assert open_from([office], summer) == datetime(2026, 10, 26, 8, tzinfo=UTC)
    assert open_from([office], winter - timedelta(days=91)) == datetime(2026, 7, 28, 7, tzinfo=UTC)


def test_hours_without_days_never_open() -> None:
    assert open_from([Hours(True, "", "09:00", "17:00", "UTC")], datetime(2026, 7, 1, tzinfo=UTC)) is None
    whole = Hours(False, "1234567", "00:00", "00:00", "UTC")
    assert open_from([whole], datetime(2026, 7, 1, tzinfo=UTC)) is None


def test_what_is_remembered_of_windows_has_a_bound() -> None:
    """The text is the tenants' own: remembered without end it would fill the memory."""
    assert _week.cache_info().maxsize is not None
