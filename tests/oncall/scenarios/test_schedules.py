"""Who is on call decides who is paged: rotations of every unit, exceptions, and hours without anybody."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from oncall.models import Restriction, Rotation, RotationMember, Schedule
from tests.oncall.scenarios.house import House, step
from tests.oncall.scenarios.named import scenario


def rota(house: House, unit: str, *names: str, length: int = 1, at: time = time(9), **given: Any) -> Schedule:
    """One rotation from Monday 23 November 2026, at nine in Amsterdam."""
    with house.inside():
        schedule = Schedule.objects.create(name="Duty", time_zone="Europe/Amsterdam", tells_gaps=False)
        rotation = Rotation.objects.create(
            schedule=schedule, name="Turn", unit=unit, length=length, start_time=at,
            start_date=given.get("since", date(2026, 11, 23)),
        )  # fmt: skip
        for position, name in enumerate(names, 1):
            RotationMember.objects.create(rotation=rotation, membership=house.people[name], position=position)
        if given.get("office"):
            Restriction.objects.create(rotation=rotation, days="12345", start=time(9), end=time(17))
    return schedule


def who_comes(house: House, *moments: datetime) -> list[str]:
    """Who is paged at each of these moments: each time a false alarm."""
    came = []
    for moment in moments:
        house.clock.set(moment)
        house.alert(key=moment.isoformat())
        [call] = house.wire.calls
        came += [told.split()[0] for told in house.heard()]
        house.press(call, "false_alarm")
        house.later(minutes=3)
        assert [told.split()[2] for told in house.heard()] == ["over"]
    return came


def local(house: House, day: int, hour: int, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    """Winter time in Amsterdam."""
    return datetime(year, month, day, hour - 1, minute, tzinfo=UTC)


@scenario("rotation by hours, with wrap")
def test_by_twelve_hours(house: House) -> None:
    house.paged_by(step(rota(house, "hour", "bram", "marc", "carla", length=12)), ["anna"])
    moments = [local(house, 23, 20, 50), local(house, 23, 21), local(house, 24, 9), local(house, 24, 21)]
    assert who_comes(house, *moments) == ["bram", "marc", "carla", "bram"]


@scenario("rotation by days, with wrap")
def test_by_two_days(house: House) -> None:
    house.paged_by(step(rota(house, "day", "bram", "marc", length=2)), ["anna"])
    moments = [local(house, 25, 8, 50), local(house, 25, 9), local(house, 27, 8, 50), local(house, 27, 9)]
    assert who_comes(house, *moments) == ["bram", "marc", "marc", "bram"]


@scenario("rotation by weeks, with wrap")
def test_by_weeks(house: House) -> None:
    house.paged_by(step(rota(house, "week", "bram", "marc")), ["anna"])
    moments = [local(house, 30, 8, 50), local(house, 30, 9), local(house, 7, 9, month=12)]
    assert who_comes(house, *moments) == ["bram", "marc", "bram"]


@scenario("rotation by months, with wrap")
def test_by_months_from_the_last_of_one(house: House) -> None:
    """From 31 October: to 30 November, 31 December, 31 January, clamped and never drifting."""
    schedule = rota(house, "month", "bram", "marc", since=date(2026, 10, 31))
    house.paged_by(step(schedule), ["anna"])
    moments = [
        local(house, 30, 8, 50), local(house, 30, 9), local(house, 31, 8, 50, month=12),
        local(house, 31, 9, month=12), local(house, 31, 9, month=1, year=2027),
    ]  # fmt: skip
    assert who_comes(house, *moments) == ["bram", "marc", "marc", "bram", "marc"]


class TestNights:
    """The steps of a ladder count real minutes; who is on call changes when the clock on the wall says so."""

    @pytest.fixture
    def moved_clock(self, moved_clock: Any, request: pytest.FixtureRequest) -> Any:
        moved_clock.set(request.param)
        return moved_clock

    @scenario("ladder across the night of 25 hours")
    @pytest.mark.parametrize("moved_clock", [datetime(2026, 10, 24, 23, tzinfo=UTC)], indirect=True)
    def test_the_hour_that_comes_twice(self, house: House, moved_clock: Any) -> None:
        """Handover at 02:30, which is at 00:30 and at 01:30 UTC: the first is meant, and there is one."""
        duty = rota(house, "day", "bram", "marc", at=time(2, 30), since=date(2026, 10, 24))
        house.paged_by(step(duty, delay_minutes=40), repeat=3)
        house.clock.set(datetime(2026, 10, 25, 0, 0, tzinfo=UTC))
        house.alert()
        came = house.heard()
        for _ in range(3):
            house.later(minutes=39, seconds=59)
            assert house.heard() == []
            house.later(seconds=1)
            came += house.heard()
        # 02:00 summer time, then 02:40 summer time, 02:20 and 03:00 winter time.
        assert came == ["bram email page", "marc email page", "marc email page", "marc email page"]

    @scenario("ladder across the night of 23 hours")
    @pytest.mark.parametrize("moved_clock", [datetime(2027, 3, 27, 23, tzinfo=UTC)], indirect=True)
    def test_the_hour_that_never_comes(self, house: House, moved_clock: Any) -> None:
        """Handover at 02:30, which is skipped: at 03:00 summer time, 01:00 UTC."""
        duty = rota(house, "day", "bram", "marc", at=time(2, 30), since=date(2027, 3, 27))
        house.paged_by(step(duty, delay_minutes=20), repeat=3)
        house.clock.set(datetime(2027, 3, 28, 0, 30, tzinfo=UTC))
        house.alert()
        came = house.heard()
        for _ in range(3):
            house.later(minutes=19, seconds=59)
            assert house.heard() == []
            house.later(seconds=1)
            came += house.heard()
        # 01:30 and 01:50 winter time, 03:10 and 03:30 summer time.
        assert came == ["bram email page", "bram email page", "marc email page", "marc email page"]


class TestGaps:
    """Saturday night: nobody is on call in office hours."""

    NIGHT = datetime(2026, 11, 28, 22, tzinfo=UTC)

    @pytest.fixture
    def office(self, house: House) -> Schedule:
        duty = rota(house, "week", "bram", office=True)
        house.clock.set(self.NIGHT)
        return duty

    @scenario("gap: skip")
    def test_an_empty_step_takes_no_time(self, house: House, office: Schedule) -> None:
        house.paged_by(step(office, if_empty="skip"), ["marc"])
        house.alert()
        assert house.heard() == ["marc email page"]

    @scenario("gap: wait")
    def test_an_empty_step_takes_its_minutes(self, house: House, office: Schedule) -> None:
        house.paged_by(step(office, if_empty="wait", delay_minutes=7), ["marc"])
        house.alert()
        house.later(minutes=6, seconds=59)
        assert house.heard() == []
        house.later(seconds=1)
        assert house.heard() == ["marc email page"]

    @scenario("gap: hold until someone")
    def test_a_held_step_is_fired_when_somebody_comes_on_call(self, house: House, office: Schedule) -> None:
        house.paged_by(step(office, if_empty="hold"), ["marc"])
        house.alert()
        house.later(hours=1)
        house.clock.set(local(house, 30, 9) - timedelta(seconds=1))
        house.run()
        assert house.heard() == []
        house.later(seconds=1)
        assert house.heard() == ["bram email page"]
        house.later(minutes=5)
        assert house.heard() == ["marc email page"]

    @scenario("gap: all empty, the fallback")
    def test_where_nobody_is_anywhere_the_fallback_comes(self, house: House, office: Schedule) -> None:
        house.paged_by(step(office), step(office), fallback=house.people["carla"])
        house.alert()
        house.message("carla", "email", "For Carla: nobody is on call, so it comes to you.")

    @scenario("gap: all empty, the owners")
    def test_without_a_fallback_the_owners_come(self, house: House, office: Schedule) -> None:
        house.paged_by(step(office), step(office))
        house.alert()
        house.message("anna", "email", "For Anna: nobody is on call, so it comes to you.")


class TestExceptions:
    """Bram is on call by the rotation; Anna is the step after."""

    @pytest.fixture
    def duty(self, house: House) -> Schedule:
        duty = rota(house, "week", "bram")
        house.paged_by(step(duty), ["anna"])
        return duty

    def override(self, house: House, duty: Schedule, kind: str, who: str, replaces: str = "") -> None:
        given = {"replaces": house.people[replaces].uid} if replaces else {}
        ends_at = house.now + timedelta(hours=2)
        house.api(
            "marc", "overrides", schedule=duty.uid, kind=kind, member=house.people[who].uid,
            starts_at=house.now.isoformat(), ends_at=ends_at.isoformat(), **given,
        )  # fmt: skip

    @scenario("override: add")
    def test_added_are_paged_as_well(self, house: House, duty: Schedule) -> None:
        self.override(house, duty, "add", "marc")
        house.alert()
        assert sorted(house.heard()) == ["bram email page", "marc email page"]

    @scenario("override: remove")
    def test_removed_are_not(self, house: House, duty: Schedule) -> None:
        self.override(house, duty, "remove", "bram")
        house.alert()
        assert house.heard() == ["anna email page"]

    @scenario("override: replace")
    def test_who_covers_comes_instead_and_only_as_long(self, house: House, duty: Schedule) -> None:
        self.override(house, duty, "replace", "marc", "bram")
        in_it, after = house.now + timedelta(minutes=117), house.now + timedelta(minutes=120)
        assert who_comes(house, in_it, after) == ["marc", "bram"]

    @scenario("override: conflict")
    def test_two_that_contradict_each_other_leave_no_hole(self, house: House, duty: Schedule) -> None:
        """Carla covers for Bram, and Marc too; and then Marc is taken off: Carla is still there."""
        self.override(house, duty, "replace", "carla", "bram")
        self.override(house, duty, "replace", "marc", "bram")
        self.override(house, duty, "remove", "marc")
        house.alert()
        assert house.heard() == ["carla email page"]

    @scenario("temporary schedule")
    def test_while_it_lasts_its_own_shifts_stand(self, house: House, duty: Schedule) -> None:
        begins, ends = house.now + timedelta(hours=1), house.now + timedelta(hours=3)
        said = house.deed(
            "marc", f"oncall/{duty.uid}/do/temporary", name="Migration", start=begins.isoformat(),
            end=ends.isoformat(), **{"who-1": house.people["carla"].uid},
        )  # fmt: skip
        assert "The temporary schedule stands." in said
        assert house.heard() == []
        moments = [begins - timedelta(minutes=5), begins, ends - timedelta(minutes=4), ends]
        assert who_comes(house, *moments) == ["bram", "carla", "carla", "bram"]

    @scenario("swap")
    def test_a_swap_holds_once_somebody_took_it(self, house: House, duty: Schedule) -> None:
        begins, ends = house.now + timedelta(hours=1), house.now + timedelta(hours=3)
        house.deed(
            "bram", f"oncall/{duty.uid}/do/ask", start=begins.isoformat(), end=ends.isoformat(),
            who=house.people["marc"].uid,
        )  # fmt: skip
        assert house.heard() == ["marc email notice"]
        assert who_comes(house, begins) == ["bram"]
        with house.inside():
            swap = duty.swaps.get()
        assert "You have that shift." in house.deed("marc", f"oncall/{duty.uid}/do/take", swap=swap.uid)
        assert house.heard() == ["bram email notice"]
        assert who_comes(house, house.now, ends) == ["marc", "bram"]


class TestWindows:
    """By day Bram, by night Marc; and what waits for the day."""

    @scenario("branch by window")
    @pytest.mark.parametrize(("hour", "who"), [(11, "bram"), (23, "marc")])
    def test_by_day_one_and_by_night_the_other(self, house: House, hour: int, who: str) -> None:
        hours = {"window_start": time(9), "window_end": time(17), "time_zone": "Europe/Amsterdam"}
        by_day, by_night = {"applies": "within", **hours}, {"applies": "outside", **hours}
        house.paged_by(step("bram", **by_day), step("marc", **by_night))
        house.clock.set(local(house, 24, hour))
        house.alert()
        assert house.heard() == [f"{who} email page"]
