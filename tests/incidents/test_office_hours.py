"""Office hours on the wall clock: weekends, nights, and the days that are longer or shorter (R19)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from incidents.office_hours import OfficeHours, to_utc

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
OFFICE = OfficeHours(AMSTERDAM)


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=AMSTERDAM)  # type: ignore[misc,arg-type]


def test_open_from_the_first_minute_to_before_the_last() -> None:
    assert not OFFICE.is_open(local(2026, 11, 23, 8, 59))
    assert OFFICE.is_open(local(2026, 11, 23, 9, 0))
    assert OFFICE.is_open(local(2026, 11, 23, 16, 59))
    assert not OFFICE.is_open(local(2026, 11, 23, 17, 0))


def test_closed_at_the_weekend() -> None:
    assert not OFFICE.is_open(local(2026, 11, 28, 12, 0))


def test_friday_evening_waits_for_monday_morning() -> None:
    assert OFFICE.next_start(local(2026, 11, 27, 18, 0)) == local(2026, 11, 30, 9, 0)


def test_early_morning_waits_for_the_same_day() -> None:
    assert OFFICE.next_start(local(2026, 11, 24, 3, 0)) == local(2026, 11, 24, 9, 0)


def test_the_weekend_of_the_change_to_summer_is_an_hour_shorter() -> None:
    friday = local(2026, 3, 27, 17, 0)
    monday = OFFICE.next_start(friday)
    assert monday == local(2026, 3, 30, 9, 0)
    assert monday - friday == timedelta(hours=63)


def test_the_weekend_of_the_change_to_winter_is_an_hour_longer() -> None:
    friday = local(2026, 10, 23, 17, 0)
    monday = OFFICE.next_start(friday)
    assert monday is not None
    assert monday - friday == timedelta(hours=65)


def test_a_start_that_is_skipped_is_the_moment_of_the_jump() -> None:
    nights = OfficeHours(AMSTERDAM, frozenset({7}), time(2, 30), time(6))
    assert nights.next_start(local(2026, 3, 28, 12, 0)) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_an_hour_that_comes_twice_belongs_to_the_window_twice() -> None:
    nights = OfficeHours(AMSTERDAM, frozenset({7}), time(1), time(2, 30))
    assert nights.is_open(datetime(2026, 10, 25, 1, 15, tzinfo=UTC))  # 02:15 for the second time
    assert not nights.is_open(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))


def test_a_window_past_midnight_belongs_to_the_day_it_began() -> None:
    nights = OfficeHours(AMSTERDAM, frozenset({5}), time(22), time(6))
    assert nights.is_open(local(2026, 11, 28, 5, 59))  # Saturday morning, of Friday's window
    assert not nights.is_open(local(2026, 11, 27, 5, 0))
    assert not nights.is_open(local(2026, 11, 28, 22, 0))


def test_a_clock_set_back_over_midnight_closes_nothing_that_is_open() -> None:
    """On 7 November 2010 at 0:01 the clocks of St. John's showed 23:01 of the sixth again."""
    zone = ZoneInfo("America/St_Johns")
    second_evening = datetime(2010, 11, 7, 2, 45, tzinfo=UTC)
    assert second_evening.astimezone(zone).day == 6
    assert OfficeHours(zone, frozenset({7}), time(0), time(6)).is_open(second_evening)
    # It ends when 23:30 comes for the second time: by then the seventh has been there already.
    first_midnight = datetime(2010, 11, 7, 2, 30, 30, tzinfo=UTC)
    assert first_midnight.astimezone(zone).day == 7
    assert OfficeHours(zone, frozenset({5}), time(23, 40), time(23, 30)).is_open(first_midnight)


def test_no_office_days_means_never() -> None:
    never = OfficeHours(AMSTERDAM, frozenset())
    assert not never.is_open(local(2026, 11, 23, 12, 0))
    assert never.next_start(local(2026, 11, 23, 12, 0)) is None
    assert never.next_day_at(local(2026, 11, 23, 12, 0)) is None


def test_the_next_office_day_at_noon() -> None:
    assert OFFICE.next_day_at(local(2026, 11, 27, 18, 0)) == local(2026, 11, 30, 12, 0)
    assert OFFICE.next_day_at(local(2026, 11, 23, 8, 0)) == local(2026, 11, 24, 12, 0)


def test_a_day_that_a_country_left_out() -> None:
    apia = OfficeHours(ZoneInfo("Pacific/Apia"), frozenset({5}))
    skipped_friday = to_utc(date(2011, 12, 30), time(9), ZoneInfo("Pacific/Apia"))
    found = apia.next_start(datetime(2011, 12, 29, 12, 0, tzinfo=UTC))
    assert found is not None
    assert found >= skipped_friday


ZONES = [ZoneInfo(name) for name in ("Europe/Amsterdam", "Australia/Lord_Howe", "America/New_York", "UTC")]


@given(
    zone=st.sampled_from(ZONES),
    days=st.frozensets(st.integers(1, 7), min_size=1),
    start=st.times(max_value=time(23, 58)),
    length=st.integers(1, 600),
    at=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),
)
def test_whenever_it_is_closed_the_next_start_is_the_next_moment_it_is_open(
    zone: ZoneInfo, days: frozenset[int], start: time, length: int, at: datetime
) -> None:
    start = start.replace(second=0, microsecond=0)
    end = (datetime.combine(date(2026, 1, 1), start) + timedelta(minutes=length)).time()
    hours, moment = OfficeHours(zone, days, start, end), at.replace(tzinfo=UTC, second=0, microsecond=0)
    following = hours.next_start(moment)
    assert following is not None
    assert following > moment
    if not hours.is_open(moment):
        probe = moment
        while probe < following:
            assert not hours.is_open(probe)
            probe += max((following - moment) / 97, timedelta(minutes=1))
