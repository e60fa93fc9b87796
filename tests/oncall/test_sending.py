"""Attempts: written before the call, tried again with back-off, sent again when in doubt, given up loudly."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.doors import open_door
from config.tenancy.models import DoorKind, KeptMail
from config.tenancy.scoping import tenant_scope
from oncall.backoff import LONGEST, LONGEST_WISH, wait_after
from oncall.models import Attempt, Notification, NotificationState, Page
from oncall.operations import drafts, paging, sending
from oncall.operations.beginning import begin_attempt
from oncall.operations.claiming import LEASE, SENDS
from oncall.operations.engine import run_steps
from oncall.operations.summons import LINK_LASTS
from oncall.senders.message import Message, Outcome
from tests.oncall.conftest import CARD, MINUTE, Pager, logged

Send = Callable[[Message, str], Outcome]


class Outside:
    """The world outside, scripted: each call takes the next outcome, then all is well."""

    def __init__(self) -> None:
        self.script: list[Outcome | Exception] = []
        self.calls: list[tuple[Message, str]] = []
        self.before: Callable[[], object] = lambda: None

    def send(self, message: Message, address: str, secret: str = "") -> Outcome:
        self.before()
        self.calls.append((message, address))
        outcome = self.script.pop(0) if self.script else Outcome(True, "250 ok")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def fire_only(pager: Pager) -> None:
    run_steps(pager.now)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    there = Outside()
    monkeypatch.setattr(drafts.email, "send", there.send)
    monkeypatch.setattr(drafts.webhook, "send", there.send)
    monkeypatch.setattr(sending.random, "random", lambda: 0.5)  # no jitter
    return there


def attempts() -> list[tuple[int, bool, str]]:
    return list(Attempt.objects.order_by("id").values_list("number", "resent", "outcome"))


def test_the_attempt_is_on_record_as_sending_before_the_call(pager: Pager, outside: Outside) -> None:
    seen: list[object] = []
    outside.before = lambda: seen.append((attempts(), Notification.objects.get().state))
    pager.start(pager.policy(["bram"]))
    assert seen == [([(1, False, "sending")], "sending")]
    assert attempts() == [(1, False, "sent")]
    assert Notification.objects.get().sent_at == pager.now


def test_a_failed_send_is_tried_again_after_a_growing_wait(pager: Pager, outside: Outside) -> None:
    outside.script = [Outcome(False, "451 busy"), Outcome(False, "451 busy")]
    pager.start(pager.policy(["bram"], delay=60))
    row = Notification.objects.get()
    assert (row.state, row.retry_at, row.note) == ("failed", pager.now + timedelta(seconds=2), "451 busy")
    pager.later(seconds=1.9)
    assert len(outside.calls) == 1
    pager.later(seconds=0.1)
    assert Notification.objects.get().retry_at == pager.now + timedelta(seconds=5)
    pager.later(seconds=5)
    assert [outcome for _n, _r, outcome in attempts()] == ["failed", "failed", "sent"]
    assert {message.uid for message, _address in outside.calls} == {row.uid}


def test_a_wish_to_be_asked_later_is_heard(pager: Pager, outside: Outside) -> None:
    outside.script = [Outcome(False, "HTTP 429", timedelta(seconds=45))]
    pager.start(pager.policy(["bram"], delay=60))
    assert Notification.objects.get().retry_at == pager.now + timedelta(seconds=45)


@given(tries=st.integers(1, 1000), chance=st.floats(0, 1, exclude_max=True), wish=st.integers(0, 10**6))
def test_the_wait_grows_never_ends_and_stays_bounded(tries: int, chance: float, wish: int) -> None:
    wait = wait_after(tries, chance=chance)
    assert timedelta(seconds=1) < wait <= LONGEST * 1.25
    assert wait_after(tries + 1, chance=chance) >= wait
    heard = wait_after(tries, chance=chance, wish=timedelta(seconds=wish))
    assert max(wait, min(timedelta(seconds=wish), LONGEST_WISH)) == heard


def test_it_is_tried_as_long_as_nobody_has_it_and_not_once_somebody_has(
    pager: Pager, outside: Outside
) -> None:
    outside.script = [Outcome(False, "down")] * 1000
    escalation = pager.start(pager.policy(["bram"], delay=600))
    for _ in range(30):
        pager.later(minutes=2, seconds=30)
    assert len(outside.calls) == 1 + 30
    paging.acknowledge(
        escalation_id=escalation.pk, membership=pager.people["marc"], actor=ENGINE, now=pager.now
    )
    made = len(outside.calls)
    pager.later(minutes=24)  # at 25 whoever has it is asked
    assert len(outside.calls) == made
    assert pager.states(escalation) == ["skipped"]


def test_after_a_day_a_page_is_a_dead_letter_and_the_owners_hear(
    pager: Pager, outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    outside.script = [Outcome(False, "down")] * 2
    escalation = pager.start(pager.policy(["bram"], delay=9000))
    pager.later(hours=25)
    assert pager.states(escalation) == ["dead"]
    assert ("ERROR", "dead_letter") in logged(caplog)
    told = outside.calls[-1]
    assert (told[0].kind, told[1]) == ("nobody", "anna@acme.test")


def test_a_notice_is_given_up_after_eight_tries(pager: Pager, outside: Outside) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    outside.script = [Outcome(False, "down")] * 100
    paging.stop(escalation_id=escalation.pk, reason="over", actor=ENGINE, now=pager.now, tell=True)
    for _ in range(20):
        pager.later(minutes=3)
    assert pager.states(escalation, "over") == ["dead"]
    assert len(outside.calls) == 1 + 8


def test_a_lease_that_runs_out_is_sent_again_once_and_marked(pager: Pager, outside: Outside) -> None:
    """A worker that begins an attempt and dies: kill -9 between `sending` and the outcome."""
    escalation = pager.start(pager.policy(["bram"], delay=60), run=False)
    fire_only(pager)
    (claimed,) = SENDS.claim(pager.now, limit=4)
    with tenant_scope(claimed.tenant_id):
        assert begin_attempt(claimed, pager.now) is not None
    pager.later(seconds=29.9)
    assert outside.calls == []
    pager.later(seconds=0.1)
    assert len(outside.calls) == 1
    assert outside.calls[0][0].resent
    assert attempts() == [(1, False, "unknown"), (2, True, "sent")]
    pager.later(minutes=50)
    assert pager.states(escalation) == ["sent"]
    assert len(outside.calls) == 1


def test_a_worker_that_slept_through_its_lease_sends_nothing(pager: Pager, outside: Outside) -> None:
    pager.start(pager.policy(["bram"], delay=60), run=False)
    fire_only(pager)
    (slow,) = SENDS.claim(pager.now, limit=4)
    pager.later(seconds=30)  # another worker takes it over and sends
    assert len(outside.calls) == 1
    with tenant_scope(slow.tenant_id):
        assert begin_attempt(slow, pager.now) is None


def test_a_late_outcome_of_a_lost_lease_touches_only_its_attempt(pager: Pager, outside: Outside) -> None:
    pager.start(pager.policy(["bram"], delay=60), run=False)
    fire_only(pager)
    (slow,) = SENDS.claim(pager.now, limit=4)
    with tenant_scope(slow.tenant_id):
        draft = begin_attempt(slow, pager.now)
        assert draft is not None
        pager.later(seconds=30)
        sending.finish_attempt(draft, Outcome(False, "451"), pager.now)
    assert Notification.objects.get().state == NotificationState.SENT
    assert attempts() == [(1, False, "failed"), (2, True, "sent")]


def test_an_acknowledgement_between_claim_and_begin_wins(pager: Pager, outside: Outside) -> None:
    escalation = pager.start(pager.policy(["bram"]), run=False)
    fire_only(pager)
    (claimed,) = SENDS.claim(pager.now, limit=4)
    paging.acknowledge(
        escalation_id=escalation.pk, membership=pager.people["bram"], actor=ENGINE, now=pager.now
    )
    with tenant_scope(claimed.tenant_id):
        assert begin_attempt(claimed, pager.now) is None
    assert outside.calls == []
    assert pager.states(escalation) == ["skipped"]


def test_an_acknowledgement_while_the_call_is_out_is_no_reason_to_try_again(
    pager: Pager, outside: Outside
) -> None:
    escalation = pager.start(pager.policy(["bram"]), run=False)
    outside.script = [Outcome(False, "451")]
    outside.before = lambda: paging.acknowledge(
        escalation_id=escalation.pk, membership=pager.people["marc"], actor=ENGINE, now=pager.now
    )
    pager.engine.run()
    outside.before = lambda: None
    pager.later(minutes=5)
    pages = [message for message, _address in outside.calls if message.kind == "page"]
    assert len(pages) == 1
    assert pager.states(escalation) == ["skipped"]


def test_a_broken_row_holds_up_no_other_and_is_given_up_loudly(
    pager: Pager, outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    broken = pager.start(pager.policy(["bram"], delay=600), run=False)
    fire_only(pager)
    broken.card_stored = {"key": "INC-42"}
    broken.save(update_fields=["card_stored"])
    pager.start(pager.policy(["marc"], called="Other"), key="INC-43")
    assert [message.card.key for message, _address in outside.calls] == ["INC-43"]
    for _ in range(10):
        pager.later(seconds=31)
    assert pager.states(broken) == ["dead"]
    assert ("ERROR", "send_failed_here") in logged(caplog)
    assert ("ERROR", "dead_letter") in logged(caplog)


def test_when_one_way_fails_the_next_goes_at_once(pager: Pager, outside: Outside) -> None:
    pager.contact("bram", kind="webhook", address="https://hook.test/x")
    pager.contact("bram", address="later@pager.test", delay=4)
    outside.script = [Outcome(False, "HTTP 500")]
    pager.start(pager.policy(["bram"], delay=60))
    assert [address for _message, address in outside.calls] == ["https://hook.test/x", "later@pager.test"]


def test_a_webhook_that_fails_twice_is_backed_by_a_mail_to_their_own_address(
    pager: Pager, outside: Outside
) -> None:
    pager.contact("bram", kind="webhook", address="https://hook.test/x")
    outside.script = [Outcome(False, "HTTP 500")] * 2
    pager.start(pager.policy(["bram"], delay=60))
    pager.later(seconds=2)
    assert [address for _message, address in outside.calls] == ["https://hook.test/x"] * 2 + [
        "bram@acme.test"
    ]


def test_a_contact_switched_off_while_a_page_waits_falls_back_to_their_own_address(
    pager: Pager, outside: Outside
) -> None:
    contact = pager.contact("bram", kind="webhook", address="https://hook.test/x", delay=1)
    pager.start(pager.policy(["bram"], delay=60))
    with acting(ENGINE, now=pager.now):
        contact.disabled_at = pager.now
        contact.save()
    pager.later(minutes=1)
    assert [address for _message, address in outside.calls] == ["bram@acme.test"]


def test_contacts_switched_off_or_removed_while_pages_wait_break_nothing(
    pager: Pager, outside: Outside
) -> None:
    contacts = [
        pager.contact("bram", kind="webhook", address=f"https://hook.test/{number}", delay=1)
        for number in range(4)
    ]
    escalation = pager.start(pager.policy(["bram"], delay=60))
    with acting(ENGINE, now=pager.now):
        for contact in contacts[:2]:
            contact.disabled_at = pager.now
            contact.save()
        for contact in contacts[2:]:
            contact.delete()
    pager.later(minutes=1)
    assert {address for _message, address in outside.calls} == {"bram@acme.test"}
    assert pager.states(escalation) == ["sent", "skipped", "skipped", "skipped"]


def test_while_more_is_due_a_further_worker_is_rung_for_before_the_call(
    pager: Pager, outside: Outside, bells: list[str], django_capture_on_commit_callbacks: Callable
) -> None:
    """A slow server holds up one worker, and nobody's page behind it."""
    for name in ("anna", "bram"):
        pager.start(pager.policy([name], called=name), run=False)
    fire_only(pager)
    with django_capture_on_commit_callbacks(execute=True):
        assert sending.run_sends(pager.now) == 1
    assert bells == ["oncall.sends"]
    assert len(outside.calls) == 1
    bells.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert sending.run_sends(pager.now) == 1
        assert sending.run_sends(pager.now) == 0
    assert bells == []


