"""Any JSON at all: the usual names for a title, a key, a status and a severity; else the whole payload."""

import json
from typing import Any

from incidents.adapters.incoming import Action, IncomingAlert, Options, digest, short_key
from incidents.adapters.limits import cleaned, labels_of, line_of, parse, text_of, time_of, url_of
from incidents.adapters.severities import severity_of

TITLES = ("title", "summary", "message", "text", "subject", "name")
WORDS = ("message", "description", "summary", "details", "text")
KEYS = ("key", "dedup_key", "alias", "incident_key")
STATUSES = ("status", "state", "event_action", "action")
SEVERITIES = ("severity", "level", "priority")
RESOLVED = {"resolve", "resolved", "ok", "up", "closed", "close", "clear", "cleared", "recovered", "recovery"}
ACKNOWLEDGED = {"acknowledge", "acknowledged", "ack"}
LONGEST_WHOLE = 200


def read(body: bytes, given_key: str = "", options: Options | None = None) -> list[IncomingAlert]:
    """One alert. Without a key of its own the title (and `source`) is the key. Raises Unreadable."""
    value = cleaned(parse(body))
    members: dict[str, Any] = value if isinstance(value, dict) else {}
    title = _first(members, TITLES) or _whole(value)
    key = _first(members, KEYS) or given_key
    return [
        IncomingAlert(
            action=_action(_first(members, STATUSES).lower()),
            dedup_key=short_key(key) if key else digest(f"{title}\0{text_of(members.get('source'), 500)}"),
            title=title,
            severity=severity_of(_first(members, SEVERITIES)),
            summary=_summary(members, title),
            labels=labels_of(members.get("labels")),
            payload=members or {"payload": value},
            runbook_url=url_of(members.get("runbook_url")) or url_of(members.get("runbook")),
            dashboard_url=url_of(members.get("dashboard_url")) or url_of(members.get("url")),
            started_at=time_of(members.get("started_at")) or time_of(members.get("timestamp")),
        )
    ]


def _first(members: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((line for name in names if (line := line_of(members.get(name)))), "")


def _summary(members: dict[str, Any], title: str) -> str:
    found = (text_of(members.get(name), 5_000) for name in WORDS)
    return next((text for text in found if text and line_of(text) != title), "")


def _action(word: str) -> Action:
    if word in RESOLVED:
        return Action.RESOLVE
    return Action.ACKNOWLEDGE if word in ACKNOWLEDGED else Action.TRIGGER


def _whole(value: Any) -> str:
    """A title of the payload itself: it may be all that somebody at night gets to see."""
    if value in ({}, [], "", None):
        return ""
    return line_of(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), LONGEST_WHOLE)
