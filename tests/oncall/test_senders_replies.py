"""What people text back, what they are answered, and reports of delivery in any order."""

from typing import Any

import pytest
from django.core import signing
from hypothesis import given
from hypothesis import strategies as st

from oncall import receipts, replies
from oncall.replies import ACK, CALL_RANKS, PASS_ON, SMS_RANKS, STOP, UNKNOWN, Receipt, Reply, receipt_of
from oncall.senders.gsm import BASIC, EXTENSION, ONE_SEGMENT, septets

ADDRESS = "https://muster.acme.nl/login/"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("4812", Reply("4812", ACK)),
        (" 4812  ", Reply("4812", ACK)),
        ("4812.", Reply("4812", ACK)),
        ("4812 ok", Reply("4812", ACK)),
        ("4812 Ja!", Reply("4812", ACK)),
        ("４８１２", Reply("4812", ACK)),
        ("4812=I have it", Reply("4812", ACK)),
        ("4812 = I have them all", Reply("4812", ACK)),
        ("4812N", Reply("4812", PASS_ON)),
        ("4812 n ", Reply("4812", PASS_ON)),
        ("4812 Nee", Reply("4812", PASS_ON)),
        ("4812N=pass on", Reply("4812", PASS_ON)),
        ("ok", Reply(None, ACK)),
        ("Yes!", Reply(None, ACK)),
        ("ja", Reply(None, ACK)),
        ("1", Reply(None, ACK)),
        ("STOP", Reply(None, STOP)),
        ("stop.", Reply(None, STOP)),
        ("StopAll", Reply(None, STOP)),
        ("", Reply(None, UNKNOWN)),
        ("no", Reply(None, UNKNOWN)),
        ("4812 no way, ask Eva", Reply(None, UNKNOWN)),
        ("4812 who is this?", Reply(None, UNKNOWN)),
        ("481", Reply(None, UNKNOWN)),
        ("48123", Reply(None, UNKNOWN)),
        ("48 12", Reply(None, UNKNOWN)),
        ("call 4812", Reply(None, UNKNOWN)),
        ("٤٨١٢", Reply(None, UNKNOWN)),
        ("not ok", Reply(None, UNKNOWN)),
        ("please stop", Reply(None, UNKNOWN)),
    ],
)
def test_what_people_text(text: str, reply: Reply) -> None:
    assert replies.read(text) == reply


@given(st.text())
def test_nothing_that_is_texted_breaks_it(text: str) -> None:
    found = replies.read(text)
    assert found.code is None or (len(found.code) == 4 and found.code.isascii() and found.code.isdigit())
    assert found.verb in {ACK, PASS_ON, STOP, UNKNOWN}


def test_the_answers() -> None:
    assert replies.you_have("INC-42", ["Eva"], "en") == "You have INC-42. Eva was not called."
    assert replies.you_have("INC-42", [], "en") == "You have INC-42."
    assert (
        replies.you_have("INC-42", ["Eva", "Bram"], "en") == "You have INC-42. Eva and Bram were not called."
    )
    assert replies.not_yours("4812", ADDRESS, "en") == f"4812 is not yours or is over. Sign in: {ADDRESS}"
    assert replies.passed_on("INC-42", ["Eva"], "en") == "INC-42 passed on to Eva."
    assert replies.passed_on("INC-42", [], "en") == "INC-42 passed on: nobody else is left."
    assert replies.not_understood(ADDRESS, "en").startswith("Not understood. Reply the four digits")
    assert replies.test_finished("en") == "Test finished: a page reaches you here."


@given(st.lists(st.text(min_size=1, max_size=90), max_size=9), st.sampled_from(["en", "nl"]))
def test_each_answer_is_one_message_and_keeps_its_address(names: list[str], language: str) -> None:
    answers = [replies.you_have("INC-42", names, language), replies.passed_on("INC-42", names, language)]
    with_address = [
        replies.not_yours("4812", ADDRESS, language),
        replies.not_understood(ADDRESS, language),
        replies.nothing_open(ADDRESS, language),
        replies.too_many(ADDRESS, language),
    ]
    for words in answers + with_address:
        assert septets(words) <= ONE_SEGMENT
        assert set(words) <= BASIC | EXTENSION
    assert all(words.endswith(ADDRESS) for words in with_address)


def test_reports_of_a_text_message() -> None:
    assert receipt_of({"MessageStatus": "sent"}) == Receipt(14, False, False, False, "sent")
    assert receipt_of({"SmsStatus": "delivered"}) == Receipt(30, True, False, False, "delivered")
    failed = receipt_of({"MessageStatus": "undelivered", "ErrorCode": "30003"})
    assert failed == Receipt(22, False, True, False, "undelivered, 30003")
    assert receipt_of({"MessageStatus": "dancing"}).rank == receipt_of({}).rank == 0


@pytest.mark.parametrize(
    ("status", "by", "delivered", "failed", "answered"),
    [
        ("ringing", "", False, False, False),
        ("in-progress", "", False, False, False),
        ("completed", "human", True, False, True),
        ("completed", "", True, False, True),
        ("completed", "unknown", False, False, False),
        ("completed", "machine_start", False, True, False),
        ("completed", "machine_end_beep", False, True, False),
        ("completed", "fax", False, True, False),
        ("busy", "", False, True, False),
        ("no-answer", "", False, True, False),
        ("canceled", "", False, True, False),
        ("failed", "", False, True, False),
    ],
)
def test_a_voicemail_is_no_answer(
    status: str, by: str, delivered: bool, failed: bool, answered: bool
) -> None:
    receipt = receipt_of({"CallStatus": status, "AnsweredBy": by})
    assert (receipt.delivered, receipt.failed, receipt.answered) == (delivered, failed, answered)


def kept(reports: list[dict[str, str]]) -> Receipt | None:
    """What a row holds after these: a report is written down where its rank is higher."""
    found: Receipt | None = None
    for report in reports:
        receipt = receipt_of(report)
        if found is None or receipt.rank > found.rank:
            found = receipt
    return found


TEXTED = st.sampled_from([{"MessageStatus": status} for status in SMS_RANKS])
CALLED = st.sampled_from(
    [{"CallStatus": status} for status in CALL_RANKS]
    + [{"CallStatus": "completed", "AnsweredBy": by} for by in ("machine_start", "fax", "unknown")]
)


@given(st.data(), st.lists(TEXTED, min_size=1) | st.lists(CALLED, min_size=1))
def test_reports_in_any_order_and_twice_end_in_the_same_state(
    data: Any, reports: list[dict[str, str]]
) -> None:
    again = data.draw(st.permutations(reports + reports[:2]))
    assert kept(reports) == kept(again)


def test_a_report_is_named_by_a_signature() -> None:
    name = receipts.signed(7, 4711)
    assert receipts.read(name) == (7, 4711)
    assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:")
    assert name == receipts.signed(7, 4711)
    other = signing.Signer(salt="another").sign_object([7, 4711])
    for forged in (name[:-1], name.replace(":", ""), "", other, f"x{name}"):
        with pytest.raises(signing.BadSignature):
            receipts.read(forged)
