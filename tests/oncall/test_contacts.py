"""Contact methods: proved by a code, switched off when nothing reaches them, one's own or a manager's."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.actors import ENGINE
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Door, Membership
from config.tenancy.scoping import tenant_scope
from oncall.models import ContactMethod, NotificationRule, PersonalMessage
from oncall.operations.claiming import MESSAGES
from oncall.operations.contacts import add_contact, remove_contact, switch_off, switch_on, tidy
from oncall.operations.gone import switch_off_stopped
from oncall.operations.setup import add_own_mail
from oncall.operations.verifying import code_of, send_code, verify
from tests.oncall.conftest import Pager, person
from tests.oncall.wire import Wire, refuse
from tests.people import World

NUMBER, OTHER = "+31612345678", "+31687654321"


def add(pager: Pager, name: str = "bram", kind: str = "sms", address: str = NUMBER) -> ContactMethod:
    member = pager.people[name]
    contact = add_contact(membership=member, kind=kind, address=address, actor=person(member), now=pager.now)
    pager.engine.run()
    return contact


def code_in(wire: Wire, kind: str = "sms", to: str = NUMBER) -> str:
    found = re.search(r"\b[0-9]{6}\b", wire.expect(kind, to).sent.words)
    assert found
    return found[0]


def prove(pager: Pager, contact: ContactMethod, code: str) -> ContactMethod:
    return verify(contact=contact, code=code, actor=person(contact.membership), now=pager.now)


def test_a_number_is_proved_by_the_code_that_was_sent_to_it(pager: Pager, wire: Wire) -> None:
    contact = add(pager)
    assert contact.verified_at is None
    code = code_in(wire)
    pager.clock.move(minutes=14)
    assert prove(pager, contact, f" {code[:3]} {code[3:]} ").verified_at == pager.now
    assert prove(pager, contact, "nonsense").verified_at == pager.now  # a second time changes nothing


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("email", "bram@home.test"),
        ("voice", NUMBER),
        ("push", "https://ntfy.sh/bram"),
        ("slack", "https://hooks.slack.com/services/T/B/x"),
        ("teams", "https://prod.logic.azure.test/workflows/x"),
        ("webhook", "https://hooks.bram.test/page"),
    ],
)
def test_every_method_carries_its_own_code(pager: Pager, wire: Wire, kind: str, address: str) -> None:
    contact = add(pager, kind=kind, address=address)
    (sent,) = wire.take()
    assert (sent.method, sent.to) == (kind, address)
    if kind != "webhook":
        assert code_of(contact, now=pager.now) in re.sub(r"[^0-9]", "", sent.words)


def test_the_code_is_stored_nowhere(pager: Pager, wire: Wire) -> None:
    contact = add(pager)
    code = code_in(wire)
    rows = [*PersonalMessage.objects.values(), *ContactMethod.objects.values()]
    rows += ContactMethod.history.values()
    assert code not in str(rows)
    assert code == code_of(contact, now=pager.now)


def test_the_address_one_signs_in_with_is_proved_already(pager: Pager, wire: Wire) -> None:
    contact = add(pager, kind="email", address="Bram@ACME.test")
    assert contact.verified_at == pager.now
    assert NotificationRule.objects.filter(contact=contact).count() == 2


def test_five_wrong_codes_and_a_new_one_is_needed(pager: Pager, wire: Wire) -> None:
    contact = add(pager)
    code = code_in(wire)
    for _ in range(5):
        with pytest.raises(ValidationError):
            prove(pager, contact, "12345")
    with pytest.raises(ValidationError, match="Too many"):
        prove(pager, contact, code)
    assert ContactMethod.objects.get().code_tries == 5
    pager.clock.move(minutes=1)
    send_code(contact=contact, actor=person(contact.membership), now=pager.now)
    pager.engine.run()
    with pytest.raises(ValidationError):
        prove(pager, contact, code)
    assert prove(pager, contact, code_in(wire)).is_usable


def test_a_code_is_good_for_a_quarter_of_an_hour(pager: Pager, wire: Wire) -> None:
    contact = add(pager)
    code = code_in(wire)
    pager.clock.move(minutes=15)
    with pytest.raises(ValidationError, match="too old"):
        prove(pager, contact, code)


def test_a_code_that_could_not_be_sent_in_time_is_not_sent(pager: Pager, wire: Wire) -> None:
    wire.down("sms", minutes=20)
    add(pager)
    pager.engine.run_until(pager.now + timedelta(minutes=40))
    assert wire.take() == []
    assert PersonalMessage.objects.get().retry_at is None
    assert MESSAGES.oldest_due(pager.now) is None


def test_codes_go_out_once_a_minute_and_six_times_a_day(pager: Pager, wire: Wire) -> None:
    contact = add(pager)
    again = {"contact": contact, "actor": person(contact.membership)}
    with pytest.raises(Conflict):
        send_code(**again, now=pager.now + timedelta(seconds=59))
    for minute in range(1, 6):
        send_code(**again, now=pager.now + timedelta(minutes=minute))
    with pytest.raises(Conflict, match="tomorrow"):
        send_code(**again, now=pager.now + timedelta(minutes=10))
    send_code(**again, now=pager.now + timedelta(hours=25))
    pager.engine.run()
    wire.take()


def test_the_same_address_once_and_only_what_can_be_an_address(pager: Pager, wire: Wire) -> None:
    add(pager)
    wire.take()
    with pytest.raises(ValidationError, match="already"):
        add(pager, address="0031 6 1234 5678")
    with pytest.raises(ValidationError):
        add(pager, address="0612345678")
    with pytest.raises(ValidationError):
        add(pager, kind="push", address="no topic!")
    assert ContactMethod.objects.count() == 1


def test_a_method_this_installation_cannot_send_is_refused(pager: Pager, settings: object) -> None:
    settings.TWILIO_ACCOUNT_SID = ""
    with pytest.raises(Conflict):
        add(pager)
    assert not ContactMethod.objects.exists()


@pytest.mark.parametrize(
    ("written", "kept"),
    [("+31 (0)6 1234-5678", NUMBER), ("0031612345678", NUMBER), (" +31612345678 ", NUMBER)],
)
def test_numbers_are_taken_as_people_write_them(written: str, kept: str) -> None:
    assert tidy("sms", written) == kept


def test_switched_off_it_is_not_used_and_on_again_it_is(pager: Pager, wire: Wire) -> None:
    contact = pager.contact("bram", kind="sms", address=NUMBER)
    me = person(pager.people["bram"])
    switch_off(contact=contact, actor=me, now=pager.now)
    escalation = pager.start(pager.policy(["bram"], delay=60))
    wire.expect("email", "bram@acme.test", "INC-42")
    pager.acknowledge(escalation, "bram")
    switch_on(contact=contact, actor=me, now=pager.now)
    pager.start(pager.policy(["bram"], delay=60, called="B"), key="INC-43")
    wire.expect("sms", NUMBER, "INC-43")


def test_a_number_that_answers_stop_is_switched_off_and_the_person_hears_by_another(
    pager: Pager, wire: Wire
) -> None:
    contact = pager.contact("bram", kind="sms", address=NUMBER)
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram", delay=5)
    wire.answers("sms", refuse(400, code=21610))
    pager.start(pager.policy(["bram"], delay=60))
    contact.refresh_from_db()
    assert contact.disabled_at == pager.now
    assert "21610" in contact.disabled_reason
    wire.expect("email", "bram@acme.test", "INC-42")  # the page itself, at once, by the address left
    wire.expect("push", "https://ntfy.sh/bram", "does not use SMS +31…78")
    wire.expect("push", "https://ntfy.sh/bram", "INC-42")
    # On again it must be proved anew.
    switch_on(contact=contact, actor=person(pager.people["bram"]), now=pager.now)
    pager.engine.run()
    assert ContactMethod.objects.get(pk=contact.pk).verified_at is None
    code_in(wire)


def test_where_no_other_is_left_the_owners_hear_as_well(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    wire.answers("sms", refuse(400, code=21610))
    pager.start(pager.policy(["bram"], delay=60))
    wire.expect("email", "bram@acme.test", "does not use")
    wire.expect("email", "bram@acme.test", "INC-42")
    wire.expect("email", "anna@acme.test", "Bram cannot be woken")


def test_a_contact_removed_while_a_page_waits_falls_back_to_their_own_address(
    pager: Pager, wire: Wire
) -> None:
    contact = pager.contact("bram", kind="sms", address=NUMBER, delay=2)
    pager.start(pager.policy(["bram"], delay=60))
    remove_contact(contact=contact, actor=person(pager.people["bram"]), now=pager.now)
    assert not NotificationRule.objects.exists()
    pager.later(minutes=2)
    wire.expect("email", "bram@acme.test", "INC-42")


DEEDS: dict[str, Callable[[ContactMethod, Membership, Pager], object]] = {
    "add": lambda contact, by, pager: add_contact(
        membership=contact.membership, kind="sms", address=OTHER, actor=person(by), now=pager.now
    ),
    "send_code": lambda contact, by, pager: send_code(contact=contact, actor=person(by), now=pager.now),
    "verify": lambda contact, by, pager: verify(
        contact=contact, code=code_of(contact, now=pager.now), actor=person(by), now=pager.now
    ),
    "switch_off": lambda contact, by, pager: switch_off(contact=contact, actor=person(by), now=pager.now),
    "switch_on": lambda contact, by, pager: switch_on(contact=contact, actor=person(by), now=pager.now),
    "remove": lambda contact, by, pager: remove_contact(contact=contact, actor=person(by), now=pager.now),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_of_others_only_by_who_may_set_up(pager: Pager, wire: Wire, deed: str) -> None:
    contact = add(pager)
    wire.take()
    before = list(ContactMethod.objects.values())
    for name in ("carla", "vera"):
        with pytest.raises(PermissionDenied):
            DEEDS[deed](contact, pager.people[name], pager)
    assert list(ContactMethod.objects.values()) == before
    pager.clock.move(minutes=1)
    contact = ContactMethod.objects.get()
    DEEDS[deed](contact, pager.people["marc"], pager)
    pager.engine.run()
    wire.take()


@pytest.mark.parametrize("deed", DEEDS)
def test_the_outsider_finds_nothing(pager: Pager, world: World, wire: Wire, deed: str) -> None:
    contact = add(pager)
    wire.take()
    before = list(ContactMethod.objects.values())
    with (
        tenant_scope(world.other.tenant.pk),
        pytest.raises((ContactMethod.DoesNotExist, Membership.DoesNotExist)),
    ):
        DEEDS[deed](contact, world.other.members["olga"], pager)
    assert list(ContactMethod.objects.values()) == before
    pager.engine.run()


def test_who_left_gets_no_more_messages(pager: Pager, wire: Wire) -> None:
    from config.tenancy.audit import acting

    member = pager.people["bram"]
    wire.answers("sms", refuse(500))
    add(pager)
    with acting(ENGINE, now=pager.now):
        member.ended_at = pager.now
        member.save()
    pager.later(minutes=1)
    assert PersonalMessage.objects.get().note == "left"


def test_the_own_address_of_a_new_tenants_owner_has_its_rules(pager: Pager) -> None:
    member = pager.people["bram"]
    contact = add_own_mail(membership=member, actor=person(member), now=pager.now)
    assert contact.is_usable
    assert Door.objects.count() == 0


def test_whoever_answers_stop_hears_by_another_method_that_it_is_off(pager: Pager, wire: Wire) -> None:
    contact = pager.contact("bram", kind="sms", address=NUMBER)
    for _ in range(2):
        switch_off_stopped(contact=contact, now=pager.now)
        pager.engine.run()
    contact.refresh_from_db()
    assert (contact.disabled_at, contact.disabled_reason) == (pager.now, "STOP")
    wire.expect("email", "bram@acme.test", "it answers STOP")
    wire.expect("email", "anna@acme.test", "Bram cannot be woken")


def test_whoever_gets_an_address_from_somebody_else_hears_of_it(pager: Pager, wire: Wire) -> None:
    """A number on another's pager reads their pages: it must not come there unnoticed."""
    bram, marc = pager.people["bram"], pager.people["marc"].as_actor()
    contact = add_contact(membership=bram, kind="sms", address=NUMBER, actor=marc, now=pager.now)
    pager.engine.run()
    code = code_in(wire)
    assert "Marc added SMS" in wire.expect("email", bram.user.email).sent.words
    wire.take()
    verify(contact=contact, code=code, actor=marc, now=pager.now)
    pager.engine.run()
    assert "Marc proved SMS" in wire.expect("email", bram.user.email).sent.words
