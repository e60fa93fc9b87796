"""An alert, and what came of a request, in Opsgenie's words. Nothing of the incident is among them."""

from datetime import UTC, datetime
from typing import Any

from incidents.adapters import Action
from incidents.adapters.limits import labels_of, line_of, text_of
from incidents.adapters.opsgenie import key_of
from incidents.models import Alert, AlertSeverity, AlertSource, AlertStatus
from incidents.operations.opsgenie import Came, is_private, last_change

LONGEST_MESSAGE = 130
PRIORITIES = {
    AlertSeverity.CRITICAL: "P1",
    AlertSeverity.ERROR: "P2",
    AlertSeverity.WARNING: "P3",
    AlertSeverity.INFO: "P5",
}
# Of an alert on a private incident nothing is said that somebody wrote.
WITHHELD = {"alias": "", "message": "(private)", "tags": []}
# By format: the action, and the status where it was done.
DONE = {
    "opsgenie": ("Create", "Created alert"),
    "opsgenie-close": ("Close", "Closed alert"),
    "opsgenie-acknowledge": ("Acknowledge", "Acknowledged alert"),
    "opsgenie-note": ("AddNote", "Added note to alert"),
    "opsgenie-update": ("Update", ""),
}
NOT_DONE = {
    "opsgenie": "Nothing to do: it was over before it came in.",
    "opsgenie-update": "Alerts keep the words they came with.",
}


def what_came_of(came: Came, source: AlertSource) -> dict[str, Any]:
    format, done = came.event.format, bool(came.done)
    action, status = DONE.get(format, (str(Action.TRIGGER), "Done"))
    return {
        "success": done,
        "isSuccess": done,
        "action": action,
        "status": status if done else NOT_DONE.get(format, "Alert does not exist"),
        "processedAt": when(came.event.processed_at),
        "integrationId": source.uid,
        "alertId": came.alert.uid if came.alert is not None else "",
        "alias": alias_of(came.alert) if came.alert is not None else "",
    }


def alert_in_short(alert: Alert, source: AlertSource) -> dict[str, Any]:
    """As it stands in a list."""
    said = _in_short(alert, source)
    return said | WITHHELD | {"source": source.name} if is_private(alert) else said


def _in_short(alert: Alert, source: AlertSource) -> dict[str, Any]:
    return {
        "id": alert.uid,
        "tinyId": alert.uid,
        "alias": alias_of(alert),
        "message": alert.title[:LONGEST_MESSAGE],
        "status": "open" if alert.is_open else "closed",
        "acknowledged": alert.status == AlertStatus.ACKNOWLEDGED,
        "isSeen": alert.status == AlertStatus.ACKNOWLEDGED,
        "tags": alert.tags,
        "snoozed": False,
        "count": alert.count,
        "lastOccurredAt": when(alert.last_seen),
        "createdAt": when(alert.first_seen),
        "updatedAt": when(last_change(alert)),
        "source": text_of(alert.payload.get("source"), 1_000) or source.name,
        "owner": "",
        "priority": priority_of(alert),
        "responders": [],
        "integration": {"id": source.uid, "name": source.name, "type": "API"},
        "report": _report(alert),
    }


def alert_in_full(alert: Alert, source: AlertSource) -> dict[str, Any]:
    if is_private(alert):
        return alert_in_short(alert, source) | {"actions": [], "entity": "", "description": "", "details": {}}
    details = alert.payload.get("details")
    return {
        **alert_in_short(alert, source),
        "actions": [],
        "entity": line_of(alert.payload.get("entity"), 512),
        "description": alert.summary,
        "details": labels_of(details) if isinstance(details, dict) else alert.labels,
    }


def alias_of(alert: Alert) -> str:
    """As it was sent, where only its hash is the dedup key."""
    sent = text_of(alert.payload.get("alias"), 10_000)
    return sent if key_of(sent) == alert.dedup_key else alert.dedup_key


def priority_of(alert: Alert) -> str:
    """What the source said; of what did not come by this door, the nearest."""
    said = text_of(alert.payload.get("priority"), 2).upper()
    return said if said in {"P1", "P2", "P3", "P4", "P5"} else PRIORITIES[AlertSeverity(alert.said_severity)]


def when(moment: datetime | None) -> str | None:
    """UTC, with milliseconds."""
    if moment is None:
        return None
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _report(alert: Alert) -> dict[str, int]:
    """In milliseconds from its beginning."""
    if alert.resolved_at is None:
        return {}
    return {"closeTime": max(0, int((alert.resolved_at - alert.first_seen).total_seconds() * 1_000))}
