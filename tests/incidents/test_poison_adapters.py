"""Bytes made to break a parser: each adapter reads them or says that it cannot, and nothing else happens."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents import adapters
from incidents.adapters import READERS, Action, Options, Unreadable
from incidents.adapters.change import read_change
from incidents.adapters.envelope import read_envelope
from incidents.adapters.mapping import problems_of, try_out
from incidents.adapters.pagerduty_v1 import read_envelope as read_envelope_v1
from incidents.adapters.paths import NotAPath
from incidents.adapters.ready import READY

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


# Every way a source may ask to be read.
SOURCES = {
    "plain": Options(),
    "group": Options(by_group=True),
    "each": Options(
        mapping={"each": "$.alerts[*]", "title": "@.title", "key": "$.key", "labels": "@.labels"}
    ),
    **{tool: Options(tool=tool) for tool in READY},
}


@pytest.mark.parametrize("format", list(READERS))
@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("source", ["plain", "group", "each", "sns"])
def test_a_bomb_is_unreadable_or_read_but_never_a_crash(format: str, body: bytes, source: str) -> None:
    try:
        alerts = adapters.read(format, body, "given", SOURCES[source])
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
    custom_details service_key event_type incident_key description details
    alerts status labels annotations fingerprint startsAt generatorURL title message key url
    groupKey groupLabels commonLabels commonAnnotations truncatedAlerts orgId values valueString rulename
    ruleId ruleName state tags heartbeat monitor msg action data event issue metric_alert alert_rule id
    Message Type SubscribeURL AlarmName event_id event_value transition cycle
"""
names = st.sampled_from(NAMES.split())
WORDS = [
    "trigger",
    "resolve",
    "acknowledge",
    "firing",
    "resolved",
    "http://[",
    "\ud800\0",
    '{"AlarmName": "\0"}',
]
shaped = st.recursive(
    json_values | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6),
    max_leaves=40,
)


bodies = st.binary(max_size=2_000) | shaped.map(lambda value: json.dumps(value).encode())


@settings(max_examples=1_000, deadline=None)
@given(format=st.sampled_from(list(READERS)), body=bodies, source=st.sampled_from(list(SOURCES)))
def test_any_bytes_are_read_or_unreadable(format: str, body: bytes, source: str) -> None:
    try:
        alerts = adapters.read(format, body, "given", SOURCES[source])
    except Unreadable:
        return
    assert_storable(alerts)


@settings(max_examples=200, deadline=None)
@given(body=bodies)
def test_any_bytes_are_a_change_or_unreadable(body: bytes) -> None:
    try:
        change = read_change(body)
        read_envelope_v1(body)
    except Unreadable:
        return
    assert change.summary
    json.dumps([change.links, change.details], allow_nan=False, ensure_ascii=False).encode()


paths = st.text(alphabet="$@.[]'*?ab0-~^&| (),:=", max_size=20).map(lambda path: f"${path}")
fields = st.sampled_from(["title", "key", "labels", "labels.a", "each", "resolved_when", "severities", "x"])
given_values = paths | json_values | st.fixed_dictionaries({"path": paths, "is": json_values})


@settings(max_examples=500, deadline=None)
@given(mapping=st.dictionaries(fields, given_values, max_size=5) | json_values, body=bodies)
def test_any_mapping_is_refused_in_words_or_reads(mapping: Any, body: bytes) -> None:
    problems = problems_of(mapping)
    assert all(isinstance(problem, str) and problem for problem in problems)
    try:
        alerts = adapters.read("json", body, "given", Options(mapping=mapping))
        assert_storable(alerts)
        if not problems:
            try_out(mapping, body)
    except (Unreadable, NotAPath):
        return


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
