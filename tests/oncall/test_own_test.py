"""Test my pager: it really pages, by all methods at once, and leaves no trace in anybody's figures."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.scoping import tenant_scope
from oncall.models import ContactMethod, Escalation, Notification, Page, PagerProfile
from oncall.operations.contacts import switch_off
from oncall.operations.load import load_of
from oncall.operations.receiving import note_receipt
from oncall.operations.replying import page_of_reply
from oncall.operations.testing import finish_test, last_test, start_test
from oncall.replies import receipt_of
from tests.conftest import START
from tests.oncall.conftest import Pager, person
from tests.oncall.wire import Wire, refuse
from tests.people import World

NUMBER = "+31612345678"


def start(pager: Pager, name: str = "bram", by: str = "") -> Escalation:
    member = pager.people[name]
    escalation = start_test(membership=member, actor=person(pager.people[by or name]), now=pager.now)
    pager.engine.run()
    return escalation


def finish(pager: Pager, escalation: Escalation, name: str = "bram") -> Escalation:
    member = pager.people[name]
    done = finish_test(escalation_id=escalation.pk, membership=member, actor=person(member), now=pager.now)
    pager.engine.run()
    return done


def fates(pager: Pager, name: str = "bram") -> list[str]:
    result = last_test(pager.people[name])
    assert result is not None
    return [result.state, *(one.fate for one in result.tried)]


def test_all_methods_of_the_rules_at_once_and_one_answer_ends_it(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram", delay=5)
    pager.contact("bram", kind="email", address="bram@home.test", delay=10)
    escalation = start(pager)
    code = Notification.objects.get(method="sms").reply_code
    wire.expect("sms", NUMBER, "TEST for Bram", code)
    wire.expect("push", "https://ntfy.sh/bram", "TEST for Bram")
    link = Page.objects.get().url
    wire.expect("email", "bram@home.test", "TEST", link)
    opened = page_of_reply(number=NUMBER, code=code)
    assert opened is not None
    assert opened.row_id == Page.objects.get().pk
    assert fates(pager) == ["running", "waiting", "accepted", "accepted"]
    pager.clock.move(seconds=20)
    finish(pager, escalation)
    assert PagerProfile.objects.get().tested_at == pager.now
    assert Escalation.objects.get().state == "stopped"
    assert fates(pager)[0] == "answered"
    pager.clock.move(minutes=1)
    finish(pager, escalation)  # a second call changes nothing
    assert PagerProfile.objects.get().tested_at == pager.now - timedelta(minutes=1)
    pager.engine.run_until(pager.now + timedelta(minutes=20))


def test_unanswered_it_ends_quietly_and_says_what_arrived(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    pager.contact("bram", kind="voice", address=NUMBER)
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram")
    wire.answers("push", *[refuse(500)] * 30)
    start(pager)
    call = wire.expect("sms", NUMBER)
    wire.expect("voice", NUMBER)
    row = Notification.objects.get(provider_id=call.sid)
    note_receipt(notification_id=row.pk, receipt=receipt_of({"MessageStatus": "delivered"}), now=pager.now)
    pager.engine.run_until(pager.now + timedelta(minutes=11))
    assert fates(pager) == ["unanswered", "delivered", "unconfirmed", "failed"]
    assert not PagerProfile.objects.filter(tested_at__isnull=False).exists()
    assert Escalation.objects.get().state == "stopped"
    # No owner hears of it.
    wire.silence()


def test_it_works_for_whoever_has_no_rule(pager: Pager, wire: Wire) -> None:
    finish(pager, start(pager))
    wire.expect("email", "bram@acme.test", "TEST for Bram")


def test_it_counts_in_no_figure(pager: Pager, wire: Wire) -> None:
    finish(pager, start(pager))
    wire.take()
    assert load_of(begins_at=START - timedelta(days=1), ends_at=START + timedelta(days=1)) == []


def test_it_hides_no_page_and_is_hidden_by_none(pager: Pager, wire: Wire) -> None:
    start(pager)
    wire.expect("email", "bram@acme.test", "TEST")
    pager.start(pager.policy(["bram"], delay=60), severity_rank=3)
    wire.expect("email", "bram@acme.test", "INC-42")
    start(pager, "bram")
    pager.engine.run_until(pager.now + timedelta(minutes=11))
    start(pager)
    wire.expect("email", "bram@acme.test", "TEST")


def test_a_contact_switched_off_while_a_test_is_queued(pager: Pager, wire: Wire) -> None:
    contact = pager.contact("bram", kind="sms", address=NUMBER)
    member = pager.people["bram"]
    start_test(membership=member, actor=person(member), now=pager.now)
    switch_off(contact=contact, actor=person(member), now=pager.now)
    pager.engine.run()
    wire.expect("email", "bram@acme.test", "TEST for Bram")


def test_while_one_runs_a_second_tap_starts_no_other(pager: Pager, wire: Wire) -> None:
    assert start(pager).pk == start(pager).pk
    wire.expect("email", "bram@acme.test", "TEST")


def test_six_an_hour(pager: Pager, wire: Wire) -> None:
    for _ in range(6):
        finish(pager, start(pager))
    wire.take()
    with pytest.raises(Conflict):
        start(pager)


def test_ones_own_or_by_who_may_set_up(pager: Pager, wire: Wire) -> None:
    with pytest.raises(PermissionDenied):
        start(pager, "bram", by="carla")
    start(pager, "bram", by="marc")
    wire.expect("email", "bram@acme.test", "TEST")


def test_nobody_finishes_anothers_test_or_a_page(pager: Pager, wire: Wire, world: World) -> None:
    escalation = start(pager)
    wire.take()
    with pytest.raises(Escalation.DoesNotExist):
        finish(pager, escalation, "carla")
    real = pager.start(pager.policy(["bram"], delay=60))
    wire.take()
    with pytest.raises(Escalation.DoesNotExist):
        finish(pager, real)
    olga = world.other.members["olga"]
    with tenant_scope(world.other.tenant.pk):
        for pk in (escalation.pk, 10**12):
            with pytest.raises(Escalation.DoesNotExist):
                finish_test(escalation_id=pk, membership=olga, actor=person(olga), now=pager.now)
        with pytest.raises(Membership.DoesNotExist):
            start_test(membership=pager.people["anna"], actor=person(olga), now=pager.now)
    assert Escalation.objects.get(pk=escalation.pk).state == "paging"


def test_an_address_that_is_gone_is_switched_off_by_the_test(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram")
    wire.answers("push", refuse(410))
    start(pager)
    assert ContactMethod.objects.get().disabled_at is not None
    wire.take()
