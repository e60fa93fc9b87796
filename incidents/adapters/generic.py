"""Any JSON at all: by the source's mapping, and else by the usual names for a title, a key and so on.

A source without a mapping of its own has the ready one of its tool, where there is one (adapters.ready).
What neither finds is the whole payload: it may be all that somebody at night gets to see.
"""

import json
from typing import Any

from incidents.adapters import mapping as mapped
from incidents.adapters.incoming import Action, IncomingAlert, Options, Unreadable, digest, short_key
from incidents.adapters.limits import (
    MOST_ALERTS,
    cleaned,
    labels_of,
    line_of,
    parse,
    text_of,
    time_of,
    url_of,
)
from incidents.adapters.ready import READY
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
    """One alert, or one for each of the mapping's `each`. Raises Unreadable."""
    chosen = options or Options()
    ready = READY.get(chosen.tool)
    return read_by(chosen.mapping or (ready.mapping if ready else {}), body, given_key)


def plain(body: bytes, given_key: str = "", options: Options | None = None) -> list[IncomingAlert]:
    """What Muster's own API stored: by the usual names, whatever the source's mapping is."""
    return read_by({}, body, given_key)


def read_by(mapping: mapped.Mapping, body: bytes, given_key: str = "") -> list[IncomingAlert]:
    """By this mapping; one that is broken or finds nothing is as good as none. Raises Unreadable."""
    usable: mapped.Mapping = {} if mapped.problems_of(mapping) else mapping
    value = mapped.opened(usable, parse(body))
    items = mapped.items_of(usable, value)
    if len(items) == 1 and items[0] is value:
        return _read_one(usable, cleaned(value), None, given_key)
    alerts = [alert for item in items[:MOST_ALERTS] for alert in _each(usable, item, value)]
    if len(items) > MOST_ALERTS:
        problem = f"It lists more than {MOST_ALERTS} alerts: the first {MOST_ALERTS} were read."
        alerts.append(IncomingAlert(action=Action.TRIGGER, dedup_key=digest("beyond"), problem=problem))
    return alerts


def _each(mapping: mapped.Mapping, item: Any, whole: Any) -> list[IncomingAlert]:
    try:
        return _read_one(mapping, cleaned(item), whole, "")
    except Unreadable as error:
        try:
            key = digest(json.dumps(item))
        except RecursionError:
            key = digest(str(error))
        return [IncomingAlert(action=Action.TRIGGER, dedup_key=key, problem=str(error))]


def _read_one(mapping: mapped.Mapping, item: Any, whole: Any, given_key: str) -> list[IncomingAlert]:
    """Empty where the mapping says that it is to be ignored. `whole` None: `item` is the whole body."""
    whole = item if whole is None else whole
    if mapped.holds(mapping, "ignored_when", item, whole):
        return []
    members: dict[str, Any] = item if isinstance(item, dict) else {}

    def at(field: str) -> Any:
        return mapped.found(mapping, field, item, whole)

    title = line_of(at("title")) or _first(members, TITLES) or _whole(item)
    key = mapped.key_in(mapping, item, whole) or _first(members, KEYS) or given_key
    return [
        IncomingAlert(
            action=mapped.action_of(mapping, item, whole) or _action(line_of(at("status")), members),
            dedup_key=short_key(key) if key else digest(f"{title}\0{text_of(members.get('source'), 500)}"),
            title=title,
            severity=severity_of(mapped.severity_in(mapping, item, whole) or _first(members, SEVERITIES)),
            summary=text_of(at("summary"), 5_000) or _summary(members, title),
            labels=labels_of(mapped.labels_in(mapping, item, whole)) or labels_of(members.get("labels")),
            payload=members or {"payload": item},
            runbook_url=url_of(at("runbook_url")) or _link(members, "runbook_url", "runbook"),
            dashboard_url=url_of(at("dashboard_url")) or _link(members, "dashboard_url", "url"),
            started_at=time_of(at("started_at"))
            or time_of(members.get("started_at"))
            or time_of(members.get("timestamp")),
            is_test=mapped.holds(mapping, "test_when", item, whole),
        )
    ]


def _first(members: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((line for name in names if (line := line_of(members.get(name)))), "")


def _link(members: dict[str, Any], *names: str) -> str:
    return next((url for name in names if (url := url_of(members.get(name)))), "")


def _summary(members: dict[str, Any], title: str) -> str:
    found = (text_of(members.get(name), 5_000) for name in WORDS)
    return next((text for text in found if text and line_of(text) != title), "")


def _action(status: str, members: dict[str, Any]) -> Action:
    word = (status or _first(members, STATUSES)).lower()
    if word in RESOLVED:
        return Action.RESOLVE
    return Action.ACKNOWLEDGE if word in ACKNOWLEDGED else Action.TRIGGER


def _whole(value: Any) -> str:
    if value in ({}, [], "", None):
        return ""
    return line_of(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), LONGEST_WHOLE)
