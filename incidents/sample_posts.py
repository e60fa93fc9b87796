"""What each tool would post, as "send a test" posts it: a format and a body. Pure."""

import json
from datetime import datetime
from typing import Any

from incidents.adapters.ready import READY

TITLE = "A test from Muster: nothing is wrong"
LABELS = {"alertname": "MusterTest", "instance": "muster", "severity": "warning"}


def sample_post(tool: str, *, name: str, at: datetime) -> tuple[str, bytes]:
    """(format, body) of one alert that fires, as `tool` words it; any JSON for a tool not known here.

    `name` is the source's, `at` aware. The ready mappings bring their own sample.
    """
    if tool in READY:
        return "json", _written(READY[tool].sample)
    format, make = _MAKERS.get(tool, ("json", _json))
    return format, _written(make(name, at.isoformat()))


def _written(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False, indent=2).encode()


def _alertmanager(name: str, at: str) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": '{}:{alertname="MusterTest"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "muster",
        "groupLabels": {"alertname": LABELS["alertname"]},
        "commonLabels": LABELS,
        "commonAnnotations": {"summary": TITLE},
        "externalURL": "http://alertmanager.example",
        "alerts": [
            {
                "status": "firing",
                "labels": LABELS,
                "annotations": {"summary": TITLE, "description": f"Sent by hand, for {name}."},
                "startsAt": at,
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.example/graph",
                "fingerprint": "6d757374657274",
            }
        ],
    }


def _grafana(name: str, at: str) -> dict[str, Any]:
    frame = _alertmanager(name, at) | {"version": "1", "orgId": 1, "state": "alerting", "title": TITLE}
    frame["alerts"][0] |= {"dashboardURL": "", "panelURL": "", "silenceURL": "", "values": {"A": 1}}
    return frame


def _pagerduty(name: str, at: str) -> dict[str, Any]:
    return {
        # As the door stores it: the key is never kept.
        "routing_key": "*" * 32,
        "event_action": "trigger",
        "dedup_key": "muster-test",
        "payload": {
            "summary": TITLE,
            "source": name,
            "severity": "warning",
            "timestamp": at,
            "custom_details": LABELS,
        },
    }


def _opsgenie(name: str, at: str) -> dict[str, Any]:
    return {
        "message": TITLE,
        "alias": "muster-test",
        "description": f"Sent by hand at {at}.",
        "priority": "P4",
        "source": name,
        "tags": ["test"],
        "details": LABELS,
    }


def _json(name: str, at: str) -> dict[str, Any]:
    return {
        "title": TITLE,
        "key": "muster-test",
        "severity": "warning",
        "status": "firing",
        "source": name,
        "started_at": at,
        "labels": LABELS,
    }


_MAKERS = {
    "alertmanager": ("alertmanager", _alertmanager),
    "grafana": ("grafana", _grafana),
    "pagerduty": ("pagerduty", _pagerduty),
    "opsgenie": ("opsgenie", _opsgenie),
}
