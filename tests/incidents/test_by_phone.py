"""Answers by telephone, end to end: an alert in, a message out, a reply in, and nothing else was sent."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.models import Alert, Incident, Service
from incidents.operations.cancelling import cancel
from incidents.operations.sources import create_source
from oncall.models import ContactMethod, Escalation, Notification, NotificationRule
from oncall.operations import testing
from tests.conftest import Engine, MovedClock
from tests.incidents.leading import Lead, policy_for
from tests.oncall.wire import Call, Wire, installed
from tests.people import World

BRAM, ANNA, STRANGER = "+31611111111", "+31622222222", "+31699999999"


@pytest.fixture
def wire(moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Wire]:
    there = installed(moved_clock, monkeypatch, settings)
    yield there
    there.silence()


class Phones:
    """Bram, then Anna are on call for Checkout, by text message or by telephone. Outside any scope."""

    def __init__(self, lead: Lead, wire: Wire, client: Client, engine: Engine, world: World) -> None:
        self.lead, self.wire, self.client, self.engine = lead, wire, client, engine
        self.tenant = world.acme.tenant
        _source, self.key = create_source(name="Monitor", service=lead.checkout, actor=ENGINE, now=lead.now)

    def reached_by(self, kind: str) -> None:
        with tenant_scope(self.tenant.pk), acting(ENGINE, now=self.lead.now):
            NotificationRule.objects.all().delete()
            for name, number in (("bram", BRAM), ("anna", ANNA)):
                contact = ContactMethod.objects.create(
                    membership=self.lead.people[name],
                    kind=kind,
                    address=number,
                    verified_at=self.lead.now,
                )
                NotificationRule.objects.create(membership=self.lead.people[name], contact=contact)

    def alert(self, key: str = "d1", action: str = "trigger") -> None:
        body: dict[str, Any] = {"routing_key": self.key, "event_action": action, "dedup_key": key}
        body["payload"] = {"summary": f"Payments fail {key}", "source": "db", "severity": "critical"}
        answer = self.client.post("/v2/enqueue", json.dumps(body), content_type="application/json")
        assert answer.status_code == 202
        self.engine.run()

    def text(self, body: str, number: str = BRAM, signature: str | None = None) -> str:
        """What is answered to a text message."""
        answer = self.post("/hooks/twilio/sms", {"From": number, "Body": body}, signature)
        assert answer.status_code == 200
        self.engine.run()
        return plain(answer)

    def press(self, token: str, digit: str, **more: str) -> str:
        answer = self.post(f"/hooks/twilio/keys/{token}", {"Digits": digit} | more)
        self.engine.run()
        return plain(answer)

    def post(self, path: str, form: dict[str, str], signature: str | None = None) -> Any:
        return self.wire.posts(self.client, settings.BASE_URL + path, form, signature)

    def incident(self) -> Incident:
        with tenant_scope(self.tenant.pk):
            return Incident.objects.get()

    def ladder(self) -> Any:
        with tenant_scope(self.tenant.pk):
            return Incident.objects.get().calls.select_related("escalation").get().escalation

    def state(self) -> str:
        return str(self.ladder().state)


@pytest.fixture
def phones(lead: Lead, wire: Wire, client: Client, engine: Engine, world: World) -> Phones:
    return Phones(lead, wire, client, engine, world)


@pytest.fixture
def texted(phones: Phones) -> Phones:
    """An alert came in, and Bram has a text message about it."""
    phones.reached_by("sms")
    phones.alert()
    return phones


def plain(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())).strip()


def code_in(call: Call) -> str:
    found = re.search(r"reply (\d{4})", call.sent.words)
    assert found, call.sent.words
    return found[1]


def token_in(call: Call) -> str:
    return str(call.data["Url"]).rsplit("/", 1)[1]


class TestText:
    def test_the_code_acknowledges_and_says_who_was_spared(self, texted: Phones) -> None:
        code = code_in(texted.wire.expect("sms", BRAM, "INC-1"))
        assert texted.text(f" {code} ") == "You have INC-1. Anna was not called."
        assert texted.state() == "acknowledged"
        assert texted.incident().acknowledged_at is not None
        texted.engine.clock.move(minutes=20)
        texted.engine.run()

    def test_the_last_page_needs_no_code(self, texted: Phones) -> None:
        texted.wire.expect("sms", BRAM)
        assert texted.text("ok") == "You have INC-1. Anna was not called."
        assert texted.text("OK.") == "You have INC-1. Anna was not called."

    def test_passed_on_the_next_is_called(self, texted: Phones) -> None:
        code = code_in(texted.wire.expect("sms", BRAM))
        texted.engine.clock.move(seconds=30)
        assert texted.text(f"{code}N") == "INC-1 passed on to Anna."
        texted.wire.expect("sms", ANNA, "INC-1")
        assert texted.text(f"{code}N") != ""  # a second one skips nobody
        assert texted.state() == "paging"

    def test_the_others_paged_hear_who_has_it(self, texted: Phones) -> None:
        call = texted.wire.expect("sms", BRAM)
        texted.wire.report(texted.client, call, "delivered")
        texted.engine.clock.move(minutes=5)
        texted.engine.run()
        code = code_in(texted.wire.expect("sms", ANNA))
        assert texted.text(code, ANNA).startswith("You have INC-1.")
        texted.wire.expect("sms", BRAM, "INC-1 taken by Anna")

    def test_all_that_is_folded_is_taken(self, texted: Phones, world: World) -> None:
        lead = texted.lead
        with tenant_scope(texted.tenant.pk), acting(ENGINE, now=lead.now):
            policy = policy_for("Exports", lead.people["bram"], lead.people["anna"])
            other = Service.objects.create(name="Exports", team=lead.team, policy=policy)
            lead.declare("Exports are slow", severity=lead.sev[2], service=other)
        texted.engine.run()
        code = code_in(texted.wire.expect("sms", BRAM))
        assert texted.text(code) == "You have INC-1 +1. Anna was not called."
        with tenant_scope(texted.tenant.pk):
            assert set(Escalation.objects.values_list("state", flat=True)) == {"acknowledged"}

    def test_an_ok_to_the_last_which_is_over_names_an_older_one(self, texted: Phones) -> None:
        code = code_in(texted.wire.expect("sms", BRAM, "INC-1"))
        lead = texted.lead
        for _quarter in range(2):
            texted.engine.clock.move(minutes=15)
            texted.engine.run()
        texted.wire.take()
        with tenant_scope(texted.tenant.pk):
            last = lead.declare("Another", severity=lead.sev[1])
        texted.engine.run()
        with tenant_scope(texted.tenant.pk):
            cancel(incident=last, reason="false_alarm", actor=lead.as_("anna"), now=lead.now)
        texted.engine.run()
        texted.wire.take()
        said = texted.text("ok")
        assert said.startswith(f"The last page is over. INC-1 still waits: reply {code}, or sign in: http")
        with tenant_scope(texted.tenant.pk):
            assert Incident.objects.get(number=1).acknowledged_at is None
        assert texted.text(code).startswith("You have INC-1")
        texted.wire.take()  # Anna hears it

    def test_another_number_cannot_answer(self, texted: Phones) -> None:
        code = code_in(texted.wire.expect("sms", BRAM))
        for number in (ANNA, STRANGER):
            said = texted.text(code, number)
            assert said.startswith(f"{code} is not yours or is over. Sign in: http")
        assert texted.text("ok", STRANGER).startswith("No page to this number waits")
        assert texted.state() == "paging"

    def test_what_is_no_answer_is_not_taken_for_one(self, texted: Phones) -> None:
        code = code_in(texted.wire.expect("sms", BRAM))
        for words in ("on my way", f"not {code}", "call Anna"):
            assert texted.text(words).startswith("Not understood.")
        assert texted.state() == "paging"

    def test_once_it_is_over_nothing_happens(self, texted: Phones) -> None:
        call = texted.wire.expect("sms", BRAM)
        code = code_in(call)
        texted.wire.report(texted.client, call, "delivered")
        texted.alert(action="resolve")
        texted.engine.clock.move(minutes=10)
        texted.engine.run()
        texted.wire.expect("sms", BRAM, "over")
        texted.wire.expect("sms", ANNA, "Your turn")  # her step came before the ten minutes were over
        texted.wire.take()
        assert "is not yours or is over" in texted.text(code)
        assert texted.incident().phase == "cancelled"

    def test_guessing_stops_at_the_throttle(self, texted: Phones) -> None:
        code = code_in(texted.wire.expect("sms", BRAM))
        said = set()
        for guess in range(1000, 2000):
            if str(guess) != code:
                form = {"From": BRAM, "Body": str(guess)}
                said.add(plain(texted.post("/hooks/twilio/sms", form)).split(":")[0].lstrip("0123456789 "))
        assert said == {"is not yours or is over. Sign in", "Too many wrong codes. Sign in"}
        # Not even the right one, for an hour; the link still works.
        assert texted.text(code).startswith("Too many wrong codes")
        assert texted.state() == "paging"
        texted.wire.take()

    def test_a_forged_signature_changes_nothing(self, texted: Phones) -> None:
        code = code_in(texted.wire.expect("sms", BRAM))
        for signature in ("", "bm90IGEgc2lnbmF0dXJl"):
            answer = texted.post("/hooks/twilio/sms", {"From": BRAM, "Body": code}, signature)
            assert answer.status_code == 403
        assert texted.state() == "paging"

    def test_stop_switches_the_number_off(self, texted: Phones) -> None:
        texted.wire.expect("sms", BRAM)
        assert texted.text("STOP") == ""
        with tenant_scope(texted.tenant.pk):
            off = {
                one.address: one.disabled_at is not None for one in ContactMethod.objects.filter(kind="sms")
            }
        assert off == {BRAM: True, ANNA: False}
        texted.wire.take("email")

    def test_a_test_is_finished_by_its_code(self, phones: Phones) -> None:
        phones.reached_by("sms")
        bram = phones.lead.people["bram"]
        with tenant_scope(phones.tenant.pk):
            ladder = testing.start_test(membership=bram, actor=bram.as_actor(), now=phones.lead.now)
        phones.engine.run()
        found = re.search(r"\b(\d{4})\b", phones.wire.expect("sms", BRAM, "TEST").sent.words)
        assert found
        assert phones.text(found[1]) == "Test finished: a page reaches you here."
        with tenant_scope(phones.tenant.pk):
            ladder.refresh_from_db()
        assert ladder.end_reason == "answered"


def test_an_acknowledge_of_what_is_resolved_changes_nothing(phones: Phones) -> None:
    """By the monitor (grafana/oncall#3161): it is clear, and stays so."""
    phones.reached_by("sms")
    phones.alert()
    phones.wire.expect("sms", BRAM)
    phones.alert(action="resolve")
    phones.alert(action="acknowledge")
    with tenant_scope(phones.tenant.pk):
        assert Alert.objects.get().status == "resolved"
    assert phones.state() == "paging"


class TestReceipts:
    def test_what_arrived_is_written_down(self, texted: Phones) -> None:
        call = texted.wire.expect("sms", BRAM)
        assert texted.wire.report(texted.client, call, "delivered").status_code == 204
        with tenant_scope(texted.tenant.pk):
            assert Notification.objects.get(method="sms", kind="page").delivered_at is not None

    def test_one_that_failed_goes_by_mail_at_once(self, texted: Phones) -> None:
        call = texted.wire.expect("sms", BRAM)
        texted.wire.report(texted.client, call, "undelivered", ErrorCode="30005")
        texted.engine.run()
        texted.wire.expect("email", "bram@acme.test", "INC-1")

    def test_without_word_that_it_arrived_the_next_method_goes(self, texted: Phones) -> None:
        call = texted.wire.expect("sms", BRAM)
        texted.wire.report(texted.client, call, "sent")
        texted.engine.clock.move(seconds=59)
        texted.engine.run()
        texted.wire.silence()
        texted.engine.clock.move(seconds=1)
        texted.engine.run()
        texted.wire.expect("email", "bram@acme.test", "INC-1")

    def test_forged_or_unknown_nothing_happens(self, texted: Phones) -> None:
        call = texted.wire.expect("sms", BRAM)
        url, form = call.data["StatusCallback"], {"MessageStatus": "delivered", "MessageSid": call.sid}
        assert texted.wire.posts(texted.client, url, form, "no").status_code == 403
        assert texted.wire.posts(texted.client, url[:-3], form).status_code == 404
        with tenant_scope(texted.tenant.pk):
            assert Notification.objects.get(method="sms", kind="page").delivered_at is None


class TestVoice:
    @pytest.fixture
    def called(self, phones: Phones) -> tuple[Phones, str]:
        phones.reached_by("voice")
        phones.alert()
        return phones, token_in(phones.wire.expect("voice", BRAM))

    def listen(self, phones: Phones, token: str, **more: str) -> str:
        return plain(phones.post(f"/hooks/twilio/voice/{token}", {"CallStatus": "in-progress"} | more))

    def test_it_is_said_twice_and_a_key_is_asked_for(self, called: tuple[Phones, str]) -> None:
        phones, token = called
        answer = phones.post(f"/hooks/twilio/voice/{token}", {"AnsweredBy": "human"})
        assert answer.content.decode().count("Press 4, I have it.") == 2
        assert f"/hooks/twilio/keys/{token}" in answer.content.decode()

    def test_four_has_it(self, called: tuple[Phones, str]) -> None:
        phones, token = called
        assert phones.press(token, "4") == "You have INC-1. Anna was not called."
        assert phones.state() == "acknowledged"
        assert self.listen(phones, token) == "You have INC-1."

    def test_six_passes_it_on(self, called: tuple[Phones, str]) -> None:
        phones, token = called
        assert phones.press(token, "6") == "INC-1 passed on to Anna."
        phones.wire.expect("voice", ANNA)

    def test_star_says_it_again_and_changes_nothing(self, called: tuple[Phones, str]) -> None:
        phones, token = called
        assert "Press 4" in phones.press(token, "*")
        assert "Press 4" in phones.press(token, "9")
        assert phones.state() == "paging"

    def test_a_voicemail_answers_nothing(self, called: tuple[Phones, str]) -> None:
        phones, token = called
        assert self.listen(phones, token, AnsweredBy="machine_end_beep") == ""
        assert phones.press(token, "4", AnsweredBy="machine_start") == ""
        assert phones.state() == "paging"

    def test_forged_or_of_nobody_nothing_happens(self, called: tuple[Phones, str]) -> None:
        phones, token = called
        assert phones.post(f"/hooks/twilio/keys/{token}", {"Digits": "4"}, "no").status_code == 403
        assert phones.post("/hooks/twilio/keys/AAAAAAAAAAAA", {"Digits": "4"}).status_code == 404
        assert phones.client.get(f"/hooks/twilio/keys/{token}").status_code == 405
        assert phones.state() == "paging"
