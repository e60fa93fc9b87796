"""My pager and the pre-flight, by their addresses: each deed one POST, mine alone, with or without script."""

import re
from typing import Any

import pytest
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from oncall.models import ContactMethod, Escalation, NotificationRule, PagerProfile
from oncall.operations.verifying import code_of
from tests.oncall.conftest import Pager
from tests.oncall.wire import Wire
from tests.people import World

PAGER = "/t/acme/pager"
NUMBER = "+31612345678"


@pytest.fixture
def sign_in(pager: Pager) -> Any:
    def build(name: str) -> Client:
        client = Client(SERVER_NAME="localhost")
        client.force_login(pager.people[name].user, backend="config.tenancy.backends.RoleBackend")
        return client

    return build


@pytest.fixture
def bram_signed_in(pager: Pager, wire: Wire, sign_in: Any) -> Any:
    return sign_in("bram")


def do(client: Any, verb: str, **form: Any) -> str:
    answer = client.post(f"{PAGER}/do/{verb}", form, follow=True)
    assert answer.status_code == 200, (verb, answer.status_code)
    return re.sub(r"\s+", " ", answer.content.decode())


def test_from_nothing_to_a_pager_that_wakes(pager: Pager, wire: Wire, bram_signed_in: Any) -> None:
    client = bram_signed_in
    assert "None yet: pages go to the address you sign in with." in client.get(PAGER).content.decode()
    page = do(client, "add_contact", kind="sms", address="+31 6 1234 5678")
    assert "A code is on its way to +31…78" in page
    pager.engine.run()
    wire.expect("sms", NUMBER)
    contact = ContactMethod.objects.get()
    assert "That is not the code" in do(client, "verify", contact=contact.uid, code="000")
    page = do(client, "verify", contact=contact.uid, code=code_of(contact, now=pager.now))
    assert "+31…78 is confirmed." in page
    assert "By" in page
    do(client, "add_rule", urgency="high", contact=contact.uid, minutes="5")
    do(client, "move_rule", urgency="high", contact=contact.uid, minutes="5", to="2")
    page = client.get(PAGER).content.decode()
    assert "+2 min" in page
    do(client, "remove_rule", urgency="high", contact=contact.uid, minutes="2")
    assert [rule.delay_minutes for rule in NotificationRule.objects.filter(urgency="high")] == [0]
    assert "22:00–07:00" in do(client, "quiet", days=["1", "2"], start="22:00", end="07:00")
    assert PagerProfile.objects.get().quiet_days == "12"
    assert "Off: nothing is held back" in do(client, "limits", without_limits="1")
    page = do(client, "test")
    assert "A test is under way" in page
    assert 'hx-trigger="every 5s"' in page
    pager.engine.run()
    wire.expect("sms", NUMBER, "TEST for Bram")
    assert "on its way" in client.get(PAGER).content.decode()
    pager.later(minutes=11)
    page = client.get(PAGER).content.decode()
    assert "no word that it arrived" in page
    assert "hx-trigger" not in page
    do(client, "switch_off", contact=contact.uid)
    assert ContactMethod.objects.get().disabled_at is not None
    do(client, "switch_on", contact=contact.uid)
    do(client, "remove_contact", contact=contact.uid)
    assert not ContactMethod.objects.exists()


