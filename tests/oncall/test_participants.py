"""Whoever has the shift keeps it, whatever is changed about a rotation."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from oncall.models import Absence, Restriction, Rotation, RotationMember
from oncall.operations.resolve import on_call_at
from oncall.operations.schedules import holders_kept, set_participants
from tests.oncall.conftest import Pager, person

DAY = timedelta(days=1)
ALL = ("anna", "marc", "bram", "carla", "vera")


@pytest.fixture
def rotation(pager: Pager) -> Rotation:
    """Daily at midnight, in the order of ALL; today is Anna's."""
    schedule = pager.schedule(*ALL)
    with acting(ENGINE, now=pager.now):
        found: Rotation = schedule.rotations.get()
        found.unit, found.start_date, found.start_time = "day", date(2026, 11, 23), time(0)
        found.save()
    return found


def holders(pager: Pager, rotation: Rotation, at: datetime) -> list[str]:
    return [str(one.membership) for one in on_call_at(schedule=rotation.schedule, at=at)]


def put(pager: Pager, rotation: Rotation, *names: str) -> None:
    people: list[Membership] = [pager.people[name] for name in names]
    set_participants(rotation=rotation, memberships=people, actor=person(pager.people["anna"]), now=pager.now)


def changed(pager: Pager, rotation: Rotation, **fields: object) -> None:
    with acting(ENGINE, now=pager.now):
        rotation.refresh_from_db()
        for name, value in fields.items():
            setattr(rotation, name, value)
        rotation.save()


@pytest.mark.parametrize(
    ("new", "today", "tomorrow"),
    [
        (("carla", "marc", "vera", "anna"), ["Marc", "Vera"], ["Anna", "Vera"]),  # Bram left
        (("vera", "bram", "marc", "anna"), ["Bram", "Marc"], ["Anna", "Marc"]),  # turned round
        (("anna", "carla", "vera"), ["Carla", "Vera"], ["Anna", "Vera"]),  # both left: the next in line
    ],
)
def test_of_two_at_once_as_many_as_can_be_keep_it(
    pager: Pager, rotation: Rotation, new: tuple[str, ...], today: list[str], tomorrow: list[str]
) -> None:
    changed(pager, rotation, at_once=2)
    pager.clock.move(days=1)
    assert holders(pager, rotation, pager.now) == ["Bram", "Marc"]
    put(pager, rotation, *new)
    assert holders(pager, rotation, pager.now) == today
    assert holders(pager, rotation, pager.now + DAY) == tomorrow


def weekdays(pager: Pager, rotation: Rotation) -> None:
    with acting(ENGINE, now=pager.now):
        Restriction.objects.create(rotation=rotation, days="12345", start=time(0), end=time(0))


def test_by_worked_days_the_holder_keeps_it_weeks_later(pager: Pager, rotation: Rotation) -> None:
    weekdays(pager, rotation)
    changed(pager, rotation, count_only_active=True)
    pager.clock.set(datetime(2026, 12, 8, 12, tzinfo=UTC))  # the twelfth worked day
    assert holders(pager, rotation, pager.now) == ["Marc"]
    put(pager, rotation, "vera", "carla", "marc", "bram", "anna")
    assert holders(pager, rotation, pager.now) == ["Marc"]
    assert holders(pager, rotation, pager.now + DAY) == ["Bram"]
    put(pager, rotation, "vera", "carla")
    assert holders(pager, rotation, pager.now) == ["Vera"]  # after Marc: Bram, Anna, both gone, then Vera


def test_on_a_closed_day_whoever_is_next_stays_next(pager: Pager, rotation: Rotation) -> None:
    weekdays(pager, rotation)
    changed(pager, rotation, count_only_active=True)
    pager.clock.set(datetime(2026, 11, 28, 12, tzinfo=UTC))  # Saturday; Friday was Vera's
    monday = pager.now + 2 * DAY
    assert holders(pager, rotation, pager.now) == []
    assert holders(pager, rotation, monday) == ["Anna"]
    put(pager, rotation, "bram", "anna", "carla")  # without Friday's
    assert holders(pager, rotation, monday) == ["Anna"]
    assert holders(pager, rotation, monday + DAY) == ["Carla"]


@pytest.mark.parametrize(
    "fields",
    [
        {"count_only_active": True},
        {"unit": "week"},
        {"length": 3},
        {"at_once": 2},
        {"start_time": time(7)},
    ],
)
def test_changed_in_any_way_whoever_has_it_still_has_it(
    pager: Pager, rotation: Rotation, fields: dict[str, object]
) -> None:
    weekdays(pager, rotation)
    pager.clock.set(datetime(2026, 12, 16, 12, tzinfo=UTC))
    [holder] = holders(pager, rotation, pager.now)
    with acting(ENGINE, now=pager.now), holders_kept([rotation.pk], pager.now):
        changed(pager, rotation, **fields)
    assert holder in holders(pager, rotation, pager.now)


def test_other_hours_of_a_rotation_that_counts_worked_shifts_move_nobody(
    pager: Pager, rotation: Rotation
) -> None:
    weekdays(pager, rotation)
    changed(pager, rotation, count_only_active=True)
    pager.clock.set(datetime(2026, 12, 16, 12, tzinfo=UTC))
    [holder] = holders(pager, rotation, pager.now)
    with acting(ENGINE, now=pager.now), holders_kept([rotation.pk], pager.now):
        Restriction.objects.all().delete()
        Restriction.objects.create(rotation=rotation, days="3", start=time(9), end=time(17))
    assert holders(pager, rotation, pager.now) == [holder]
    assert holders(pager, rotation, pager.now + 7 * DAY) != [holder]


def test_somebody_away_keeps_the_turn_that_another_stands_in_for(pager: Pager, rotation: Rotation) -> None:
    with acting(ENGINE, now=pager.now):
        Absence.objects.create(
            membership=pager.people["anna"], starts_at=pager.now, ends_at=pager.now + timedelta(hours=1)
        )
    assert holders(pager, rotation, pager.now) == ["Marc"]
    put(pager, rotation, "vera", "marc", "anna", "bram")
    assert holders(pager, rotation, pager.now) == ["Bram"]  # next in line after Anna, who has the turn
    assert holders(pager, rotation, pager.now + timedelta(hours=2)) == ["Anna"]


def test_an_empty_rotation_begins_with_the_first(pager: Pager, rotation: Rotation) -> None:
    put(pager, rotation)
    assert RotationMember.objects.count() == 0
    assert holders(pager, rotation, pager.now) == []
    pager.clock.move(days=2)
    put(pager, rotation, "bram", "vera")
    assert holders(pager, rotation, pager.now) == ["Bram"]
