"""Whether it arrived: silence and bad news send the next method; a provider in trouble costs no page."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.tenancy.scoping import tenant_scope
from oncall.models import Attempt, Notification, NotificationState
from oncall.operations import paging
from oncall.operations.beginning import begin_attempt
from oncall.operations.claiming import SENDS
from oncall.operations.receiving import note_receipt
from oncall.operations.sending import finish_attempt
from oncall.replies import Receipt, receipt_of
from oncall.senders.message import Outcome
from tests.oncall.conftest import Pager, person
from tests.oncall.wire import Call, Wire, refuse, slow
from tests.people import World

NUMBER = "+31612345678"
OWN = "bram@acme.test"


def report(pager: Pager, call: Call, status: str, **more: str) -> None:
    """What the status view does inside the tenant's scope."""
    row = Notification.objects.get(provider_id=call.sid)
    name = "CallStatus" if call.sent.method == "voice" else "MessageStatus"
    note_receipt(
        notification_id=row.pk, receipt=receipt_of({name: status} | more), now=pager.now, provider_id=call.sid
    )
    pager.engine.run()


def test_without_a_word_within_a_minute_the_next_method_goes(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram", delay=10)
    pager.start(pager.policy(["bram"], delay=60))
    wire.expect("sms", NUMBER, "INC-42")
    pager.later(seconds=59)
    wire.silence()
    pager.later(seconds=1)
    wire.expect("push", "https://ntfy.sh/bram", "INC-42")
    row = Notification.objects.get(method="sms")
    assert (row.state, row.note, row.confirm_by) == ("sent", "not_confirmed", None)
    pager.later(minutes=30)


def test_where_no_method_is_left_a_mail_goes_to_their_own_address(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="voice", address=NUMBER)
    pager.start(pager.policy(["bram"], delay=60))
    wire.expect("voice", NUMBER)
    pager.later(seconds=89)
    wire.silence()
    pager.later(seconds=1)
    wire.expect("email", OWN, "INC-42")


def test_delivered_in_time_the_rules_go_on_as_they_are(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram", delay=10)
    pager.start(pager.policy(["bram"], delay=60))
    call = wire.expect("sms", NUMBER)
    pager.clock.move(seconds=3)
    report(pager, call, "sent")
    report(pager, call, "delivered")
    row = Notification.objects.get(method="sms")
    assert (row.delivered_at, row.confirm_by, row.receipt_rank) == (pager.now, None, 30)
    pager.later(minutes=9)
    wire.silence()
    pager.later(minutes=1)
    wire.expect("push", "https://ntfy.sh/bram")


def test_word_that_comes_late_is_still_good_news(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    pager.start(pager.policy(["bram"], delay=60))
    call = wire.expect("sms", NUMBER)
    pager.later(minutes=1)
    wire.expect("email", OWN)
    report(pager, call, "delivered")
    row = Notification.objects.get(method="sms")
    assert (row.note, row.delivered_at) == ("", pager.now)


@pytest.mark.parametrize(
    ("kind", "status", "more"),
    [
        ("sms", "undelivered", {"ErrorCode": "30005"}),
        ("sms", "failed", {}),
        ("voice", "busy", {}),
        ("voice", "no-answer", {}),
        ("voice", "completed", {"AnsweredBy": "machine_start"}),
    ],
)
def test_bad_news_is_a_failed_attempt_and_the_next_method_goes_at_once(
    pager: Pager, wire: Wire, kind: str, status: str, more: dict[str, str]
) -> None:
    pager.contact("bram", kind=kind, address=NUMBER)
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram", delay=10)
    pager.start(pager.policy(["bram"], delay=60))
    call = wire.expect(kind, NUMBER)
    report(pager, call, status, **more)
    wire.expect("push", "https://ntfy.sh/bram", "INC-42")
    assert Attempt.objects.get(notification__method=kind).outcome == "failed"
    pager.later(seconds=59)
    wire.silence()  # whoever did not take the call is not called again at once
    pager.later(seconds=31)
    again = wire.expect(kind, NUMBER)
    # A late report of the first try says nothing of the second.
    row = Notification.objects.get(method=kind)
    note_receipt(
        notification_id=row.pk,
        receipt=receipt_of({"MessageStatus": "failed"}),
        now=pager.now,
        provider_id=call.sid,
    )
    assert Notification.objects.get(pk=row.pk).state == "sent"
    report(pager, again, "delivered" if kind == "sms" else "completed", AnsweredBy="human")


def test_a_report_that_is_here_before_the_call_has_returned(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram", delay=10)
    outside, exchange = wire, wire.exchange

    def quick(*args: object) -> object:
        answer = exchange(*args)
        if "/Messages" in str(args[2]):
            row = Notification.objects.get(method="sms")
            failed = receipt_of({"MessageStatus": "undelivered"})
            note_receipt(notification_id=row.pk, receipt=failed, now=pager.now)
        return answer

    from config.tenancy import outbound

    outbound._exchange, kept = quick, outbound._exchange
    try:
        pager.start(pager.policy(["bram"], delay=60))
    finally:
        outbound._exchange = kept
    outside.expect("sms", NUMBER)
    outside.expect("push", "https://ntfy.sh/bram")
    assert Notification.objects.get(method="sms").state == "failed"


STATUSES = ["queued", "sending", "sent", "undelivered", "delivered"]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.permutations(STATUSES + STATUSES[2:]))
def test_reports_may_come_twice_and_in_any_order(pager: Pager, wire: Wire, order: list[str]) -> None:
    row = Notification.objects.first()
    if row is None:
        pager.contact("bram", kind="sms", address=NUMBER)
        pager.start(pager.policy(["bram"], delay=9000))
        row = Notification.objects.get(method="sms")
    Notification.objects.filter(pk=row.pk).update(
        state="sent",
        retry_at=None,
        receipt_rank=0,
        delivered_at=None,
        confirm_by=pager.now + timedelta(minutes=1),
    )
    ranks = []
    for status in order:
        note_receipt(notification_id=row.pk, receipt=receipt_of({"MessageStatus": status}), now=pager.now)
        ranks.append(Notification.objects.get(pk=row.pk).receipt_rank)
    assert ranks == sorted(ranks)
    done = Notification.objects.get(pk=row.pk)
    assert (done.receipt_rank, done.delivered_at, done.confirm_by) == (30, pager.now, None)
    wire.take()


def test_the_outsider_reports_nothing(pager: Pager, world: World, wire: Wire) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    pager.start(pager.policy(["bram"], delay=60))
    wire.take()
    row = Notification.objects.get()
    before = Notification.objects.values().get()
    with tenant_scope(world.other.tenant.pk):
        for pk in (row.pk, 10**12):
            note_receipt(notification_id=pk, receipt=Receipt(30, True, False, False, ""), now=pager.now)
    assert Notification.objects.values().get() == before


# --- a provider in trouble ------------------------------------------------------------------------------


def test_a_provider_that_has_enough_is_heard_and_the_page_goes_by_the_next_method(
    pager: Pager, wire: Wire
) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram", delay=5)
    wire.answers("sms", refuse(429, retry_after=40))
    pager.start(pager.policy(["bram"], delay=60))
    wire.expect("push", "https://ntfy.sh/bram", "INC-42")
    pager.later(seconds=39)
    wire.silence()
    pager.later(seconds=1)
    wire.expect("sms", NUMBER, "INC-42")


@pytest.mark.parametrize("trouble", [refuse(500), refuse(503), slow()])
def test_a_provider_that_fails_or_is_slow_costs_no_page(pager: Pager, wire: Wire, trouble: object) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    wire.answers("sms", trouble, trouble)
    pager.start(pager.policy(["bram"], delay=60))
    pager.engine.run_until(pager.now + timedelta(seconds=30), step=timedelta(seconds=1))
    wire.expect("email", OWN, "INC-42")
    wire.expect("sms", NUMBER, "INC-42")


def test_all_providers_down_for_half_an_hour_cost_no_page(pager: Pager, wire: Wire) -> None:
    """Nobody is reached while all is down; then everybody is, once, by what they asked for."""
    for kind, address in (("sms", NUMBER), ("push", "https://ntfy.sh/bram")):
        pager.contact("bram", kind=kind, address=address)
        wire.down(kind, minutes=30)
    wire.down("email", minutes=30)
    escalation = pager.start(pager.policy(["bram"], delay=60))
    pager.engine.run_until(pager.now + timedelta(minutes=29))
    wire.silence()
    pager.engine.run_until(pager.now + timedelta(minutes=4))
    assert sorted(sent.method for sent in wire.take()) == ["email", "push", "sms"]
    assert set(pager.states(escalation)) == {"sent"}


def test_answered_while_it_was_down_nobody_hears_of_it_afterwards(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    wire.down("sms", minutes=30)
    wire.down("email", minutes=30)
    escalation = pager.start(pager.policy(["bram"], delay=60))
    pager.engine.run_until(pager.now + timedelta(minutes=10))
    marc = pager.people["marc"]
    paging.acknowledge(escalation_id=escalation.pk, membership=marc, actor=person(marc), now=pager.now)
    paging.stop(escalation_id=escalation.pk, reason="over", actor=person(marc), now=pager.now)
    pager.engine.run_until(pager.now + timedelta(minutes=40))
    assert set(pager.states(escalation)) == {"skipped"}


# --- seats ----------------------------------------------------------------------------------------------


def test_one_tenants_slow_sends_leave_seats_for_the_others(pager: Pager, world: World, wire: Wire) -> None:
    """Eight workers: each claims one and waits for its provider."""
    for number in range(12):
        escalation = pager.start(pager.policy(["bram"], called=f"P{number}"), run=False, key=f"INC-{number}")
        assert escalation.pk
    from oncall.operations.engine import run_steps

    run_steps(pager.now)
    held = list(itertools.chain.from_iterable(SENDS.claim(pager.now, limit=1) for _ in range(8)))
    assert len(held) == 4
    assert {claimed.tenant_id for claimed in held} == {world.acme.tenant.pk}
    row = Notification.objects.exclude(pk__in=[claimed.id for claimed in held]).first()
    assert row is not None
    # A seat that is given back is taken by the next.
    Notification.objects.filter(pk=held[0].id).update(
        state=NotificationState.SENT, retry_at=None, lease_until=None, lease_token=None
    )
    assert len(SENDS.claim(pager.now, limit=1)) == 1
    assert SENDS.claim(pager.now, limit=1) == []
    Notification.objects.all().update(retry_at=None, state=NotificationState.SKIPPED)


def test_with_all_its_seats_taken_the_other_tenant_goes_on(pager: Pager, world: World, wire: Wire) -> None:
    from dataclasses import replace

    from config.tenancy.actors import ENGINE
    from oncall.operations.engine import run_steps
    from tests.oncall.conftest import CARD

    for number in range(6):
        pager.start(pager.policy(["bram"], called=f"P{number}"), run=False, key=f"INC-{number}")
    run_steps(pager.now)
    for _ in range(6):
        SENDS.claim(pager.now, limit=1)
    with tenant_scope(world.other.tenant.pk):
        olga = world.other.members["olga"]
        paging.page_people(
            card=replace(CARD, key="INC-1"), memberships=[olga], urgency="high", actor=ENGINE, now=pager.now
        )
    run_steps(pager.now)
    (claimed,) = SENDS.claim(pager.now, limit=1)
    assert claimed.tenant_id == world.other.tenant.pk


def test_a_late_failure_of_the_first_try_while_the_second_is_on_its_way_is_not_the_second_s(
    pager: Pager, wire: Wire
) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    pager.start(pager.policy(["bram"], delay=60))
    first = wire.expect("sms", NUMBER, "INC-42")
    row = Notification.objects.get(provider_id=first.sid)
    pager.clock.move(minutes=2)
    Notification.objects.filter(pk=row.pk).update(retry_at=pager.now, state="failed")
    (claimed,) = SENDS.claim(pager.now, limit=1)
    draft = begin_attempt(claimed, pager.now)
    assert draft is not None
    failed = receipt_of({"MessageStatus": "failed"})
    note_receipt(notification_id=row.pk, receipt=failed, now=pager.now, provider_id=first.sid)
    finish_attempt(draft, Outcome(True, "accepted", receipt=True, provider_id="SM2"), pager.now)
    row.refresh_from_db()
    assert (row.state, row.provider_id, row.receipt_rank) == ("sent", "SM2", 0)
