"""A storm is per person: one page goes at once, the rest wait behind it, and none is lost."""

from dataclasses import replace

import pytest
from django.core import mail

from config.tenancy.actors import ENGINE
from oncall.models import Escalation, Notification, Page
from oncall.operations import drafts, paging
from oncall.operations.progress import folded_into
from oncall.senders.message import Outcome
from tests.oncall.conftest import CARD, Pager, person
from tests.oncall.policies import policy_of, step
from tests.oncall.wire import Wire


def storm(pager: Pager, size: int = 12, **changes: object) -> list[Escalation]:
    policy = pager.policy(["bram"], ["marc"], called=f"Storm {changes}")
    started = [pager.start(policy, run=False, key=f"INC-{40 + number}", **changes) for number in range(size)]
    pager.engine.run()
    return started


def test_twelve_incidents_are_one_page_and_eleven_folded_into_it(pager: Pager) -> None:
    escalations = storm(pager)
    assert pager.mails() == [("bram", "[SEV1?] INC-40 Checkout: payments fail for all customers")]
    page = Page.objects.get(escalation=escalations[0])
    assert folded_into(page=page) == escalations[1:]
    folded = Notification.objects.filter(state="folded")
    assert {row.folded_into_id for row in folded} == {page.pk}


def test_each_folded_ladder_keeps_its_clock(pager: Pager) -> None:
    escalations = storm(pager)
    pager.mails()
    pager.later(minutes=5)
    # Marc, the second step of all twelve, gets one page; so does Bram again, since nobody answered.
    assert sorted(pager.mailed()) == ["bram", "marc"]
    assert {escalation.pages.count() for escalation in escalations} == {2}


def test_a_worse_one_is_not_folded(pager: Pager) -> None:
    storm(pager, 2, severity_rank=2, severity_word="SEV2")
    pager.mails()
    storm(pager, 1, severity_rank=1)
    assert pager.mails() == [("bram", "[SEV1?] INC-40 Checkout: payments fail for all customers")]


def test_an_answer_to_the_one_brings_the_others_out_as_one_page(pager: Pager) -> None:
    escalations = storm(pager)
    pager.mails()
    pager.acknowledge(escalations[0], "bram")
    assert "10 more pages wait behind this one; the link lists them." in mail.outbox[0].body
    assert pager.mailed() == ["bram"]
    assert Notification.objects.filter(state="folded").count() == 10


def test_having_them_all_sends_nothing_more(pager: Pager) -> None:
    escalations = storm(pager)
    pager.mails()
    bram = pager.people["bram"]
    for escalation in escalations:
        paging.acknowledge(escalation_id=escalation.pk, membership=bram, actor=person(bram), now=pager.now)
    pager.later(minutes=10)
    assert pager.mails() == []


def test_an_old_page_folds_nothing(pager: Pager) -> None:
    policy = pager.policy(["bram"], delay=60)
    pager.start(policy)
    pager.later(minutes=5)
    pager.start(policy, key="INC-43")
    assert pager.mailed() == ["bram", "bram"]


def test_other_people_are_not_held_up(pager: Pager) -> None:
    pager.start(pager.policy(["bram"]))
    pager.start(pager.policy(["marc"], called="Other"), key="INC-43")
    assert pager.mailed() == ["bram", "marc"]


def test_a_page_whose_send_failed_hides_no_other(pager: Pager, monkeypatch: pytest.MonkeyPatch) -> None:
    real = drafts.email.send
    monkeypatch.setattr(drafts.email, "send", lambda message, address: Outcome(False, "421 later"))
    policy = pager.policy(["bram"])
    pager.start(policy, run=False)
    pager.start(policy, run=False, key="INC-43")
    pager.engine.run()
    monkeypatch.setattr(drafts.email, "send", real)
    pager.later(seconds=5)
    assert len(pager.mails()) == 1  # the first to get through; the other folds into it


def test_a_loud_page_does_not_hide_behind_a_silent_one(pager: Pager) -> None:
    """A severity that was raised after it began: as bad, but told by the rules for low urgency."""
    pager.contact("bram", address="loud@pager.test")
    pager.contact("bram", address="silent@pager.test", urgency="low")
    bram = [pager.people["bram"]]
    paging.page_people(card=CARD, memberships=bram, urgency="low", actor=ENGINE, now=pager.now)
    pager.engine.run()
    assert pager.mailed() == ["silent"]
    loud = replace(CARD, key="INC-43")
    paging.page_people(card=loud, memberships=bram, urgency="high", actor=ENGINE, now=pager.now)
    pager.engine.run()
    assert pager.mailed() == ["loud"]


def test_nothing_hides_behind_a_page_that_its_person_has_passed_on(pager: Pager) -> None:
    first = pager.start(pager.policy(["bram"], ["marc"]))
    behind = pager.start(pager.policy(["bram"], called="Two"), key="INC-43", severity_rank=2)
    assert pager.states(behind) == ["folded"]
    bram = pager.people["bram"]
    paging.pass_on(escalation_id=first.pk, membership=bram, actor=person(bram), now=pager.now)
    pager.engine.run()
    third = pager.start(pager.policy(["bram"], called="Three"), key="INC-44", severity_rank=1)
    assert (pager.states(behind), pager.states(third)) == (["sent"], ["sent"])


def test_nothing_hides_behind_a_page_that_its_person_has_answered_as_one_of_several(pager: Pager) -> None:
    first = pager.start(policy_of(pager, step("bram", "marc", answers_needed=2)))
    pager.acknowledge(first, "bram")
    second = pager.start(pager.policy(["bram"], called="Two"), key="INC-43")
    assert pager.states(second) == ["sent"]


def test_of_two_that_are_due_the_worse_goes_first_and_the_lesser_folds_behind_it(
    pager: Pager, wire: Wire
) -> None:
    """After an outage both have waited: the lesser for longer."""
    policy = pager.policy(["bram"], delay=60)
    lesser = pager.start(policy, run=False, key="INC-1", severity_rank=2, severity_word="SEV2")
    pager.clock.move(minutes=30)
    pager.start(policy, run=False, key="INC-2", severity_rank=1, severity_word="SEV1")
    pager.engine.run()
    wire.expect("email", "bram@acme.test", "[SEV1] INC-2")
    pager.later(seconds=1)
    assert pager.states(lesser) == ["folded"]
    assert wire.take() == []


def test_who_took_it_is_not_said_once_it_is_over(pager: Pager, wire: Wire) -> None:
    """Of two notices within a minute the limit holds the first back, and the second says more."""
    pager.contact("bram", "sms", "+31612345678")
    escalation = pager.start(pager.policy(["bram", "marc"], delay=60))
    wire.take()
    pager.clock.move(seconds=10)
    paging.acknowledge(
        escalation_id=escalation.pk, membership=pager.people["anna"], actor=ENGINE, now=pager.now
    )
    pager.engine.run()
    wire.take("email")  # Marc, by his own address
    paging.stop(escalation_id=escalation.pk, reason="over", actor=ENGINE, now=pager.now, tell=True)
    pager.later(minutes=2)
    (told,) = wire.take("sms")
    assert "over" in told.words
    wire.take("email")
