"""I have it, not me, undo, later, over."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied

from config.tenancy.actors import ENGINE, Actor
from config.tenancy.conflicts import Conflict
from oncall import signals
from oncall.models import Escalation, EscalationState, Notification, Page
from oncall.operations import paging
from tests.oncall.conftest import CARD, MINUTE, Pager, person

Fresh = Callable[[Escalation], Escalation]


@pytest.fixture
def taken() -> Iterator[list[str]]:
    """Who acknowledged, as incidents hear it."""
    heard: list[str] = []

    def hear(sender: object, membership: Any, **kwargs: object) -> None:
        heard.append(str(membership))

    signals.escalation_acknowledged.connect(hear, weak=False)
    yield heard
    signals.escalation_acknowledged.disconnect(hear)


def test_acknowledging_stops_that_ladder_and_no_other(pager: Pager) -> None:
    policy = pager.policy(["bram"], ["marc"])
    first, second = pager.start(policy), pager.start(policy, key="INC-43", severity_rank=1)
    pager.mails()
    pager.acknowledge(first, "bram")
    pager.mails()
    pager.later(minutes=5)
    assert ("marc", "[SEV1?] INC-43 Checkout: payments fail for all customers") in pager.mails()
    assert second.pk != first.pk
    pager.later(minutes=19)
    assert not any("INC-42" in subject for _name, subject in pager.mails())


def test_the_others_who_were_paged_hear_who_took_it(pager: Pager, taken: list[str]) -> None:
    escalation = pager.start(pager.policy(["bram", "marc"], ["carla"]))
    pager.mails()
    pager.acknowledge(escalation, "bram")
    assert mail.outbox[0].body.startswith("INC-42 taken by Bram at 11:00. Nothing for you to do.")
    assert pager.mails() == [("marc", "[Taken] INC-42 Checkout: payments fail for all customers")]
    assert taken == ["Bram"]


def test_a_second_acknowledgement_changes_nothing(pager: Pager, taken: list[str]) -> None:
    escalation = pager.start(pager.policy(["bram", "marc"]))
    pager.acknowledge(escalation, "bram")
    pager.mails()
    found = pager.acknowledge(escalation, "marc")
    assert str(found.acknowledged_by) == "Bram"
    assert taken == ["Bram"]
    assert pager.mails() == []


def test_what_was_acknowledged_before_its_send_began_is_not_sent(pager: Pager) -> None:
    pager.contact("bram", address="now@pager.test")
    pager.contact("bram", address="later@pager.test", delay=2)
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    pager.acknowledge(escalation, "bram")
    pager.later(minutes=10)
    assert pager.mailed() == ["now"]
    assert pager.states(escalation) == ["sent", "skipped"]


def test_undo_within_ten_minutes_goes_on_where_it_was(pager: Pager, fresh: Fresh) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    pager.later(minutes=1)
    pager.acknowledge(escalation, "bram")
    pager.later(minutes=2)
    pager.mails()
    paging.undo_acknowledge(escalation_id=escalation.pk, actor=person(pager.people["bram"]), now=pager.now)
    assert fresh(escalation).next_step_at == pager.now + 2 * MINUTE  # five minutes after its step, as before
    pager.later(minutes=2)
    assert pager.mailed() == ["marc"]


def test_undo_after_the_delay_is_over_fires_the_next_step_at_once(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    pager.acknowledge(escalation, "bram")
    pager.later(minutes=9)
    pager.mails()
    paging.undo_acknowledge(escalation_id=escalation.pk, actor=person(pager.people["bram"]), now=pager.now)
    pager.engine.run()
    assert pager.mailed() == ["marc"]


def test_undo_brings_back_what_waited_and_tells_those_who_were_told_it_was_taken(pager: Pager) -> None:
    pager.contact("marc", address="marc@pager.test")
    pager.contact("marc", address="later@pager.test", delay=4)
    escalation = pager.start(pager.policy(["bram", "marc"]))
    pager.acknowledge(escalation, "bram")
    pager.later(minutes=1)
    pager.mails()
    paging.undo_acknowledge(escalation_id=escalation.pk, actor=person(pager.people["bram"]), now=pager.now)
    pager.engine.run()
    assert "Bram gave INC-42 back: nobody has it now." in mail.outbox[0].body
    assert pager.mailed() == ["marc"]
    pager.later(minutes=3)
    assert pager.mailed() == ["later"]


def test_undo_after_ten_minutes_is_refused(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"]))
    pager.acknowledge(escalation, "bram")
    pager.later(minutes=10, seconds=1)
    with pytest.raises(Conflict):
        paging.undo_acknowledge(
            escalation_id=escalation.pk, actor=person(pager.people["bram"]), now=pager.now
        )


def test_undo_brings_back_only_what_this_acknowledgement_dropped(pager: Pager) -> None:
    pager.contact("bram", address="now@pager.test")
    pager.contact("bram", address="later@pager.test", delay=4)
    escalation = pager.start(pager.policy(["bram"], repeat=3))
    pager.acknowledge(escalation, "bram")
    pager.later(minutes=30)  # it expires; bram is paged again
    pager.acknowledge(escalation, "bram")
    pager.mails()
    paging.undo_acknowledge(escalation_id=escalation.pk, actor=person(pager.people["bram"]), now=pager.now)
    assert pager.states(escalation) == ["sent", "skipped", "sent", "pending"]


def test_passing_on_pages_the_next_at_once_and_drops_what_waited(pager: Pager) -> None:
    pager.contact("bram", address="now@pager.test")
    pager.contact("bram", address="later@pager.test", delay=2)
    escalation = pager.start(pager.policy(["bram"], ["marc"], ["carla"]))
    asked_at = pager.now
    pager.later(minutes=1)
    pass_on(pager, escalation, "bram", asked_at)
    assert pager.mailed() == ["now", "marc"]
    assert pager.states(escalation)[:2] == ["sent", "skipped"]


def test_passing_on_leaves_what_others_of_the_step_have_not_had_yet(pager: Pager) -> None:
    pager.contact("bram", delay=2)
    pager.contact("carla", address="later@pager.test", delay=2)
    escalation = pager.start(pager.policy(["bram", "carla", "vera"], ["marc"]))
    pass_on(pager, escalation, "bram", pager.now)
    assert pager.mailed() == ["vera", "marc"]
    pager.later(minutes=2)
    assert pager.mailed() == ["later"]


def test_a_late_or_second_pass_on_skips_nobody(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"], ["carla"]))
    asked_at = pager.now
    pager.later(seconds=30)
    pass_on(pager, escalation, "bram", asked_at)
    pager.later(seconds=1)
    pass_on(pager, escalation, "bram", asked_at)
    assert pager.mailed() == ["bram", "marc"]


def test_passing_on_once_somebody_has_it_does_nothing(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    pager.acknowledge(escalation, "bram")
    pass_on(pager, escalation, "bram", None)
    assert pager.mailed() == ["bram"]


def pass_on(pager: Pager, escalation: Escalation, name: str, asked_at: Any) -> None:
    who = pager.people[name]
    paging.pass_on(
        escalation_id=escalation.pk, membership=who, actor=person(who), now=pager.now, asked_at=asked_at
    )
    pager.engine.run()


def test_stopping_tells_everybody_paged_that_it_is_over_in_words_for_the_night(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    pager.later(minutes=5)
    pager.clock.move(hours=10)  # 21:05 in Amsterdam
    pager.mails()
    paging.stop(
        escalation_id=escalation.pk,
        reason="resolved",
        actor=person(pager.people["bram"]),
        now=pager.now,
        tell=True,
        words="Rolled back 4.2.",
    )
    pager.engine.run()
    body = mail.outbox[0].body
    assert body == ("INC-42 over at 21:05 after 605 min. Nothing left for you tonight.\n\nRolled back 4.2.\n")
    assert sorted(pager.mails()) == [
        ("bram", "[Over] INC-42 Checkout: payments fail for all customers"),
        ("marc", "[Over] INC-42 Checkout: payments fail for all customers"),
    ]
    pager.later(hours=1)
    assert pager.mails() == []


def test_stopping_before_the_first_send_sends_nothing_at_all(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"]), run=False)
    paging.stop(escalation_id=escalation.pk, reason="cancelled", actor=ENGINE, now=pager.now, tell=True)
    pager.engine.run()
    assert pager.mails() == []


def test_an_acknowledgement_expires_and_pages_from_the_first_step(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    pager.later(minutes=5)
    pager.acknowledge(escalation, "marc")
    pager.mails()
    pager.later(minutes=29, seconds=59)
    assert pager.mails() == [("marc", "[Still on it?] INC-42 Checkout: payments fail for all customers")]
    pager.later(seconds=1)
    assert "Marc had it, and has not been heard of since." in mail.outbox[0].body
    assert pager.mailed() == ["bram"]


def test_work_that_goes_on_renews_it(pager: Pager, fresh: Fresh) -> None:
    escalation = pager.start(pager.policy(["bram"]))
    pager.acknowledge(escalation, "bram")
    pager.later(minutes=20)
    paging.renew_ack(escalation_id=escalation.pk, actor=person(pager.people["carla"]), now=pager.now)
    pager.later(minutes=29)
    assert fresh(escalation).state == EscalationState.ACKNOWLEDGED
    pager.later(minutes=1)
    assert fresh(escalation).state == EscalationState.PAGING
    assert paging.renew_ack(escalation_id=escalation.pk, actor=ENGINE, now=pager.now) is None


def test_a_snooze_is_quiet_and_pages_from_the_first_step_when_it_ends(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    pager.mails()
    until = pager.now + timedelta(hours=1)
    paging.snooze(escalation_id=escalation.pk, until=until, actor=person(pager.people["bram"]), now=pager.now)
    pager.later(minutes=59)
    assert pager.mails() == []
    pager.later(minutes=1)
    assert pager.mailed() == ["bram"]


def test_a_snooze_of_what_is_over_or_into_the_past_is_refused(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"]))
    with pytest.raises(Conflict):
        paging.snooze(escalation_id=escalation.pk, until=pager.now, actor=ENGINE, now=pager.now)
    paging.stop(escalation_id=escalation.pk, reason="over", actor=ENGINE, now=pager.now)
    with pytest.raises(Conflict):
        paging.snooze(escalation_id=escalation.pk, until=pager.now + MINUTE, actor=ENGINE, now=pager.now)


def test_raising_pages_again_whatever_the_state_and_says_so(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"]), severity_rank=3, severity_word="SEV3")
    pager.acknowledge(escalation, "bram")
    pager.mails()
    paging.restart(
        escalation_id=escalation.pk, card=replace(CARD, severity_word="SEV1"), actor=ENGINE, now=pager.now
    )
    pager.engine.run()
    assert "Raised from SEV3 to SEV1." in mail.outbox[0].body
    assert pager.mails() == [("bram", "[SEV1] INC-42 Checkout: payments fail for all customers")]


def test_new_words_on_the_card_go_into_later_pages_and_page_nobody(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    pager.mails()
    paging.update_card(
        escalation_id=escalation.pk,
        card=replace(CARD, title="card payments fail"),
        actor=ENGINE,
        now=pager.now,
    )
    pager.engine.run()
    assert pager.mails() == []
    pager.later(minutes=5)
    assert pager.mails() == [("marc", "[SEV1?] INC-42 Checkout: card payments fail")]


def test_calling_people_in_pages_each_with_the_words_of_who_calls(pager: Pager) -> None:
    anna = person(pager.people["anna"])
    escalation = paging.page_people(
        card=CARD,
        memberships=[pager.people["bram"], pager.people["marc"]],
        urgency="high",
        actor=anna,
        now=pager.now,
        message="replica lag, need a DBA",
    )
    pager.engine.run()
    assert "Anna asks you in.\n\nreplica lag, need a DBA" in mail.outbox[0].body
    assert pager.mailed() == ["bram", "marc"]
    pager.later(minutes=5)
    assert pager.mailed() == ["bram", "marc"]
    pager.later(minutes=5)
    assert Escalation.objects.get(pk=escalation.pk).state == EscalationState.EXHAUSTED
    assert pager.mailed() == ["anna"]


def test_even_after_the_loud_end_it_can_be_taken_and_given_back(pager: Pager, fresh: Fresh) -> None:
    escalation = pager.start(pager.policy(["bram"]))
    pager.later(minutes=5)
    assert fresh(escalation).state == EscalationState.EXHAUSTED
    pager.acknowledge(escalation, "bram")
    pager.mails()
    paging.undo_acknowledge(escalation_id=escalation.pk, actor=person(pager.people["bram"]), now=pager.now)
    pager.engine.run()
    assert pager.mailed() == ["bram"]


def test_whoever_was_paged_may_answer_whatever_their_role_and_others_may_not(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["carla"]))
    vera, carla = pager.people["vera"], pager.people["carla"]
    with pytest.raises(PermissionDenied):
        paging.acknowledge(escalation_id=escalation.pk, membership=vera, actor=person(vera), now=pager.now)
    link = Actor.link(carla.pk, "Carla", frozenset())
    found = paging.acknowledge(escalation_id=escalation.pk, membership=carla, actor=link, now=pager.now)
    assert found.state == EscalationState.ACKNOWLEDGED


def test_everybody_may_call_for_help_and_the_log_says_who(pager: Pager) -> None:
    vera = person(pager.people["vera"])
    escalation = paging.page_people(
        card=CARD, memberships=[pager.people["bram"]], urgency="high", actor=vera, now=pager.now
    )
    event = escalation.events.get()
    assert (event.kind, event.actor_kind, event.actor_label) == ("started", "person", "Vera")


def test_one_person_has_one_link_however_often_they_are_paged(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"], repeat=2))
    pager.later(minutes=5)
    page = Page.objects.get(escalation=escalation)
    links = {line for sent in mail.outbox for line in sent.body.splitlines() if "/p/" in line}
    assert links == {page.url}
    assert Notification.objects.filter(page=page).count() == 2