def test_without_a_mail_server_the_attempt_says_that_the_mail_was_only_kept(
    pager: Pager, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "config.tenancy.mail.KeepingBackend"
    pager.start(pager.policy(["bram"]))
    assert Attempt.objects.get().detail == "kept here, not sent: EMAIL_URL is not set"
    assert KeptMail.objects.get().to == "bram@acme.test"


def test_nothing_is_left_leased_when_all_is_quiet(pager: Pager, outside: Outside) -> None:
    pager.start(pager.policy(["bram"], ["marc"]))
    pager.later(minutes=5)
    assert not Notification.objects.filter(lease_until__isnull=False).exists()
    assert SENDS.oldest_due(pager.now) is None
    assert SENDS.next_due(pager.now) is None
    assert LEASE < MINUTE
    assert mail.outbox == []


def test_a_page_that_failed_and_was_dropped_comes_back_when_the_answer_is_undone(
    pager: Pager, outside: Outside
) -> None:
    """It was being sent when somebody answered, failed, and was dropped at its next try."""
    escalation = pager.start(pager.policy(["bram", "marc"], delay=60), run=False)
    outside.script = [Outcome(True, "250"), Outcome(False, "451 busy")]
    anna = pager.people["anna"]

    def answer() -> None:
        if len(outside.calls) == 1:
            paging.acknowledge(escalation_id=escalation.pk, membership=anna, actor=ENGINE, now=pager.now)

    outside.before = answer
    pager.engine.run()
    pager.later(seconds=3)
    assert pager.states(escalation) == ["sent", "skipped"]
    pager.later(minutes=1)
    paging.undo_acknowledge(escalation_id=escalation.pk, actor=ENGINE, now=pager.now)
    pager.engine.run()
    assert pager.states(escalation) == ["sent", "sent"]
    assert [m.kind for m, address in outside.calls if address == "marc@acme.test"][-1] == "page"


@pytest.mark.parametrize(
    ("kind", "told", "overtake"),
    [
        ("taken", "acknowledge", "undo_acknowledge"),
        ("given_back", "undo_acknowledge", "acknowledge"),
        ("over", "stop", "restart"),
    ],
)
def test_a_notice_that_is_not_true_any_more_is_not_sent(
    pager: Pager, outside: Outside, kind: str, told: str, overtake: str
) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"], delay=60))
    mine: dict[str, Any] = {"escalation_id": escalation.pk, "actor": ENGINE}
    deeds: dict[str, Callable[[], object]] = {
        "acknowledge": lambda: paging.acknowledge(**mine, now=pager.now, membership=pager.people["anna"]),
        "undo_acknowledge": lambda: paging.undo_acknowledge(**mine, now=pager.now),
        "stop": lambda: paging.stop(**mine, now=pager.now, reason="over", tell=True),
        "restart": lambda: paging.restart(**mine, now=pager.now, card=CARD),
    }
    if told == "undo_acknowledge":
        deeds["acknowledge"]()
        pager.engine.run()
    outside.script = [Outcome(False, "451 busy")]
    deeds[told]()
    pager.engine.run()
    assert pager.states(escalation, kind) == ["failed"]
    pager.clock.move(seconds=1)
    deeds[overtake]()
    pager.later(minutes=2)
    assert pager.states(escalation, kind) == ["skipped"]


def test_owners_are_not_told_that_nobody_answered_once_somebody_has(pager: Pager, outside: Outside) -> None:
    escalation = pager.start(pager.policy(["bram"]))
    outside.script = [Outcome(False, "451 busy")]
    pager.later(minutes=5)
    assert pager.states(escalation, "nobody") == ["failed"]
    pager.acknowledge(escalation, "bram")
    pager.later(minutes=2)
    assert pager.states(escalation, "nobody") == ["skipped"]


def test_a_webhook_that_failed_around_a_crash_is_also_told_by_mail(pager: Pager, outside: Outside) -> None:
    """The second try ended with its worker, so it never failed: the third counts."""
    pager.contact("bram", "webhook", "https://hooks.bram.test/page")
    outside.script = [Outcome(False, "HTTP 500")]
    pager.start(pager.policy(["bram"], delay=60))
    pager.clock.move(seconds=2)
    (claimed,) = SENDS.claim(pager.now, limit=1)
    with tenant_scope(claimed.tenant_id):
        assert begin_attempt(claimed, pager.now) is not None
    outside.script = [Outcome(False, "HTTP 500")]
    pager.later(seconds=LEASE.total_seconds())
    assert [address for _message, address in outside.calls[-2:]] == [
        "https://hooks.bram.test/page",
        "bram@acme.test",
    ]


def test_paged_again_after_a_week_the_link_is_good_again(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"]))
    pager.acknowledge(escalation, "bram")
    until = pager.now + timedelta(days=90)
    paging.snooze(escalation_id=escalation.pk, until=until, actor=ENGINE, now=pager.now)
    pager.later(days=90)
    page = Page.objects.get()
    assert page.expires_at == pager.now + LINK_LASTS
    with open_door(DoorKind.PAGE, page.token) as opened:
        assert opened.row_id == page.pk


def test_a_mail_contact_that_fails_twice_is_also_tried_at_the_persons_own_address(
    pager: Pager, outside: Outside
) -> None:
    pager.contact("bram", address="old@pager.test")
    outside.script = [Outcome(False, "550 no such mailbox")] * 2
    pager.start(pager.policy(["bram"], delay=60))
    pager.later(seconds=2)
    assert [address for _message, address in outside.calls[1:]] == ["old@pager.test", "bram@acme.test"]


def test_the_persons_own_address_is_tried_once_only_where_the_contact_is_that(
    pager: Pager, outside: Outside
) -> None:
    pager.contact("bram", address="Bram@acme.test")
    outside.script = [Outcome(False, "451 busy")] * 2
    pager.start(pager.policy(["bram"], delay=60))
    pager.later(seconds=2)
    assert Notification.objects.count() == 1


def test_a_contact_whose_address_cannot_be_read_any_more_falls_back_to_mail(
    pager: Pager, outside: Outside
) -> None:
    """The key it was encrypted with is gone."""
    contact = pager.contact("bram", address="old@pager.test")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE oncall_contactmethod SET address = 'gAAAAlost' WHERE id = %s", [contact.pk])
    pager.start(pager.policy(["bram"], delay=60))
    assert [address for _message, address in outside.calls] == ["bram@acme.test"]
