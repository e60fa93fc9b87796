"""The whole world outside, in one fake: what leaves the house is kept in order, and must be looked at.

It stands at the lowest place that is ours: the mail backend, and the conversation inside outbound.fetch. So
forms are encoded, signatures made and Retry-After is read as in earnest; only no name is looked up. At the
end of a test whatever was not taken fails it, with its words.

    wire.expect("sms", "+31612345678", "SEV1? INC-42")   the oldest to there, and it says these
    wire.take()                                          all there is, as (method, to whom, words)
    wire.answers("sms", refuse(429, retry_after=30))     what the next calls meet
    wire.down("sms", minutes=30)                         nobody there until the clock has moved on
"""

import base64
import json
import smtplib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import httpcore
import pytest
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client

from config.tenancy import outbound
from oncall.senders import twilio
from tests.conftest import MovedClock

ACCOUNT, AUTH, NUMBER = "AC" + "0" * 32, "wire-auth-token", "+31970000000"


class Sent(NamedTuple):
    method: str
    to: str
    words: str


@dataclass
class Call:
    """One that was taken by the world. `data`: the form, the JSON or the mail. `sid` names it in reports."""

    sent: Sent
    data: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    sid: str = ""


@dataclass(frozen=True)
class Refusal:
    """What a call meets instead of being taken."""

    status: int = 0
    retry_after: int | None = None
    code: int | None = None
    text: str = ""


def refuse(
    status: int, *, retry_after: int | None = None, code: int | None = None, text: str = "no"
) -> Refusal:
    """An answer that is no yes. `code` is Twilio's own number of an error; `text` a mail server's words."""
    return Refusal(status, retry_after, code, text)


def slow() -> Refusal:
    """It takes the whole deadline, of which the clock then knows, and nothing comes back."""
    return Refusal(0)


class Wire:
    def __init__(self, moved: MovedClock) -> None:
        self.clock = moved
        self.calls: list[Call] = []
        self.taken: list[Call] = []
        self.refused: list[Sent] = []
        self.scripts: dict[str, list[Refusal | None]] = defaultdict(list)
        self.back_at: dict[str, datetime] = {}

    # --- what a test says ---

    def answers(self, method: str, *refusals: Refusal | None) -> None:
        """What the next calls by `method` meet, one by one; None: taken. After them all is well again."""
        self.scripts[method] += refusals

    def down(self, method: str, **time: float) -> None:
        """Nobody answers there until so much time has passed."""
        self.back_at[method] = self.clock.now() + timedelta(**time)

    def expect(self, method: str, to: str, *words: str) -> Call:
        """Takes the oldest message by `method` to `to`, and wants all `words` in it."""
        for call in self.calls:
            if (call.sent.method, call.sent.to) == (method, to):
                missing = [part for part in words if part not in call.sent.words]
                assert not missing, f"{missing} not in: {call.sent.words}"
                self.calls.remove(call)
                self.taken.append(call)
                return call
        raise AssertionError(f"nothing by {method} to {to}; there is: {self._told()}")

    def take(self, method: str = "") -> list[Sent]:
        """All that is there, oldest first (by one method), and it counts as looked at."""
        found = [call for call in self.calls if method in {"", call.sent.method}]
        self.calls = [call for call in self.calls if call not in found]
        self.taken += found
        return [call.sent for call in found]

    def silence(self) -> None:
        """Nothing has left the house but what was taken."""
        assert not self.calls, f"unexpected: {self._told()}"

    def report(self, client: Client, call: Call, status: str, **more: str) -> Any:
        """The provider says what became of a text message or call, signed, where it was told to."""
        name, sid = (
            ("CallStatus", "CallSid") if call.sent.method == "voice" else ("MessageStatus", "MessageSid")
        )
        form = {name: status, sid: call.sid, "To": call.sent.to} | more
        return self.posts(client, call.data["StatusCallback"], form)

    def posts(self, client: Client, url: str, form: dict[str, str], signature: str | None = None) -> Any:
        """The provider posts a signed form to one of our addresses: a reply, a key, the start of a call."""
        signed = twilio.signature_of(url, form) if signature is None else signature
        path = url.removeprefix(settings.BASE_URL)
        return client.post(path, form, headers={"X-Twilio-Signature": signed})

    # --- what the world does ---

    def meet(self, call: Call) -> Refusal | None:
        """Takes the call, or says what it meets instead."""
        method = call.sent.method
        if self.clock.now() < self.back_at.get(method, self.clock.now()):
            self.refused.append(call.sent)
            raise httpcore.ConnectError
        refusal = self.scripts[method].pop(0) if self.scripts[method] else None
        if refusal is None:
            call.sid = f"{'CA' if method == 'voice' else 'SM'}{len(self.taken) + len(self.calls) + 1:032d}"
            self.calls.append(call)
            return None
        self.refused.append(call.sent)
        if not refusal.status:
            self.clock.move(seconds=outbound.DEADLINE_SECONDS)
            raise httpcore.ReadTimeout
        return refusal

    def exchange(
        self, _backend: Any, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[bytes, bytes], bytes]:
        """In the place of outbound._exchange."""
        call = read(method, url, headers, body)
        refusal = self.meet(call)
        if refusal is None:
            return 200, {}, json.dumps({"sid": call.sid, "status": "queued"}).encode()
        answer = {} if refusal.retry_after is None else {b"retry-after": str(refusal.retry_after).encode()}
        said = {} if refusal.code is None else {"code": refusal.code, "message": "no"}
        return refusal.status, answer, json.dumps(said).encode()

    def mail(self, message: EmailMessage) -> None:
        words = f"{message.subject}\n{message.body}"
        sent = Sent("email", ", ".join(message.to), words)
        try:
            refusal = self.meet(Call(sent, {"mail": message}, dict(message.extra_headers)))
        except httpcore.ConnectError as error:
            raise ConnectionRefusedError from error
        except httpcore.ReadTimeout as error:
            raise TimeoutError from error
        if refusal is not None:
            raise smtplib.SMTPResponseException(refusal.status, refusal.text.encode())

    def _told(self) -> str:
        return "\n".join(f"{s.method} to {s.to}: {s.words}" for s in (call.sent for call in self.calls))


