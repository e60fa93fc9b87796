"""A step that asks for several answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from config.tenancy.operations.people import end_membership
from oncall import signals
from oncall.models import Acknowledgement, Escalation, EventKind
from oncall.operations import paging
from oncall.operations.progress import so_far
from tests.oncall.conftest import Pager, person
from tests.oncall.policies import channel, heard, policy_of, step
from tests.oncall.wire import Wire


@pytest.fixture
def taken() -> Iterator[list[tuple[str, str]]]:
    """Who said it, and who is shown as having it, each time incidents hear that somebody has it."""
    found: list[tuple[str, str]] = []

    def hear(sender: object, escalation: Escalation, membership: Any, **kwargs: object) -> None:
        found.append((str(membership), str(escalation.acknowledged_by)))

    signals.escalation_acknowledged.connect(hear, weak=False)
    yield found
    signals.escalation_acknowledged.disconnect(hear)


def two_of(pager: Pager, *names: str, **fields: Any) -> Escalation:
    pager.contact("carla", address="carla@pager.test", delay=3)
    return pager.start(policy_of(pager, step(*names, answers_needed=2), step("anna"), **fields))


def test_the_first_answer_stops_only_that_person_s_pages_and_the_second_stops_all(
    pager: Pager, wire: Wire, taken: list[tuple[str, str]]
) -> None:
    pager.contact("bram", address="bram@pager.test")
    pager.contact("bram", address="later@pager.test", delay=2)
    escalation = two_of(pager, "bram", "marc", "carla")
    assert heard(wire) == ["bram [SEV1?]", "marc [SEV1?]"]
    row = pager.acknowledge(escalation, "bram")
    assert (row.state, taken) == ("paging", [])
    assert heard(wire) == []
    found = so_far(escalation=row)
    assert found is not None
    assert ([str(one) for one in found.people], found.needed) == (["Bram"], 2)
    pager.later(minutes=3)
    assert heard(wire) == ["carla [SEV1?]"]  # bram's later one is dropped, hers is not
    pager.clock.move(minutes=1)  # beyond the limit of one message a minute
    row = pager.acknowledge(escalation, "marc")
    assert (row.state, str(row.acknowledged_by)) == ("acknowledged", "Bram")
    assert taken == [("Marc", "Bram")]
    assert heard(wire) == ["carla [Taken]"]
    pager.later(minutes=20)
    assert heard(wire) == []
    kinds = list(escalation.events.values_list("kind", flat=True))
    assert kinds == ["started", "step", "answered", "acknowledged"]


def test_the_same_person_twice_is_one_answer(pager: Pager, wire: Wire, taken: list[Any]) -> None:
    escalation = two_of(pager, "bram", "marc")
    pager.acknowledge(escalation, "bram")
    assert pager.acknowledge(escalation, "bram").state == "paging"
    assert Acknowledgement.objects.count() == 1
    assert taken == []
    heard(wire)


def test_while_more_are_needed_the_next_step_is_paged_and_who_has_it_is_not(pager: Pager, wire: Wire) -> None:
    escalation = two_of(pager, "bram", "marc", repeat=1)
    pager.acknowledge(escalation, "bram")
    heard(wire)
    pager.later(minutes=5)
    assert heard(wire) == ["anna [SEV1?]"]
    pager.later(minutes=5)
    assert heard(wire) == ["marc [SEV1?]"]
    row = pager.acknowledge(escalation, "anna")
    assert row.state == "acknowledged"
    assert heard(wire) == ["marc [Taken]"]


def test_where_no_more_are_left_it_stays_with_those_who_have_it_and_the_owners_hear(
    pager: Pager, wire: Wire, taken: list[Any], caplog: Any
) -> None:
    escalation = pager.start(policy_of(pager, step("bram", answers_needed=2)))
    pager.acknowledge(escalation, "bram")
    heard(wire)
    pager.later(minutes=5)
    row = Escalation.objects.get()
    assert (row.state, str(row.acknowledged_by)) == ("acknowledged", "Bram")
    wire.expect("email", "anna@acme.test", "Only Bram answered; 2 were asked for")
    assert len(taken) == 1


def test_a_new_run_asks_all_anew(pager: Pager, wire: Wire) -> None:
    escalation = two_of(pager, "bram", "marc")
    for name in ("bram", "marc"):
        pager.acknowledge(escalation, name)
    heard(wire)
    pager.later(minutes=30)
    assert heard(wire)[-2:] == ["bram [SEV1?]", "marc [SEV1?]"]
    assert pager.acknowledge(escalation, "bram").state == "paging"


def test_one_of_several_gives_it_back_and_the_other_keeps_it(pager: Pager, wire: Wire) -> None:
    escalation = two_of(pager, "bram", "marc")
    for name in ("bram", "marc"):
        pager.acknowledge(escalation, name)
    heard(wire)
    paging.undo_acknowledge(escalation_id=escalation.pk, actor=person(pager.people["bram"]), now=pager.now)
    row = Escalation.objects.get()
    found = so_far(escalation=row)
    assert found is not None
    assert (row.state, [str(one) for one in found.people]) == ("paging", ["Marc"])
    pager.later(minutes=5)
    assert heard(wire) == ["anna [SEV1?]"]


def test_before_there_are_enough_it_is_given_back_too(pager: Pager, wire: Wire) -> None:
    escalation = two_of(pager, "bram", "carla")
    pager.acknowledge(escalation, "carla")
    heard(wire)
    paging.undo_acknowledge(escalation_id=escalation.pk, actor=person(pager.people["carla"]), now=pager.now)
    assert not Acknowledgement.objects.exists()
    pager.later(minutes=3)
    assert heard(wire) == ["carla [SEV1?]"]


def test_who_leaves_does_not_count_and_another_who_has_it_keeps_it(pager: Pager, wire: Wire) -> None:
    escalation = two_of(pager, "bram", "marc")
    for name in ("bram", "marc"):
        pager.acknowledge(escalation, name)
    heard(wire)
    owner = person(pager.people["anna"])
    end_membership(membership=pager.people["bram"], actor=owner, now=pager.now)
    row = Escalation.objects.get()
    assert (row.state, str(row.acknowledged_by)) == ("acknowledged", "Marc")
    end_membership(membership=pager.people["marc"], actor=owner, now=pager.now)
    pager.engine.run()
    assert heard(wire) == ["anna [SEV1?]"]


def test_reminders_go_to_all_who_have_it(pager: Pager, wire: Wire) -> None:
    escalation = two_of(pager, "bram", "marc", "carla")
    pager.acknowledge(escalation, "bram")
    pager.acknowledge(escalation, "marc")
    heard(wire)
    pager.later(minutes=25)
    assert sorted(heard(wire)) == ["bram [Still on it?]", "marc [Still on it?]"]
    assert escalation.events.filter(kind=EventKind.REMINDED).count() == 1


def test_a_channel_answers_nothing_and_hears_once(pager: Pager, wire: Wire) -> None:
    escalation = pager.start(policy_of(pager, step("bram", "marc", channel(pager), answers_needed=2)))
    assert sorted(heard(wire)) == ["bram [SEV1?]", "marc [SEV1?]", "slack"]
    pager.acknowledge(escalation, "bram")
    assert heard(wire) == []
    pager.acknowledge(escalation, "marc")
    assert heard(wire) == ["slack"]
