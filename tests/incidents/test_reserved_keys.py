"""No sender's key is that of one of our own alerts: of silence, and over a limit."""

import json
from typing import Any

import pytest

from incidents import adapters
from incidents.adapters.incoming import RESERVED, digest
from incidents.adapters.opsgenie import key_of
from incidents.limits import over_limit_key
from incidents.operations.beating import KEY

OURS = [f"{KEY}0123456789AB", over_limit_key("", suppressed=False)]
KEYS = [*OURS, "heartbeat:", "over-limit:x"]
BODIES: dict[str, Any] = {
    "pagerduty": lambda key: {"routing_key": "k", "event_action": "trigger", "dedup_key": key},
    "pagerduty-v1": lambda key: {"service_key": "k", "event_type": "trigger", "incident_key": key},
    "alertmanager": lambda key: {"status": "firing", "alerts": [{"status": "firing", "fingerprint": key}]},
    "grafana": lambda key: {"status": "firing", "alerts": [{"status": "firing", "fingerprint": key}]},
    "json": lambda key: {"title": "T", "key": key},
    "api": lambda key: {"title": "T", "dedup_key": key},
    "opsgenie": lambda key: {"message": "T", "alias": key},
}


def test_all_of_ours_are_known() -> None:
    assert all(key.startswith(RESERVED) for key in OURS)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("format", BODIES)
def test_it_is_hashed_the_same_each_time(format: str, key: str) -> None:
    [alert] = adapters.read(format, json.dumps(BODIES[format](key)).encode())
    assert alert.dedup_key == digest(key)
    [other] = adapters.read(format, json.dumps(BODIES[format]("my heartbeat:")).encode())
    assert other.dedup_key == "my heartbeat:"


@pytest.mark.parametrize("format", ["alertmanager", "grafana"])
def test_of_what_cannot_be_read_too(format: str) -> None:
    bad = {"fingerprint": KEYS[0], "labels": {str(n): n for n in range(2_001)}}
    [alert] = adapters.read(format, json.dumps({"alerts": [bad]}).encode())
    assert (alert.dedup_key, bool(alert.problem)) == (digest(KEYS[0]), True)


@pytest.mark.parametrize("action", ["close", "acknowledge"])
def test_by_alias_it_is_found_again_and_by_id_ours_are(action: str) -> None:
    """`given_key`: what the door made of the alias, or the key of the alert whose id was given."""
    [by_alias] = adapters.read(f"opsgenie-{action}", b"{}", key_of(KEYS[0]))
    assert by_alias.dedup_key == digest(KEYS[0])
    [by_id] = adapters.read(f"opsgenie-{action}", b"{}", OURS[0])
    assert by_id.dedup_key == OURS[0]
