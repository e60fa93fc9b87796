"""Swaps: ask, take, give back, withdraw, approve."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.roles import Role
from config.tenancy.scoping import tenant_scope
from oncall.models import Absence, Schedule, Swap, SwapState
from oncall.operations import swaps
from oncall.operations.resolve import on_call_at
from tests.oncall.conftest import Pager, person
from tests.people import World

HOUR = timedelta(hours=1)


@pytest.fixture
def schedule(pager: Pager) -> Schedule:
    """Bram's week, then Marc's; Vera is a responder here."""
    with acting(ENGINE, now=pager.now):
        pager.people["vera"].role = Role.RESPONDER.value
        pager.people["vera"].save()
    return pager.schedule("bram", "marc")


def asked(pager: Pager, schedule: Schedule, hours: tuple[int, int] = (1, 5), **more: Any) -> swaps.Swapped:
    return swaps.ask(
        schedule=schedule,
        membership=pager.people["bram"],
        starts_at=pager.now + hours[0] * HOUR,
        ends_at=pager.now + hours[1] * HOUR,
        actor=person(pager.people["bram"]),
        now=pager.now,
        **more,
    )


def taken(pager: Pager, swap: Swap, name: str = "vera") -> swaps.Swapped:
    membership = pager.people[name]
    return swaps.take(swap=swap, membership=membership, actor=person(membership), now=pager.now)


def who(schedule: Schedule, at: datetime) -> list[tuple[str, str]]:
    return [(str(one.membership), one.source) for one in on_call_at(schedule=schedule, at=at)]


def test_until_somebody_takes_it_nothing_changes_and_then_the_shift_is_split(
    pager: Pager, schedule: Schedule
) -> None:
    swap = asked(pager, schedule).swap
    assert swap.state(pager.now) == SwapState.OPEN
    assert who(schedule, pager.now + 2 * HOUR) == [("Bram", "Weekly")]
    found = taken(pager, swap)
    assert (found.swap.state(pager.now), found.warnings) == (SwapState.TAKEN, [])
    names = [who(schedule, pager.now + hour * HOUR)[0] for hour in (0, 1, 4, 5)]
    assert names == [
        ("Bram", "Weekly"),
        ("Vera", "swapped with Bram"),
        ("Vera", "swapped with Bram"),
        ("Bram", "Weekly"),
    ]


def test_it_is_asked_for_what_one_has(pager: Pager, schedule: Schedule) -> None:
    assert asked(pager, schedule, (-50, 24 * 27)).swap.ends_at == datetime.fromisoformat(
        "2026-12-14T09:00+01:00"
    )  # his first two weeks, and Marc's in between, which a swap leaves alone
    with pytest.raises(Conflict, match="asked for that time already"):
        asked(pager, schedule, (2, 3))
    with pytest.raises(Conflict, match="Bram is not on call then"):
        asked(pager, schedule, (24 * 7, 24 * 8))
    with pytest.raises(Conflict, match="past"):
        asked(pager, schedule, (-5, -3))
    with pytest.raises(ValidationError):
        asked(pager, schedule, (5, 3))


def test_it_may_be_asked_of_one_and_then_no_other_takes_it(pager: Pager, schedule: Schedule) -> None:
    with acting(ENGINE, now=pager.now):
        Absence.objects.create(
            membership=pager.people["vera"], starts_at=pager.now, ends_at=pager.now + 24 * HOUR
        )
    found = asked(pager, schedule, asked_of=pager.people["vera"])
    assert found.warnings == ["Vera is away from Mon 23 Nov 11:00 until Tue 24 Nov 11:00."]
    with pytest.raises(Conflict, match=r"asked of Vera"):
        taken(pager, found.swap, "marc")
    assert taken(pager, found.swap).warnings == found.warnings
    with pytest.raises(Conflict, match="own shift"):
        asked(pager, schedule, (10, 12), asked_of=pager.people["bram"])


def test_who_is_on_call_already_or_asks_cannot_take_it_and_nobody_takes_it_twice(
    pager: Pager, schedule: Schedule
) -> None:
    swap = asked(pager, schedule, (1, 5)).swap
    with pytest.raises(Conflict, match="own shift"):
        taken(pager, swap, "bram")
    pager.schedule("marc", called="Elsewhere")  # another schedule does not count
    taken(pager, swap, "marc")
    with pytest.raises(Conflict, match="Marc has taken it"):
        taken(pager, swap)
    later = asked(pager, schedule, (6, 8)).swap
    second = asked(pager, schedule, (8, 9)).swap
    taken(pager, later, "marc")
    taken(pager, second, "marc")
    both = pager.schedule("bram", called="Both")
    with acting(ENGINE, now=pager.now):
        both.overrides.create(
            kind="add", membership=pager.people["vera"], starts_at=pager.now, ends_at=pager.now + 9 * HOUR
        )
    with pytest.raises(Conflict, match="Vera is on call already"):
        taken(pager, asked(pager, both).swap)


def test_where_the_one_who_asks_is_not_on_call_any_more_there_is_nothing_to_take(
    pager: Pager, schedule: Schedule
) -> None:
    swap = asked(pager, schedule).swap
    with acting(ENGINE, now=pager.now):
        schedule.overrides.create(
            kind="remove", membership=pager.people["bram"], starts_at=swap.starts_at, ends_at=swap.ends_at
        )
    with pytest.raises(Conflict, match="not on call then any more"):
        taken(pager, swap)


def test_given_back_in_the_middle_it_is_with_who_asked_and_open_again(
    pager: Pager, schedule: Schedule
) -> None:
    swap = asked(pager, schedule).swap
    taken(pager, swap)
    pager.clock.move(hours=2)
    assert who(schedule, pager.now) == [("Vera", "swapped with Bram")]
    with pytest.raises(PermissionDenied):
        swaps.give_back(swap=swap, actor=person(pager.people["bram"]), now=pager.now)
    given = swaps.give_back(swap=swap, actor=person(pager.people["vera"]), now=pager.now)
    assert given.state(pager.now) == SwapState.OPEN
    assert who(schedule, pager.now) == [("Bram", "Weekly")]
    with pytest.raises(Conflict, match="Nobody has taken it"):
        swaps.give_back(swap=swap, actor=person(pager.people["vera"]), now=pager.now)
    taken(pager, swap)
    assert who(schedule, pager.now) == [("Vera", "swapped with Bram")]


def test_withdrawn_while_nobody_has_it(pager: Pager, schedule: Schedule) -> None:
    bram = person(pager.people["bram"])
    swap = asked(pager, schedule).swap
    with pytest.raises(PermissionDenied):
        swaps.withdraw(swap=swap, actor=person(pager.people["vera"]), now=pager.now)
    taken(pager, swap)
    with pytest.raises(Conflict, match="Vera has taken it"):
        swaps.withdraw(swap=swap, actor=bram, now=pager.now)
    swaps.give_back(swap=swap, actor=person(pager.people["marc"]), now=pager.now)  # a manager may
    assert swaps.withdraw(swap=swap, actor=bram, now=pager.now).state(pager.now) == SwapState.WITHDRAWN
    with pytest.raises(Conflict, match="withdrawn"):
        taken(pager, swap)
    asked(pager, schedule)  # asked anew


def test_where_a_manager_approves_it_holds_from_then_on(pager: Pager, schedule: Schedule) -> None:
    with acting(ENGINE, now=pager.now):
        schedule.swaps_need_approval = True
        schedule.save()
    swap = asked(pager, schedule).swap
    marc = person(pager.people["marc"])
    with pytest.raises(Conflict, match="Nobody has taken it"):
        swaps.approve(swap=swap, actor=marc, now=pager.now)
    assert taken(pager, swap).swap.state(pager.now) == SwapState.ASKED
    assert who(schedule, pager.now + HOUR) == [("Bram", "Weekly")]
    with pytest.raises(PermissionDenied):
        swaps.approve(swap=swap, actor=person(pager.people["vera"]), now=pager.now)
    assert swaps.approve(swap=swap, actor=marc, now=pager.now).state(pager.now) == SwapState.TAKEN
    assert who(schedule, pager.now + HOUR) == [("Vera", "swapped with Bram")]
    swaps.give_back(swap=swap, actor=marc, now=pager.now)
    swap.refresh_from_db()
    assert (swap.approved_at, swap.approved_by) == (None, None)


def test_whoever_took_it_and_left_has_it_no_more(pager: Pager, schedule: Schedule) -> None:
    taken(pager, asked(pager, schedule).swap)
    with acting(ENGINE, now=pager.now):
        pager.people["vera"].ended_at = pager.now
        pager.people["vera"].save()
    assert who(schedule, pager.now + HOUR) == [("Bram", "Weekly")]


def test_what_is_past_stays_as_it_was(pager: Pager, schedule: Schedule) -> None:
    open_one = asked(pager, schedule, (1, 2)).swap
    had = asked(pager, schedule, (3, 4)).swap
    taken(pager, had)
    pager.clock.move(hours=5)
    assert open_one.state(pager.now) == SwapState.PAST
    for deed in (swaps.give_back, swaps.withdraw):
        for swap in (open_one, had):
            with pytest.raises(Conflict, match="past"):
                deed(swap=swap, actor=person(pager.people["marc"]), now=pager.now)
    with pytest.raises(Conflict, match="past"):
        taken(pager, open_one)


def test_for_another_one_needs_to_set_up(pager: Pager, schedule: Schedule) -> None:
    swap = asked(pager, schedule).swap
    with pytest.raises(PermissionDenied):
        swaps.take(
            swap=swap,
            membership=pager.people["vera"],
            actor=person(pager.people["bram"]),
            now=pager.now,
        )
    with pytest.raises(PermissionDenied):
        taken(pager, swap, "carla")


def test_an_outsider_finds_no_swap_and_is_in_none(pager: Pager, schedule: Schedule, world: World) -> None:
    swap = asked(pager, schedule).swap
    taken(pager, swap)
    olga = world.other.members["olga"]
    before = Swap.objects.values().get()
    with tenant_scope(world.other.tenant.pk):
        for each in (swap, Swap(pk=10**12)):
            with pytest.raises(Swap.DoesNotExist):
                swaps.take(swap=each, membership=olga, actor=person(olga), now=pager.now)
            for deed in (swaps.give_back, swaps.withdraw, swaps.approve):
                with pytest.raises(Swap.DoesNotExist):
                    deed(swap=each, actor=person(olga), now=pager.now)
        with pytest.raises(Schedule.DoesNotExist):
            swaps.ask(
                schedule=schedule,
                membership=olga,
                starts_at=pager.now,
                ends_at=pager.now + HOUR,
                actor=person(olga),
                now=pager.now,
            )
    assert Swap.objects.values().get() == before
    with pytest.raises(ValidationError):
        asked(pager, schedule, (10, 12), asked_of=olga)
    other = asked(pager, schedule, (10, 12)).swap
    with pytest.raises(ValidationError):
        swaps.take(swap=other, membership=olga, actor=person(pager.people["marc"]), now=pager.now)
