"""Who really was on call: rules replayed from history, not recomputed by today's."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from oncall.models import Absence, Restriction, Schedule, TemporarySchedule
from oncall.operations import swaps
from oncall.operations.overrides import cover, remove_override
from oncall.operations.past import on_call_then, past_spans, rosters_as_of
from oncall.operations.resolve import people_by_id
from oncall.operations.schedules import set_participants
from oncall.operations.temporary import Planned, set_temporary
from oncall.roster import Span
from tests.oncall.conftest import Pager, person
from tests.people import World

HOUR = timedelta(hours=1)
Said = list[tuple[float, list[str]]]


def said(found: list[Span], since: datetime) -> Said:
    """(hours after `since`, names) of each span; they are whole."""
    for one, following in pairwise(found):
        assert one.end == following.start
    people = people_by_id({person for span in found for person in span.duties})
    return [
        ((span.start - since) / HOUR, sorted(str(people[person]) for person in span.duties)) for span in found
    ]


def was(pager: Pager, schedule: Schedule, began: datetime) -> Said:
    return said(past_spans(schedule, began, pager.now), began)


def test_new_participants_change_nothing_of_what_has_been(pager: Pager) -> None:
    schedule, began = pager.schedule("bram", "marc"), pager.now
    pager.clock.move(hours=24 * 8)  # Marc's week
    anna = person(pager.people["anna"])
    people = pager.people
    set_participants(
        rotation=schedule.rotations.get(),
        memberships=[people["vera"], people["carla"]],
        actor=anna,
        now=pager.now,
    )
    changed = pager.now
    pager.clock.move(hours=2)
    assert was(pager, schedule, began) == [(0, ["Bram"]), (166, ["Marc"]), (192, ["Vera"])]
    [roster] = rosters_as_of([schedule.pk], at=changed - HOUR).values()
    assert roster.layers[0].people == (people["bram"].pk, people["marc"].pk)


def test_a_cover_counts_from_when_it_was_entered_and_one_taken_back_did_hold(pager: Pager) -> None:
    schedule, began = pager.schedule("bram", "marc"), pager.now
    bram = person(pager.people["bram"])
    [made] = cover(
        schedule=schedule,
        membership=pager.people["anna"],
        starts_at=began + HOUR,
        ends_at=began + 10 * HOUR,
        actor=bram,
        now=pager.now,
    )
    pager.clock.move(hours=3)
    remove_override(override=made, actor=bram, now=pager.now)
    with acting(ENGINE, now=pager.now):  # "since the beginning": says nothing about before
        schedule.overrides.create(
            kind="add", membership=pager.people["vera"], starts_at=began, ends_at=began + 5 * HOUR
        )
    pager.clock.move(hours=4)
    schedule.overrides.all().first()
    with acting(ENGINE, now=pager.now):
        for row in schedule.overrides.all():
            row.delete()
    assert was(pager, schedule, began) == [
        (0, ["Bram"]),
        (1, ["Anna"]),
        (3, ["Bram", "Vera"]),
        (5, ["Bram"]),
    ]


def test_swaps_absences_and_temporary_schedules_as_they_were(pager: Pager) -> None:
    schedule, began = pager.schedule("bram", "marc"), pager.now
    bram, marc = person(pager.people["bram"]), person(pager.people["marc"])
    swap = swaps.ask(
        schedule=schedule,
        membership=pager.people["bram"],
        starts_at=began + HOUR,
        ends_at=began + 9 * HOUR,
        actor=bram,
        now=pager.now,
    ).swap
    pager.clock.move(hours=2)
    swaps.take(swap=swap, membership=pager.people["marc"], actor=marc, now=pager.now)
    pager.clock.move(hours=2)
    swaps.give_back(swap=swap, actor=marc, now=pager.now)
    with acting(ENGINE, now=pager.now):
        absence = Absence.objects.create(
            membership=pager.people["bram"], starts_at=began + 5 * HOUR, ends_at=began + 50 * HOUR
        )
    pager.clock.move(hours=3)
    with acting(ENGINE, now=pager.now):
        absence.delete()
    set_temporary(
        schedule=schedule,
        name="Drill",
        starts_at=began + 8 * HOUR,
        ends_at=began + 10 * HOUR,
        shifts=[Planned(pager.people["vera"], began + 8 * HOUR, began + 9 * HOUR)],
        actor=marc,
        now=pager.now,
    )
    pager.clock.move(hours=5)
    with acting(ENGINE, now=pager.now):
        TemporarySchedule.objects.get().delete()
    assert was(pager, schedule, began) == [
        (0, ["Bram"]),
        (2, ["Marc"]),
        (4, ["Bram"]),
        (5, ["Marc"]),
        (7, ["Bram"]),
        (8, ["Vera"]),
        (9, []),
        (10, ["Bram"]),
    ]


def test_hours_of_a_rotation_the_rotation_itself_and_who_left(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    began = pager.now
    rotation = schedule.rotations.get()
    pager.clock.move(hours=1)
    with acting(ENGINE, now=pager.now):
        Restriction.objects.create(
            rotation=rotation, days="1234567", start="00:00", end="13:00"
        )  # open until 12:00 UTC
    pager.clock.move(hours=2)
    with acting(ENGINE, now=pager.now):
        Restriction.objects.get().delete()
        pager.people["bram"].ended_at = pager.now
        pager.people["bram"].save()
    pager.clock.move(hours=1)
    with acting(ENGINE, now=pager.now):
        rotation.delete()
    pager.clock.move(hours=1)
    assert was(pager, schedule, began) == [(0, ["Bram"]), (2, []), (3, ["Marc"]), (4, [])]
    assert said(past_spans(schedule, began - 5 * HOUR, began + HOUR), began) == [(-5, []), (0, ["Bram"])]


def test_who_is_on_call_at_a_moment_that_is_past(pager: Pager) -> None:
    schedule, began = pager.schedule("bram", "marc"), pager.now
    pager.clock.move(hours=2)
    with acting(ENGINE, now=pager.now):
        schedule.overrides.create(
            kind="add", membership=pager.people["vera"], starts_at=began, ends_at=pager.now + HOUR
        )
    for hours, names in ((0, ["Bram"]), (2, ["Bram", "Vera"]), (3, ["Bram"])):
        [found] = on_call_then(schedules=[schedule], at=began + hours * HOUR, now=pager.now).values()
        assert [str(one.membership) for one in found] == names


def test_the_cost_is_the_same_for_much_and_little_history(
    pager: Pager, django_assert_num_queries: Any
) -> None:
    schedules = [pager.schedule("bram", "marc", called=f"S{number}") for number in range(4)]
    for schedule in schedules:
        for hour in range(5):
            cover(
                schedule=schedule,
                membership=pager.people["anna"],
                starts_at=pager.now + 2 * hour * HOUR,
                ends_at=pager.now + (2 * hour + 1) * HOUR,
                actor=ENGINE,
                now=pager.now,
            )
    pager.clock.move(hours=12)
    with django_assert_num_queries(10):  # one more where there are temporary schedules
        past_spans(schedules[0], pager.now - 12 * HOUR, pager.now)
    with django_assert_num_queries(10):  # one more where there are temporary schedules
        rosters_as_of([schedule.pk for schedule in schedules], at=pager.now - HOUR)


@pytest.mark.parametrize("inside", [True, False])
def test_an_outsider_sees_nobody_ever(pager: Pager, world: World, inside: bool) -> None:
    schedule = pager.schedule("bram")
    pager.clock.move(hours=2)
    tenant = world.acme.tenant if inside else world.other.tenant
    with tenant_scope(tenant.pk):
        [*_earlier, last] = past_spans(schedule, pager.now - HOUR, pager.now)
        assert bool(last.duties) is inside


def test_who_was_switched_off_was_not_on_call_in_that_time(pager: Pager) -> None:
    schedule, began = pager.schedule("bram"), pager.now
    user = pager.people["bram"].user
    for active in (False, True):
        pager.clock.move(hours=2)
        with acting(ENGINE, now=pager.now):
            user.is_active = active
            user.save()
    pager.clock.move(hours=2)
    assert was(pager, schedule, began) == [(0, ["Bram"]), (2, []), (4, ["Bram"])]
