"""Mail: the kinds that are no page, and which refusals mean that the mailbox is no more."""

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from pytest_django import Settings

from oncall.senders import available, email
from oncall.senders.message import NO_CARD
from oncall.senders.words import compose
from tests.oncall.messages import LINK, NOW, message

AT = (NOW + timedelta(minutes=37)).isoformat()


@pytest.mark.parametrize(
    ("changes", "subject", "body"),
    [
        (
            {"kind": "test"},
            "[Test] Anna: this is how a page reaches you",
            ["TEST for Anna: this is how a page reaches you.", "", "Finish the test:", LINK],
        ),
        (
            {"kind": "reminder", "why": {"at": AT}},
            "[Still on it?] INC-42 Checkout: payments fail for all customers",
            ["Your acknowledgement of INC-42 runs out at 03:41: still on it?", "", LINK],
        ),
        (
            {"kind": "verify", "verify": "481203"},
            "481203 is your code to confirm this address.",
            ["481203 is your code to confirm this address.", "", "If you did not ask for it, do nothing."],
        ),
        (
            {"kind": "notice", "why": {"words": "Your phone number +31…12 is switched off."}},
            "Your phone number +31…12 is switched off.",
            ["Your phone number +31…12 is switched off.", "", LINK],
        ),
        (
            {
                "kind": "digest",
                "why": {
                    "pages": [
                        {"key": "INC-50", "title": None, "severity": "SEV3", "link": "https://x/50"},
                        {"key": "INC-51", "title": "Disk", "severity": "SEV3", "link": "https://x/51"},
                    ]
                },
            },
            "2 pages waited for the end of your quiet hours.",
            [
                "2 pages waited for the end of your quiet hours.",
                "",
                "SEV3 INC-50 (private)",
                "https://x/50",
                "",
                "SEV3 INC-51 Disk",
                "https://x/51",
            ],
        ),
    ],
)
def test_the_words_of_the_newer_kinds(changes: dict[str, Any], subject: str, body: list[str]) -> None:
    text = compose(message(**changes))
    assert (text.subject, text.body.splitlines()) == (subject, body)


def test_a_page_says_what_came_with_it_and_that_a_limit_held_it_back() -> None:
    lines = compose(message(also=("INC-43", "INC-44"), delayed=True)).body.splitlines()
    assert "Also: INC-43 and INC-44." in lines
    assert "Delayed by a limit on messages to this address." in lines


def test_what_is_about_no_card_belongs_to_no_thread() -> None:
    sent = email.as_mail(message("verify", verify="4812", card=NO_CARD), "anna@acme.test")
    assert "References" not in sent.extra_headers
    assert email.as_mail(message(), "anna@acme.test").extra_headers["X-Priority"] == "1"
    assert email.as_mail(message(urgency="low"), "anna@acme.test").extra_headers["X-Priority"] == "3"


@pytest.mark.parametrize(
    ("code", "words", "gone", "detail"),
    [
        (550, "5.1.1 <anna@acme.test>: Recipient address rejected: User unknown", True, "550 5.1.1"),
        (550, "No such user here", True, "550"),
        (
            550,
            "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            True,
            "550 5.1.10",
        ),
        (553, "mailbox does not exist", True, "553"),
        (550, "5.7.1 Message rejected as spam", False, "550 5.7.1"),
        (550, "5.7.26 unauthenticated sender", False, "550 5.7.26"),
        (552, "5.2.2 mailbox full", False, "552 5.2.2"),
        (450, "4.1.1 user unknown in local table, try later", False, "450 4.1.1"),
        (421, "too many connections", False, "421"),
    ],
)
def test_a_mailbox_that_is_no_more_is_gone_and_a_refusal_of_the_mail_is_not(
    code: int, words: str, gone: bool, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (
        smtplib.SMTPResponseException(code, words),
        smtplib.SMTPRecipientsRefused({"anna@acme.test": (code, words.encode())}),
    ):

        def refuse(_self: Any, _messages: Any, error: Exception = error) -> int:
            raise error

        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        outcome = email.send(message(), "anna@acme.test")
        assert (outcome.ok, outcome.gone, outcome.detail) == (False, gone, detail)
        assert "anna@acme.test" not in outcome.detail
    assert mail.outbox == []


def test_which_methods_there_are_and_what_is_missing(settings: Settings) -> None:
    settings.TWILIO_ACCOUNT_SID = ""
    assert available.available_methods() == ("email", "push", "slack", "teams", "webhook")
    assert available.missing_setting("sms") == "TWILIO_ACCOUNT_SID"
    assert available.missing_setting("email") == ""
    settings.TWILIO_ACCOUNT_SID, settings.EMAIL_BACKEND = "AC1", email.KEEPING
    assert available.available_methods()[:3] == ("email", "sms", "voice")
    assert available.missing_setting("voice") == ""
    assert available.missing_setting("email") == "EMAIL_URL"
