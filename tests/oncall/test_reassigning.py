"""Given to others, taken over with the pager, still on it: answers beyond "I have it"."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.conflicts import Conflict
from config.tenancy.models import User
from oncall.models import Escalation, EscalationState, EventKind, Notification, Override
from oncall.operations import auditing, paging
from oncall.operations.resolve import on_call_at
from tests.oncall.conftest import MINUTE, Pager, person
from tests.oncall.policies import channel, heard, policy_of, step
from tests.oncall.wire import Wire


def give(pager: Pager, escalation: Escalation, **to: object) -> Escalation:
    anna = person(pager.people["anna"])
    found = paging.reassign(escalation_id=escalation.pk, actor=anna, now=pager.now, **to)
    pager.engine.run()
    return found


def test_given_to_somebody_the_old_ones_hear_it_and_only_the_new_one_is_paged(
    pager: Pager, wire: Wire
) -> None:
    pager.contact("bram", address="bram@pager.test")
    pager.contact("bram", address="later@pager.test", delay=4)
    escalation = pager.start(policy_of(pager, step("bram"), step("marc")))
    heard(wire)
    pager.clock.move(minutes=1)
    give(pager, escalation, memberships=[pager.people["carla"]])
    wire.expect("email", "bram@pager.test", "INC-42 was given to Carla", "Nothing for you to do.")
    wire.expect("email", "carla@acme.test", "Anna asks you in.")
    pager.later(minutes=4)
    assert heard(wire) == []  # neither bram's later method nor marc
    pager.later(minutes=1)
    assert heard(wire) == ["carla [SEV1?]"]


def test_given_to_another_policy_it_climbs_that_one(pager: Pager, wire: Wire) -> None:
    escalation = pager.start(policy_of(pager, step("bram"), step("anna")))
    other = policy_of(pager, step("marc"), step("carla"), called="Other")
    heard(wire)
    give(pager, escalation, policy=other)
    assert heard(wire) == ["bram [Taken]", "marc [SEV1?]"]
    pager.later(minutes=5)
    assert heard(wire) == ["carla [SEV1?]"]
    assert Escalation.objects.get().policy == other


def test_what_somebody_has_is_theirs_no_more_and_lasts_as_long_for_the_next(pager: Pager, wire: Wire) -> None:
    escalation = pager.start(policy_of(pager, step("bram")))
    Escalation.objects.update(ack_minutes=60)
    pager.acknowledge(escalation, "bram")
    heard(wire)
    give(pager, escalation, memberships=[pager.people["marc"]])
    assert heard(wire) == ["bram [Taken]", "marc [SEV1?]"]
    row = pager.acknowledge(escalation, "marc")
    assert row.ack_expires_at == pager.now + 60 * MINUTE
    heard(wire)


def test_to_nobody_to_both_to_who_left_and_what_is_over_is_refused(pager: Pager, wire: Wire) -> None:
    policy = policy_of(pager, step("bram"))
    escalation = pager.start(policy)
    marc = pager.people["marc"]
    for wrong in ({}, {"memberships": [marc], "policy": policy}):
        with pytest.raises(ValidationError):
            give(pager, escalation, **wrong)
    marc.ended_at = pager.now
    with pytest.raises(Conflict):
        give(pager, escalation, memberships=[marc])
    paging.stop(escalation_id=escalation.pk, reason="over", actor=person(pager.people["bram"]), now=pager.now)
    with pytest.raises(Conflict):
        give(pager, escalation, memberships=[pager.people["carla"]])
    vera = person(pager.people["vera"])
    with pytest.raises(PermissionDenied):
        paging.reassign(
            escalation_id=escalation.pk, memberships=[pager.people["bram"]], actor=vera, now=pager.now
        )
    heard(wire)


def test_i_take_the_pager_puts_me_on_call_to_the_end_of_the_shift_and_takes_what_rings(
    pager: Pager, wire: Wire
) -> None:
    schedule = pager.schedule("bram", "marc")
    policy = policy_of(pager, step(schedule), step("anna"))
    first, second = pager.start(policy), pager.start(policy, key="INC-43", severity_rank=1)
    by_name = pager.start(policy_of(pager, step("bram"), called="By name"), key="INC-44")
    heard(wire)
    carla = pager.people["carla"]
    with pytest.raises(PermissionDenied):
        paging.take_pager(schedule=schedule, membership=carla, actor=person(carla), now=pager.now)
    (made,) = paging.take_pager(
        schedule=schedule, membership=pager.people["marc"], actor=person(pager.people["marc"]), now=pager.now
    )
    pager.engine.run()
    assert [str(one.membership) for one in on_call_at(schedule=schedule, at=pager.now)] == ["Marc"]
    assert made.ends_at == pager.now + timedelta(days=7) - timedelta(hours=2)  # Monday 09:00 in Amsterdam
    states = {row.card.key: (row.state, str(row.acknowledged_by)) for row in Escalation.objects.all()}
    assert states["INC-42"] == states["INC-43"] == ("acknowledged", "Marc")
    assert Escalation.objects.get(pk=by_name.pk).state == EscalationState.PAGING
    assert (first.pk, second.pk) != (by_name.pk, by_name.pk)
    assert "bram [Taken]" in heard(wire)
    again = paging.take_pager(
        schedule=schedule, membership=pager.people["marc"], actor=person(pager.people["marc"]), now=pager.now
    )
    assert again == []
    assert Override.objects.count() == 1
    pager.start(policy, key="INC-45")
    assert "marc [SEV1?]" in heard(wire)


def test_before_it_runs_out_who_has_it_is_asked_by_every_way_whatever_the_rules(
    pager: Pager, wire: Wire
) -> None:
    pager.contact("bram", address="bram@pager.test")
    pager.contact("bram", kind="sms", address="+31612345678", urgency="low")
    escalation = pager.start(policy_of(pager, step("bram"), step("marc")))
    row = pager.acknowledge(escalation, "bram")
    assert row.remind_at == pager.now + 25 * MINUTE
    heard(wire)
    pager.later(minutes=24, seconds=59)
    assert heard(wire) == []
    pager.later(seconds=1)
    wire.expect("email", "bram@pager.test", "still on it?")
    wire.expect("sms", "+31612345678", "still on it?")
    pager.later(minutes=4)
    assert heard(wire) == []
    pager.later(minutes=1)
    assert heard(wire) == ["bram [SEV1?]"]
    assert auditing.repair_reminders(pager.now) == 0


def test_still_on_it_moves_both_ends_and_is_written_down(pager: Pager, wire: Wire) -> None:
    escalation = pager.start(policy_of(pager, step("bram")))
    pager.acknowledge(escalation, "bram")
    pager.later(minutes=25)
    bram = person(pager.people["bram"])
    row = paging.renew_ack(escalation_id=escalation.pk, actor=bram, now=pager.now, said=True)
    assert row is not None
    assert (row.remind_at, row.ack_expires_at) == (pager.now + 25 * MINUTE, pager.now + 30 * MINUTE)
    assert escalation.events.filter(kind=EventKind.RENEWED).count() == 1
    pager.later(minutes=24)
    assert heard(wire) == ["bram [SEV1?]", "bram [Still on it?]"]


def test_a_reminder_that_was_overtaken_by_work_is_not_sent(pager: Pager, wire: Wire) -> None:
    escalation = pager.start(policy_of(pager, step("bram")))
    pager.acknowledge(escalation, "bram")
    heard(wire)
    pager.clock.move(minutes=25)
    from oncall.operations.reminding import remind

    assert remind(escalation.pk, pager.now)
    paging.renew_ack(escalation_id=escalation.pk, actor=person(pager.people["bram"]), now=pager.now + MINUTE)
    pager.engine.run()
    assert heard(wire) == []
    assert Notification.objects.get(kind="reminder").state == "skipped"


def test_an_acknowledgement_that_would_run_out_without_a_word_is_found(pager: Pager, wire: Wire) -> None:
    escalation = pager.start(policy_of(pager, step("bram")))
    pager.acknowledge(escalation, "bram")
    Escalation.objects.update(remind_at=None)
    assert auditing.repair_reminders(pager.now) == 1
    assert Escalation.objects.get().remind_at == pager.now + 25 * MINUTE
    heard(wire)


def test_a_short_acknowledgement_is_asked_after_two_thirds_of_it(pager: Pager, wire: Wire) -> None:
    escalation = pager.start(policy_of(pager, step("bram")))
    Escalation.objects.update(ack_minutes=6)
    assert pager.acknowledge(escalation, "bram").remind_at == pager.now + 4 * MINUTE
    heard(wire)


def test_acknowledging_what_is_over_changes_nothing_and_says_so(pager: Pager, wire: Wire) -> None:
    escalation = pager.start(policy_of(pager, step("bram")))
    bram = person(pager.people["bram"])
    paging.stop(escalation_id=escalation.pk, reason="over", actor=bram, now=pager.now)
    row = pager.acknowledge(escalation, "bram")
    assert (row.state, row.acknowledged_by) == ("stopped", None)
    heard(wire)


def test_the_pager_takes_nothing_that_was_given_to_others_since_it_rang(pager: Pager, wire: Wire) -> None:
    schedule = pager.schedule("bram")
    escalation = pager.start(policy_of(pager, step(schedule)))
    give(pager, escalation, memberships=[pager.people["anna"]])
    marc = pager.people["marc"]
    paging.take_pager(schedule=schedule, membership=marc, actor=person(marc), now=pager.now)
    pager.engine.run()
    assert Escalation.objects.get().state == EscalationState.PAGING
    assert heard(wire) == ["bram [SEV1?]", "bram [Taken]", "anna [SEV1?]"]


def test_still_on_it_is_said_by_who_may_answer(pager: Pager, wire: Wire) -> None:
    escalation = pager.start(policy_of(pager, step("bram"), step("vera")))
    ends_at = pager.acknowledge(escalation, "bram").ack_expires_at
    pager.clock.move(minutes=5)
    vera = person(pager.people["vera"])
    with pytest.raises(PermissionDenied):
        paging.renew_ack(escalation_id=escalation.pk, actor=vera, now=pager.now, said=True)
    assert Escalation.objects.get().ack_expires_at == ends_at
    heard(wire)


def test_whom_an_earlier_run_paged_does_not_count_where_the_new_one_finds_nobody(
    pager: Pager, wire: Wire
) -> None:
    escalation = pager.start(policy_of(pager, step("marc")))
    other = policy_of(pager, step(channel(pager)), step("bram"), called="Other")
    give(pager, escalation, policy=other)
    pager.clock.move(minutes=1)
    bram = pager.people["bram"]
    User.objects.filter(pk=bram.user_id).update(is_active=False)
    heard(wire)
    pager.later(minutes=5)
    assert heard(wire) == ["anna [SEV1?]"]  # the owner, as a page
    assert pager.states(escalation)[-1] == "sent"
    assert str(Notification.objects.filter(kind="page").order_by("pk").last().membership) == "Anna"
