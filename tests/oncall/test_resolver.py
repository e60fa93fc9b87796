"""Who is on call, from rows: rotations, overrides, people who left, query budgets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.scoping import tenant_scope
from oncall.models import Override, Schedule
from oncall.operations.resolve import next_on_call, on_call_at, on_call_for
from oncall.operations.schedules import add_override, holders_kept, set_participants
from tests.oncall.conftest import Pager, person
from tests.people import World

HOUR = timedelta(hours=1)


def names(schedule: Schedule, at: datetime) -> list[str]:
    return [str(one.membership) for one in on_call_at(schedule=schedule, at=at)]


def override(
    pager: Pager, schedule: Schedule, kind: str, name: str, *, of: str = "", hours: int = 2
) -> Override:
    return add_override(
        schedule=schedule,
        kind=kind,
        membership=pager.people[name],
        replaces=pager.people[of] if of else None,
        starts_at=pager.now + HOUR,
        ends_at=pager.now + HOUR * (1 + hours),
        actor=person(pager.people["bram"]),
        now=pager.now,
    )


def test_the_first_on_call_after_the_handover_is_the_first_in_the_list(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    (now,) = on_call_at(schedule=schedule, at=pager.now)
    assert (str(now.membership), now.source) == ("Bram", "Weekly")
    assert now.until == datetime.fromisoformat("2026-11-30T09:00+01:00")
    assert names(schedule, now.until) == ["Marc"]


def test_overrides_replace_add_and_remove_within_their_bounds(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    at = pager.now + HOUR
    covering = override(pager, schedule, "replace", "carla", of="bram")
    (found,) = on_call_at(schedule=schedule, at=at)
    assert (str(found.membership), found.source, found.until) == (
        "Carla",
        "covers for Bram",
        covering.ends_at,
    )
    override(pager, schedule, "add", "vera")
    assert names(schedule, at) == ["Carla", "Vera"]
    override(pager, schedule, "remove", "bram")
    # Whoever is taken off has nobody in their place: the cover was for their shift.
    assert names(schedule, at) == ["Vera"]
    assert names(schedule, pager.now) == ["Bram"]
    assert names(schedule, at + 2 * HOUR) == ["Bram"]


def test_somebody_who_left_is_passed_over_in_rotation_and_cover(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    override(pager, schedule, "replace", "carla", of="marc", hours=24 * 30)
    with acting(ENGINE, now=pager.now):
        for name in ("bram", "carla"):
            pager.people[name].ended_at = pager.now
            pager.people[name].save()
    assert names(schedule, pager.now + HOUR) == ["Marc"]


def test_who_comes_next_and_when(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    override(pager, schedule, "replace", "carla", of="bram")
    found = next_on_call(schedule=schedule, at=pager.now)
    assert found is not None
    people, moment = found
    assert [str(one.membership) for one in people] == ["Carla"]
    assert moment == pager.now + HOUR
    assert next_on_call(schedule=pager.schedule("bram", called="Alone"), at=pager.now) is None


def test_the_cost_does_not_grow_with_schedules_people_or_overrides(
    pager: Pager, django_assert_num_queries: Any
) -> None:
    schedules = []
    for number in range(10):
        schedule = pager.schedule("bram", "marc", "carla", called=f"S{number}")
        override(pager, schedule, "replace", "vera", of="bram")
        schedules.append(schedule)
    with django_assert_num_queries(3):
        on_call_at(schedule=schedules[0], at=pager.now + HOUR)
    with django_assert_num_queries(3):
        found = on_call_for(schedules=schedules, at=pager.now + HOUR)
        assert [str(one.membership) for people in found.values() for one in people] == ["Vera"] * 10
    with django_assert_num_queries(0):
        assert on_call_for(schedules=[], at=pager.now) == {}


def test_new_participants_leave_the_shift_with_whoever_has_it(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc", "carla")
    rotation = schedule.rotations.get()
    anna = person(pager.people["anna"])
    people = pager.people
    pager.clock.move(weeks=1)  # Marc's week
    set_participants(
        rotation=rotation,
        memberships=[people["vera"], people["carla"], people["marc"], people["anna"]],
        actor=anna,
        now=pager.now,
    )
    assert names(schedule, pager.now) == ["Marc"]
    assert names(schedule, pager.now + timedelta(weeks=1)) == ["Anna"]
    set_participants(
        rotation=rotation, memberships=[people["vera"], people["carla"]], actor=anna, now=pager.now
    )
    # Marc is gone: after him came Anna, who is gone as well, then Vera.
    assert names(schedule, pager.now) == ["Vera"]


def test_who_is_in_line_twice_keeps_the_turn_they_are_at(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc", "bram", "carla")
    pager.clock.move(weeks=2)  # Bram's second turn: Carla is next
    with acting(ENGINE, now=pager.now), holders_kept([schedule.rotations.get().pk], pager.now):
        pass
    assert names(schedule, pager.now) == ["Bram"]
    assert names(schedule, pager.now + timedelta(weeks=1)) == ["Carla"]


def test_an_override_of_another_age_is_refused(pager: Pager) -> None:
    """In a zone west of Greenwich its time could not be shown, nor the list that it is in."""
    with pytest.raises(ValidationError) as refused:
        add_override(
            schedule=pager.schedule("bram"),
            kind="add",
            membership=pager.people["marc"],
            starts_at=datetime(1, 1, 1, tzinfo=UTC),
            ends_at=datetime(9999, 12, 31, 23, tzinfo=UTC),
            actor=person(pager.people["anna"]),
            now=pager.now,
        )
    assert set(refused.value.message_dict) == {"starts_at", "ends_at"}


@pytest.mark.parametrize("who", ["vera", "carla"])
def test_covering_is_for_responders_and_setting_up_for_managers(pager: Pager, who: str) -> None:
    schedule = pager.schedule("bram")
    with pytest.raises(PermissionDenied):
        add_override(
            schedule=schedule,
            kind="add",
            membership=pager.people["marc"],
            starts_at=pager.now,
            ends_at=pager.now + HOUR,
            actor=person(pager.people[who]),
            now=pager.now,
        )
    with pytest.raises(PermissionDenied):
        set_participants(
            rotation=schedule.rotations.get(),
            memberships=[],
            actor=person(pager.people["bram"]),
            now=pager.now,
        )


def test_an_override_needs_its_facts_and_its_own_tenant(pager: Pager, world: World) -> None:
    schedule = pager.schedule("bram")
    for kind, name, of in (("replace", "carla", ""), ("add", "carla", "bram")):
        with pytest.raises(ValidationError):
            override(pager, schedule, kind, name, of=of)
    pager.people["olga"] = world.other.members["olga"]
    with pytest.raises(ValidationError) as refused:
        override(pager, schedule, "add", "olga")
    assert list(refused.value.message_dict) == ["membership"]
    with acting(ENGINE, now=pager.now):
        pager.people["carla"].ended_at = pager.now
        pager.people["carla"].save()
    with pytest.raises(Conflict):
        override(pager, schedule, "add", "carla")
    assert not Override.objects.exists()


def test_the_command_says_who_is_on_call(pager: Pager, capsys: pytest.CaptureFixture[str]) -> None:
    pager.schedule("bram", "marc")
    pager.schedule(called="Empty")
    call_command("who_is_on_call", tenant="acme")
    assert capsys.readouterr().out.splitlines() == [
        "Checkout: Bram (Weekly, until Mon 30 Nov 09:00 Europe/Amsterdam)",
        "Empty: Nobody",
    ]
    call_command("who_is_on_call", tenant="acme", at="2026-12-01T00:00+01:00")
    assert capsys.readouterr().out.startswith("Checkout: Marc")
    pager.clock.move(days=8)
    for row in Schedule.objects.get(name="Checkout").rotations.all():
        with acting(ENGINE, now=pager.now):
            row.delete()
    call_command("who_is_on_call", tenant="acme", at="2026-11-24T00:00+01:00")  # who was
    assert capsys.readouterr().out.startswith("Checkout: Bram (Weekly, until Mon 30 Nov 09:00")
    call_command("who_is_on_call", tenant="acme")
    assert capsys.readouterr().out.startswith("Checkout: Nobody")


def test_the_command_shows_no_other_tenant_and_refuses_nonsense(
    pager: Pager, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    pager.schedule("bram")
    call_command("who_is_on_call", tenant="other")
    assert capsys.readouterr().out == ""
    for wrong in (
        {"tenant": "nobody"},
        {"tenant": "acme", "at": "soon"},
        {"tenant": "acme", "at": "2026-12-01"},
    ):
        with pytest.raises(CommandError):
            call_command("who_is_on_call", **wrong)


def test_a_schedule_of_another_tenant_has_nobody(pager: Pager, world: World) -> None:
    schedule = pager.schedule("bram")
    with tenant_scope(world.other.tenant.pk):
        assert on_call_at(schedule=schedule, at=pager.now) == []
        assert not Membership.objects.filter(pk=pager.people["bram"].pk).exists()
