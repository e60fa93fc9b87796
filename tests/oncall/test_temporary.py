"""Temporary schedules: set, changed, ended."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.conflicts import Conflict
from config.tenancy.scoping import tenant_scope
from oncall.models import Schedule, TemporarySchedule, TemporaryShift
from oncall.operations.resolve import on_call_at
from oncall.operations.temporary import Planned, end_temporary, set_temporary
from tests.oncall.conftest import Pager, person
from tests.people import World

HOUR = timedelta(hours=1)


def who(schedule: Schedule, at: datetime) -> list[tuple[str, str]]:
    return [(str(one.membership), one.source) for one in on_call_at(schedule=schedule, at=at)]


def christmas(
    pager: Pager,
    schedule: Schedule,
    *shifts: tuple[str, int, int],
    hours: tuple[int, int] = (1, 9),
    by: str = "marc",
    **more: Any,
) -> TemporarySchedule:
    planned = [
        Planned(pager.people[name], pager.now + start * HOUR, pager.now + end * HOUR)
        for name, start, end in shifts
    ]
    return set_temporary(
        schedule=schedule,
        name="Christmas",
        starts_at=pager.now + hours[0] * HOUR,
        ends_at=pager.now + hours[1] * HOUR,
        shifts=planned,
        actor=person(pager.people[by]),
        now=pager.now,
        **more,
    )


def test_its_shifts_stand_in_the_place_of_the_rotations(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    christmas(pager, schedule, ("anna", 1, 5), ("vera", 3, 5))
    assert who(schedule, pager.now) == [("Bram", "Weekly")]
    assert who(schedule, pager.now + HOUR) == [("Anna", "temporary schedule Christmas")]
    assert [name for name, _why in who(schedule, pager.now + 3 * HOUR)] == ["Anna", "Vera"]
    assert who(schedule, pager.now + 5 * HOUR) == []
    assert who(schedule, pager.now + 9 * HOUR) == [("Bram", "Weekly")]


def test_changed_it_keeps_the_shifts_that_stay_and_who_left_is_on_call_no_more(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    made = christmas(pager, schedule, ("anna", 1, 5), ("vera", 5, 9))
    before = list(made.shifts.values_list("pk", flat=True))
    changed = christmas(pager, schedule, ("anna", 1, 5), ("marc", 5, 9), temporary=made)
    assert changed.pk == made.pk
    assert [row.membership_id for row in made.shifts.order_by("starts_at")] == [
        pager.people["anna"].pk,
        pager.people["marc"].pk,
    ]
    assert before[0] in made.shifts.values_list("pk", flat=True)


def test_a_shift_lies_within_it_and_two_do_not_stand_at_once(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    with pytest.raises(ValidationError):
        christmas(pager, schedule, ("anna", 0, 5))
    assert not TemporarySchedule.objects.exists()
    christmas(pager, schedule, ("anna", 1, 5))
    with pytest.raises(Conflict, match="Christmas stands in that time"):
        christmas(pager, schedule, hours=(8, 12))
    christmas(pager, schedule, hours=(9, 12))
    with pytest.raises(Conflict, match="past"):
        christmas(pager, schedule, hours=(-4, -2))


def test_one_that_runs_ends_now_and_one_to_come_goes(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    made = christmas(pager, schedule, ("anna", 1, 5), ("vera", 5, 9))
    marc = person(pager.people["marc"])
    pager.clock.move(hours=2)
    end_temporary(temporary=made, actor=marc, now=pager.now)
    made.refresh_from_db()
    assert made.ends_at == pager.now
    assert [(row.membership_id, row.ends_at) for row in made.shifts.all()] == [
        (pager.people["anna"].pk, pager.now)
    ]
    assert who(schedule, pager.now) == [("Bram", "Weekly")]
    with pytest.raises(Conflict):
        end_temporary(temporary=made, actor=marc, now=pager.now)
    coming = christmas(pager, schedule, ("anna", 1, 5))
    end_temporary(temporary=coming, actor=marc, now=pager.now)
    assert TemporarySchedule.objects.count() == 1
    assert TemporaryShift.objects.count() == 1


def test_it_is_set_up_and_so_for_managers(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    with pytest.raises(PermissionDenied):
        christmas(pager, schedule, by="bram")
    made = christmas(pager, schedule)
    with pytest.raises(PermissionDenied):
        end_temporary(temporary=made, actor=person(pager.people["bram"]), now=pager.now)


def test_an_outsider_finds_none_of_it_and_is_not_put_into_it(pager: Pager, world: World) -> None:
    schedule = pager.schedule("bram")
    made = christmas(pager, schedule, ("anna", 1, 5))
    pager.people["olga"] = world.other.members["olga"]
    with pytest.raises(ValidationError):
        christmas(pager, schedule, ("olga", 2, 3), temporary=made)
    with tenant_scope(world.other.tenant.pk):
        olga = person(world.other.members["olga"])
        with pytest.raises(Schedule.DoesNotExist):
            christmas(pager, schedule, by="olga")
        for each in (made, TemporarySchedule(pk=10**12)):
            with pytest.raises(TemporarySchedule.DoesNotExist):
                end_temporary(temporary=each, actor=olga, now=pager.now)
    # Of another schedule it is not this one either.
    with pytest.raises(TemporarySchedule.DoesNotExist):
        christmas(pager, pager.schedule("bram", called="Other"), temporary=made)
    assert TemporaryShift.objects.count() == 1