def read(method: str, url: str, headers: dict[str, str], body: bytes) -> Call:
    """What a request is, by its shape: whom it would reach, and in which words."""
    if url.startswith(f"{settings.TWILIO_URL}/"):
        return _twilio(url, headers, body)
    if not body or "json" not in headers.get("content-type", ""):
        return Call(Sent("http", url, f"{method} {body.decode('utf-8', 'replace')}"), {}, headers)
    data = json.loads(body)
    for name, shape in SHAPES.items():
        if shape(data, headers):
            return Call(Sent(name, _to(name, url, data), WORDS[name](data)), data, headers)
    return Call(Sent("http", url, body.decode()), data, headers)


SHAPES: dict[str, Callable[[dict[str, Any], dict[str, str]], bool]] = {
    "webhook": lambda data, headers: "webhook-id" in headers,
    "push": lambda data, headers: "topic" in data,
    "slack": lambda data, headers: "blocks" in data,
    "teams": lambda data, headers: "attachments" in data,
}


def _to(name: str, url: str, data: dict[str, Any]) -> str:
    return f"{url.rstrip('/')}/{data['topic']}" if name == "push" else url


def _card_words(data: dict[str, Any]) -> str:
    card = data["attachments"][0]["content"]
    words = [run["text"] for block in card["body"] for run in block["inlines"]]
    return " ".join(words + [action["url"] for action in card.get("actions", [])])


WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "webhook": lambda data: json.dumps(data, ensure_ascii=False),
    "push": lambda data: f"{data['title']}\n{data['message']} {data.get('click', '')}",
    "slack": lambda data: " ".join(block["text"]["text"] for block in data["blocks"]),
    "teams": _card_words,
}


def _twilio(url: str, headers: dict[str, str], body: bytes) -> Call:
    pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
    form: dict[str, Any] = dict(pairs)
    path = urlsplit(url).path
    assert path.startswith(f"/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/"), path
    pair = f"{settings.TWILIO_ACCOUNT_SID}:{settings.TWILIO_AUTH_TOKEN}".encode()
    assert headers["authorization"] == f"Basic {base64.b64encode(pair).decode()}"
    if path.endswith("/Messages.json"):
        return Call(Sent("sms", form["To"], form["Body"]), form, headers)
    assert path.endswith("/Calls.json"), path
    form["StatusCallbackEvent"] = [value for name, value in pairs if name == "StatusCallbackEvent"]
    return Call(Sent("voice", form["To"], form.get("Twiml") or form["Url"]), form, headers)


class MailBackend(BaseEmailBackend):
    wire: Wire | None = None

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        assert self.wire is not None
        for message in email_messages:
            self.wire.mail(message)
        return len(email_messages)


def installed(moved: MovedClock, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Wire:
    """The fake in the place of the world, with Twilio set up. `settings` is pytest-django's."""
    there = Wire(moved)
    settings.EMAIL_BACKEND = "tests.oncall.wire.MailBackend"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = ACCOUNT, AUTH, NUMBER
    monkeypatch.setattr(MailBackend, "wire", there)
    monkeypatch.setattr(outbound, "_exchange", there.exchange)
    return there
