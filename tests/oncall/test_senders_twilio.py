"""The client of Twilio's API against a server on this machine, and its signature."""

import base64
import json
import threading
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from config.tenancy import outbound
from oncall.senders import sms, twilio
from oncall.senders.message import Outcome
from oncall.senders.short import short
from tests.oncall.local_server import Handler, Hook, answer
from tests.oncall.messages import message

TO, REPORTS = "+31612345678", "https://muster.test/hooks/twilio/status/x"


@pytest.fixture
def gateway(hook: Hook, settings: Settings) -> Hook:
    """A gateway of the operator's own, on a private address: only the setting allows it."""
    settings.WEBHOOK_ALLOW = []
    settings.TWILIO_URL = hook.url.removesuffix("/hook")
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC123", "secret:token"
    settings.TWILIO_FROM = "+31970000000"
    return hook


def accepted(sid: str) -> bytes:
    return json.dumps({"sid": sid, "status": "queued"}).encode()


def test_a_text_message_is_a_form_with_basic_auth(gateway: Hook) -> None:
    gateway.replies = [answer(201, accepted("SM1"))]
    sent = message(title="50% off & more + “zo”")
    assert sms.send(sent, TO, REPORTS) == Outcome(True, "accepted: queued", receipt=True, provider_id="SM1")
    ((path, headers, body),) = gateway.requests
    assert path == "/2010-04-01/Accounts/AC123/Messages.json"
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"AC123:secret:token"
    assert parse_qs(body.decode()) == {
        "From": ["+31970000000"],
        "To": [TO],
        "Body": [short(sent)],
        "StatusCallback": [REPORTS],
    }


@pytest.mark.parametrize(
    ("status", "code", "gone"),
    [(400, 21610, True), (400, 21211, True), (400, 21614, True), (400, 21408, False), (404, None, False)],
)
def test_an_error_is_told_by_its_number_and_never_names_the_telephone(
    gateway: Hook, status: int, code: int | None, gone: bool
) -> None:
    gateway.replies = [answer(status, json.dumps({"code": code, "message": f"The number {TO} no"}).encode())]
    outcome = sms.send(message(), TO, REPORTS)
    assert (outcome.ok, outcome.gone) == (False, gone)
    assert outcome.detail == (f"HTTP {status}, error {code}" if code else f"HTTP {status}")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b'{"sid": null}', b"\xff"])
def test_an_answer_that_is_no_answer_of_twilio_breaks_nothing(gateway: Hook, body: bytes) -> None:
    gateway.replies = [answer(200, body), answer(500, body)]
    assert sms.send(message(), TO, REPORTS) == Outcome(True, "accepted: queued", receipt=True)
    assert sms.send(message(), TO, REPORTS) == Outcome(False, "HTTP 500")


def test_a_wish_to_be_asked_later_is_heard(gateway: Hook) -> None:
    gateway.replies = [answer(429, b"{}", retry_after="30")]
    assert sms.send(message(), TO, REPORTS).retry_after == timedelta(seconds=30)


def test_an_answer_that_trickles_ends_at_the_deadline(gateway: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def trickle(handler: Handler) -> None:
        while not over.wait(0.05):
            try:
                handler.wfile.write(b"H")
            except OSError:
                return

    gateway.replies = [trickle]
    monkeypatch.setitem(outbound.fetch.__kwdefaults__, "deadline", 0.3)
    outcome = sms.send(message(), TO, REPORTS)
    over.set()
    assert outcome == Outcome(False, "no answer within 0.3 s")


def test_without_an_account_nothing_is_tried(settings: Settings) -> None:
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = ""
    assert sms.send(message(), TO, REPORTS) == Outcome(False, "not sent: TWILIO_ACCOUNT_SID is not set")
    assert not twilio.is_genuine("https://x/", {}, twilio.signature_of("https://x/", {}))


def test_the_signature_is_that_of_twilios_own_example(settings: Settings) -> None:
    settings.TWILIO_AUTH_TOKEN = "12345"
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    assert twilio.is_genuine(url, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not twilio.is_genuine(url, form | {"Digits": "4"}, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not twilio.is_genuine(f"{url}&x=1", form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert twilio.is_genuine(url, form, twilio.signature_of(url.replace(".com/", ".com:443/"), form))


@given(st.text())
def test_a_forged_signature_is_none(signature: str) -> None:
    with override_settings(TWILIO_AUTH_TOKEN="12345"):
        assert not twilio.is_genuine("https://x/", {"A": "b"}, signature)