@pytest.mark.parametrize(
    ("verb", "form", "said"),
    [
        ("add_contact", {"kind": "sms", "address": "06"}, "Write the number with its country"),
        ("add_contact", {"kind": "pigeon", "address": "x"}, "not a valid choice"),
        ("quiet", {"start": "nine", "end": "x"}, "None: low urgency comes at night as well."),
        ("quiet", {"start": "99:99", "end": "07:00"}, "Write a time as 22:00."),
        ("quiet", {"start": "22:00"}, "Give both times, or none."),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(
    pager: Pager, wire: Wire, bram_signed_in: Any, verb: str, form: dict[str, str], said: str
) -> None:
    assert said in do(bram_signed_in, verb, **form)
    assert not ContactMethod.objects.exists()


@pytest.mark.parametrize(
    "verb",
    [
        "verify",
        "send_code",
        "switch_off",
        "switch_on",
        "remove_contact",
        "add_rule",
        "move_rule",
        "remove_rule",
    ],
)
def test_a_contact_of_somebody_else_is_a_missing_one(
    pager: Pager, wire: Wire, bram_signed_in: Any, world: World, verb: str
) -> None:
    theirs = pager.contact("anna", kind="sms", address=NUMBER)
    with tenant_scope(world.other.tenant.pk), acting(ENGINE, now=pager.now):
        foreign = ContactMethod.objects.create(
            membership=world.other.members["olga"], kind="email", address="o@x.test"
        )
    for uid in (theirs.uid, foreign.uid, "AAAAAAAAAAAA", ""):
        form = {"contact": uid, "urgency": "high", "minutes": "0", "to": "1", "code": "1"}
        assert bram_signed_in.post(f"{PAGER}/do/{verb}", form).status_code == 404
    theirs.refresh_from_db()
    assert theirs.is_usable


def test_no_such_deed_and_no_deed_by_looking(pager: Pager, bram_signed_in: Any) -> None:
    assert bram_signed_in.post(f"{PAGER}/do/nothing").status_code == 404
    assert bram_signed_in.get(f"{PAGER}/do/test").status_code == 405
    assert not Escalation.objects.exists()


def test_the_contact_card_has_what_a_phone_needs(pager: Pager, bram_signed_in: Any, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Muster <pages@acme.test>"
    answer = bram_signed_in.get(f"{PAGER}/card.vcf")
    card = answer.content.decode()
    assert answer["Content-Type"].startswith("text/vcard")
    assert card.startswith("BEGIN:VCARD\r\nVERSION:3.0\r\n")
    assert "TEL;TYPE=CELL,VOICE:+31970000000\r\n" in card
    assert "EMAIL;TYPE=INTERNET:pages@acme.test\r\n" in card
    assert "FN:Pager of Acme\r\n" in card


def test_the_preflight_is_for_who_may_set_up(pager: Pager, wire: Wire, sign_in: Any) -> None:
    pager.schedule("bram")
    assert sign_in("bram").get(f"{PAGER}/preflight").status_code == 403
    page = sign_in("marc").get(f"{PAGER}/preflight").content.decode()
    assert "No contact method." in page
    assert "Bram" in page
    pager.contact("bram", kind="sms", address=NUMBER)
    page = sign_in("marc").get(f"{PAGER}/preflight?night=2026-11-27").content.decode()
    assert "Never tested" in page
    assert "Everybody on call would be woken." in page
    for nonsense in ("x", "2026-13-45", "9999-12-31", "0001-01-01"):
        assert sign_in("marc").get(f"{PAGER}/preflight?night={nonsense}").status_code == 200


def test_the_queries_do_not_grow(
    pager: Pager, wire: Wire, bram_signed_in: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        pager.contact("bram", kind="email", address=f"b{number}@pager.test", delay=number)
        pager.schedule("bram", "marc", called=f"S{number}")
    bram_signed_in.get(PAGER)
    with django_assert_max_num_queries(26):
        bram_signed_in.get(PAGER)


def test_the_now_screen_says_when_it_was_tested(pager: Pager, wire: Wire, bram_signed_in: Any) -> None:
    def you() -> str:
        page = bram_signed_in.get("/t/acme/admin/").content.decode()
        return page[page.index('id="now-you"') :]

    assert "Never tested" in you()
    assert f'href="{PAGER}"' in you()
    with acting(ENGINE, now=pager.now):
        PagerProfile.objects.create(membership=pager.people["bram"], tested_at=pager.now)
    assert "Tested today" in you()
    pager.clock.move(days=12)
    assert "Tested 12 days ago" in you()
