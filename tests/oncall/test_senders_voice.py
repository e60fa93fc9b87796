"""Calls: what is said, which keys are waited for, and that no title breaks out of the TwiML."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.senders import voice
from oncall.senders.message import Outcome
from oncall.senders.speech import spoken
from tests.oncall.messages import NOW, message
from tests.oncall.wire import NUMBER, Wire

ACTION = "https://muster.acme.nl/hooks/twilio/keys/K7M2Q9XR4TWB?a=1&b=2"
KEYS = "Press 4, I have it. Press 6, pass it on. Star, again."


def test_a_page_is_said_as_the_table_says() -> None:
    assert spoken(message()) == (f"Severity one, maybe. Checkout: payments fail for all customers. {KEYS}")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"severity_word": "SEV2", "private": True},
            f"Severity two. INC-42, private. Sign in to read it. {KEYS}",
        ),
        (
            {"why": {"variant": "escalated", "others": ["Anna"]}, "service": "", "title": "Down."},
            f"Severity one, maybe. Down. Your turn: Anna did not answer. {KEYS}",
        ),
        (
            {"why": {"variant": "called_in", "detail": "Anna"}, "text": "need a\nDBA."},
            "Severity one, maybe. Checkout: payments fail for all customers. Anna asks you in. need a DBA.",
        ),
        (
            {"why": {"variant": "raised", "detail": "SEV3"}, "severity_word": "SEV1"},
            "Severity one. Checkout: payments fail for all customers. Raised from SEV3. Press 4",
        ),
        (
            {"severity_word": "Ramp", "folded": 2},
            "Ramp. Checkout: payments fail for all customers. And 2 more.",
        ),
        ({"kind": "verify", "verify": "481203"}, "Your code is 4, 8, 1, 2, 0, 3."),
        (
            {"kind": "test"},
            "TEST for Anna: this is how a page reaches you. Press 4 to finish the test.",
        ),
        (
            {"kind": "taken", "why": {"by": "Bram", "at": NOW.isoformat()}},
            "INC-42 taken by Bram at 03:04. Nothing for you to do.",
        ),
    ],
)
def test_other_words(changes: dict[str, Any], words: str) -> None:
    assert spoken(message(**changes)).startswith(words)


def test_it_is_said_twice_while_one_key_is_waited_for() -> None:
    root = ET.fromstring(voice.announcement(message(), ACTION).encode())
    (gather,) = root.findall("Gather")
    assert gather.attrib == {
        "input": "dtmf",
        "numDigits": "1",
        "timeout": "8",
        "method": "POST",
        "action": ACTION,
    }
    assert [say.text for say in gather.findall("Say")] == [spoken(message())] * 2
    assert {say.get("language") for say in root.iter("Say")} == {"en-GB"}
    assert root[-1].text == "No key was pressed. Nothing has changed."


def test_dutch_is_said_by_a_dutch_voice() -> None:
    said = voice.announcement(message(language="nl"), ACTION)
    assert "Ernst één, misschien." in said
    assert 'language="nl-NL"' in said


@given(title=st.text(), action=st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"])))
def test_a_title_stays_words(title: str, action: str) -> None:
    root = ET.fromstring(voice.announcement(message(title=title), action).encode("utf-8"))
    assert [child.tag for child in root.iter()] == ["Response", "Gather", "Say", "Pause", "Say", "Say"]


def test_a_title_that_is_twiml_is_read_out() -> None:
    evil = "</Say><Dial>+31900</Dial><Say>"
    assert "<Dial>" not in voice.announcement(message(title=evil), ACTION)
    assert "<Dial>" not in voice.said(evil)


def test_an_answer_hangs_up_and_a_machine_hears_nothing() -> None:
    assert voice.said("You have INC-42 & all.").endswith(
        '<Response><Say language="en-GB">You have INC-42 &amp; all.</Say><Hangup/></Response>'
    )
    assert voice.hung_up().endswith("<Response><Hangup/></Response>")


def test_a_call_says_where_its_words_its_keys_and_its_reports_go(wire: Wire) -> None:
    outcome = voice.send(message(), "+31612345678", "https://x/status", "https://x/voice")
    call = wire.expect("voice", "+31612345678")
    assert call.data == {
        "From": NUMBER,
        "To": "+31612345678",
        "Url": "https://x/voice",
        "Method": "POST",
        "Timeout": "25",
        "MachineDetection": "Enable",
        "StatusCallback": "https://x/status",
        "StatusCallbackMethod": "POST",
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
    }
    assert outcome == Outcome(True, "accepted: queued", receipt=True, provider_id=call.sid)


def test_a_call_without_a_page_brings_its_words_along(wire: Wire) -> None:
    voice.send(message("verify", verify="4812"), "+31612345678", "", "")
    call = wire.expect("voice", "+31612345678", "Your code is 4, 8, 1, 2.")
    assert "StatusCallback" not in call.data
    assert "Gather" not in call.sent.words
