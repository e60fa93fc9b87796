"""Two people cover, or take a swap, in the same instant: one has it, the other is told."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from config.tenancy.conflicts import Conflict
from config.tenancy.scoping import tenant_scope
from oncall.models import Override, Swap
from oncall.operations import overrides, swaps
from oncall.operations.onduty import on_call_within
from oncall.operations.overrides import cover
from tests.oncall.conftest import Pager, person
from tests.oncall.test_races import at_once
from tests.people import World

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def both_look_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody goes on before both have looked who is on call, or the second may not look yet."""
    gate = threading.Barrier(2)

    def look(*given: Any) -> Any:
        found = on_call_within(*given)
        with suppress(threading.BrokenBarrierError):
            gate.wait(timeout=0.5)
        return found

    for module in (overrides, swaps):
        monkeypatch.setattr(module, "on_call_within", look)


def each(world: World, deed: Callable[[Any], object]) -> list[str]:
    """Anna and Marc at once. What came of it: "done", or what they were told."""
    turns = count()

    def work() -> str:
        name = ("anna", "marc")[next(turns)]
        try:
            with tenant_scope(world.acme.tenant.pk):
                deed(world.acme.members[name])
        except Conflict as conflict:
            return str(conflict.message)
        return "done"

    return sorted(at_once(2, work))


def test_of_two_who_cover_for_the_same_person_one_does(pager: Pager, world: World) -> None:
    schedule = pager.schedule("bram")
    bram = pager.people["bram"]
    told = each(
        world,
        lambda membership: cover(
            schedule=schedule,
            membership=membership,
            starts_at=pager.now,
            ends_at=pager.now + HOUR,
            instead_of=bram,
            actor=person(membership),
            now=pager.now,
        ),
    )
    assert told == ["Bram is not on call then.", "done"]
    assert Override.objects.count() == 1


def test_of_two_who_take_a_swap_one_has_it(pager: Pager, world: World) -> None:
    schedule = pager.schedule("bram")
    bram = pager.people["bram"]
    swap = swaps.ask(
        schedule=schedule,
        membership=bram,
        starts_at=pager.now,
        ends_at=pager.now + HOUR,
        actor=person(bram),
        now=pager.now,
    ).swap
    told = each(
        world,
        lambda membership: swaps.take(
            swap=swap, membership=membership, actor=person(membership), now=pager.now
        ),
    )
    taker = Swap.objects.select_related("taken_by__user").get().taken_by
    assert told == [f"{taker} has taken it.", "done"]
