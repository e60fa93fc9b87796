"""Bytes made to break a parser: each adapter reads them or says that it cannot, and nothing else happens."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents import adapters
from incidents.adapters import READERS, Action, Unreadable
from incidents.adapters.envelope import read_envelope

BOMB = b"[" * 100_000 + b"]" * 100_000
ENVELOPE = b'"routing_key": "the-key", "event_action": "trigger", "dedup_key": "d"'


class TestTheEnvelopeOfABomb:
    @pytest.mark.parametrize(
        "body",
        [
            b"{" + ENVELOPE + b', "payload": ' + BOMB + b"}",
            b'{"payload": ' + BOMB + b", " + ENVELOPE + b"}",
            b'{"payload": ' + b'{"routing_key":' * 30_000 + b"1" + b"}" * 30_000 + b", " + ENVELOPE + b"}",
            b"{" + ENVELOPE + b', "payload": ' + b"[" * 100_000,
            b"{" + ENVELOPE + b', "payload": {"summary": ' + b'{"a":' * 50_000,
        ],
        ids=["after", "before", "objects", "unclosed", "unclosed objects"],
    )
    def test_is_read_without_the_payload(self, body: bytes) -> None:
        envelope = read_envelope(body)
        assert (envelope.routing_key, envelope.event_action, envelope.dedup_key) == (
            "the-key",
            "trigger",
            "d",
        )
        [alert] = adapters.read("pagerduty", body)
        assert (alert.action, alert.dedup_key) == (Action.TRIGGER, "d")
        assert "nested" in alert.problem

    def test_is_not_taken_from_inside_the_payload_or_from_a_value(self) -> None:
        nested = (
            b'{"payload": {"routing_key": "inner", "x": "routing_key"}, "a": "routing_key", "b": '
            + BOMB
            + b"}"
        )
        assert read_envelope(nested).routing_key == ""

    def test_escapes_in_its_texts_are_read(self) -> None:
        body = b'{"routing_key": "a\\u0062\\"c", "event_action": "trigger", "payload": ' + BOMB + b"}"
        assert read_envelope(body).routing_key == 'ab"c'


BOMBS = {
    "lists": BOMB,
    "open lists": b"[" * 500_000,
    "open objects": b'{"a":' * 100_000,
    "digits": b"9" * 500_000,
    "digits within": b'{"a":' + b"9" * 500_000 + b"}",
    "quotes": b'"' * 500_000,
    "keys": b"{" + b",".join(b'"%d":0' % n for n in range(45_000)) + b"}",
}


@pytest.mark.parametrize("format", list(READERS))
@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_unreadable_or_read_but_never_a_crash(format: str, body: bytes) -> None:
    try:
        alerts = adapters.read(format, body, "given")
    except Unreadable:
        return
    assert_storable(alerts)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
NAMES = """
    routing_key event_action dedup_key payload summary severity timestamp links href text client_url
    custom_details
    alerts status labels annotations fingerprint startsAt generatorURL title message key url
"""
names = st.sampled_from(NAMES.split())
WORDS = ["trigger", "resolve", "acknowledge", "firing", "resolved", "http://[", "\ud800\0"]
shaped = st.recursive(
    json_values | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6),
    max_leaves=40,
)


bodies = st.binary(max_size=2_000) | shaped.map(lambda value: json.dumps(value).encode())


@settings(max_examples=300, deadline=None)
@given(format=st.sampled_from(list(READERS)), body=bodies)
def test_any_bytes_are_read_or_unreadable(format: str, body: bytes) -> None:
    try:
        alerts = adapters.read(format, body, "given")
    except Unreadable:
        return
    assert_storable(alerts)


def assert_storable(alerts: list[adapters.IncomingAlert]) -> None:
    for alert in alerts:
        assert alert.dedup_key
        assert len(alert.dedup_key) <= 255
        assert len(alert.fingerprint) <= 64
        assert len(alert.title) <= 1_024
        assert "\n" not in alert.title
        written = json.dumps([alert.labels, alert.payload], allow_nan=False, ensure_ascii=False)
        texts: list[Any] = [written, alert.title, alert.summary, alert.dedup_key, alert.fingerprint]
        assert not any("\0" in text or "\\u0000" in text for text in texts)
        for text in texts:
            text.encode("utf-8")  # raises on a lone surrogate
