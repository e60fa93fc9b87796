"""Covering a shift or a part of it, and taking an override back."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.scoping import tenant_scope
from oncall.models import Override, Rotation, Schedule
from oncall.operations.overrides import add_override, cover, remove_override
from oncall.operations.resolve import on_call_at
from tests.oncall.conftest import Pager, person
from tests.people import World

HOUR = timedelta(hours=1)


def who(schedule: Schedule, at: datetime) -> list[tuple[str, str]]:
    return [(str(one.membership), one.source) for one in on_call_at(schedule=schedule, at=at)]


def covered(
    pager: Pager, schedule: Schedule, name: str, start: int, end: int, of: str = ""
) -> list[Override]:
    return cover(
        schedule=schedule,
        membership=pager.people[name],
        starts_at=pager.now + start * HOUR,
        ends_at=pager.now + end * HOUR,
        instead_of=pager.people[of] if of else None,
        actor=person(pager.people["bram"]),
        now=pager.now,
    )


def test_i_cover_a_part_of_the_shift_of_whoever_is_on(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    [made] = covered(pager, schedule, "anna", 2, 5)
    assert (made.kind, made.replaces, made.starts_at, made.ends_at) == (
        "replace",
        pager.people["bram"],
        pager.now + 2 * HOUR,
        pager.now + 5 * HOUR,
    )
    assert who(schedule, pager.now + HOUR) == [("Bram", "Weekly")]
    assert who(schedule, pager.now + 2 * HOUR) == [("Anna", "covers for Bram")]
    assert who(schedule, pager.now + 5 * HOUR) == [("Bram", "Weekly")]


def test_a_shift_that_runs_is_covered_from_now_on(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    [made] = covered(pager, schedule, "anna", -5, 3)
    assert made.starts_at == pager.now
    assert who(schedule, pager.now) == [("Anna", "covers for Bram")]


def test_over_a_handover_both_are_covered_for_and_a_hole_is_filled(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    with acting(ENGINE, now=pager.now):
        Override.objects.create(
            schedule=schedule,
            kind="remove",
            membership=pager.people["bram"],
            starts_at=pager.now + 2 * HOUR,
            ends_at=pager.now + 4 * HOUR,
        )
    made = covered(pager, schedule, "anna", 0, 24 * 7)
    assert [row.kind for row in made] == ["replace", "add", "replace", "replace"]
    for hour in range(24 * 7):
        assert [name for name, _why in who(schedule, pager.now + hour * HOUR)] == ["Anna"]


def test_whoever_is_on_call_already_is_told_so_kindly(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    with pytest.raises(
        Conflict, match=r"Bram is on call already, from Mon 23 Nov 12:00 until Mon 23 Nov 14:00"
    ):
        covered(pager, schedule, "bram", 1, 3)
    covered(pager, schedule, "anna", 2, 4)
    with pytest.raises(
        Conflict, match=r"Anna is on call already, from Mon 23 Nov 13:00 until Mon 23 Nov 15:00"
    ):
        covered(pager, schedule, "anna", 0, 6)
    assert Override.objects.count() == 1


def test_where_several_are_on_call_one_says_for_whom(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc", "vera")
    with acting(ENGINE, now=pager.now):
        rotation: Rotation = schedule.rotations.get()
        rotation.at_once = 2
        rotation.save()
    with pytest.raises(Conflict, match="Say for whom"):
        covered(pager, schedule, "anna", 1, 3)
    [made] = covered(pager, schedule, "anna", 1, 3, of="marc")
    assert made.replaces == pager.people["marc"]
    assert who(schedule, pager.now + HOUR) == [("Anna", "covers for Marc"), ("Bram", "Weekly")]
    with pytest.raises(Conflict, match="Vera is not on call then"):
        covered(pager, schedule, "carla", 1, 3, of="vera")
    with pytest.raises(Conflict, match="Marc is not on call then"):
        covered(pager, schedule, "carla", 1, 3, of="marc")  # Anna has it: of two who cover, the first


@pytest.mark.parametrize(
    ("start", "end", "error"), [(-3, -1, Conflict), (3, 2, ValidationError), (1, 24 * 400, ValidationError)]
)
def test_what_makes_no_sense_is_refused(pager: Pager, start: int, end: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        covered(pager, pager.schedule("bram"), "anna", start, end)
    assert not Override.objects.exists()


def test_an_override_to_come_goes_and_one_that_runs_ends_now(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    [coming] = covered(pager, schedule, "anna", 2, 4)
    bram = person(pager.people["bram"])
    remove_override(override=coming, actor=bram, now=pager.now)
    assert not Override.objects.exists()
    [running] = covered(pager, schedule, "anna", 2, 6)
    began = pager.now + 2 * HOUR
    pager.clock.move(hours=3)
    remove_override(override=running, actor=bram, now=pager.now)
    running.refresh_from_db()
    assert (running.starts_at, running.ends_at) == (began, pager.now)
    assert who(schedule, pager.now) == [("Bram", "Weekly")]
    with pytest.raises(Conflict, match="past"):
        remove_override(override=running, actor=bram, now=pager.now)
    with pytest.raises(Override.DoesNotExist):
        remove_override(override=coming, actor=bram, now=pager.now)


@pytest.mark.parametrize("name", ["vera", "carla"])
def test_covering_is_for_responders(pager: Pager, name: str) -> None:
    schedule = pager.schedule("bram")
    [made] = covered(pager, schedule, "anna", 1, 2)
    actor = person(pager.people[name])
    with pytest.raises(PermissionDenied):
        cover(
            schedule=schedule,
            membership=pager.people[name],
            starts_at=pager.now,
            ends_at=pager.now + HOUR,
            actor=actor,
            now=pager.now,
        )
    with pytest.raises(PermissionDenied):
        remove_override(override=made, actor=actor, now=pager.now)


def test_an_outsider_finds_neither_the_schedule_nor_the_override(pager: Pager, world: World) -> None:
    schedule = pager.schedule("bram")
    [made] = covered(pager, schedule, "anna", 1, 2)
    olga = world.other.members["olga"]
    with tenant_scope(world.other.tenant.pk):
        for theirs in (schedule, Schedule(pk=10**12)):
            with pytest.raises(Schedule.DoesNotExist):
                cover(
                    schedule=theirs,
                    membership=olga,
                    starts_at=pager.now,
                    ends_at=pager.now + HOUR,
                    actor=person(olga),
                    now=pager.now,
                )
        for each in (made, Override(pk=10**12)):
            with pytest.raises(Override.DoesNotExist):
                remove_override(override=each, actor=person(olga), now=pager.now)
    with pytest.raises(ValidationError):
        cover(
            schedule=schedule,
            membership=olga,
            starts_at=pager.now,
            ends_at=pager.now + HOUR,
            actor=person(pager.people["bram"]),
            now=pager.now,
        )
    assert Override.objects.count() == 1


def test_a_note_and_whoever_made_it_are_in_the_history(pager: Pager) -> None:
    schedule = pager.schedule("bram")
    made = add_override(
        schedule=schedule,
        kind="add",
        membership=pager.people["anna"],
        starts_at=pager.now,
        ends_at=pager.now + HOUR,
        note="second pair of hands",
        actor=person(pager.people["bram"]),
        now=pager.now,
    )
    trace = made.history.get()
    assert (trace.actor_label, trace.note) == ("Bram", "second pair of hands")
