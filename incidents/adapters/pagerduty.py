"""PagerDuty Events API v2: `POST /v2/enqueue`. Alertmanager's own PagerDuty notifier speaks it too.

Only the envelope is ever refused, at the door. Here there is always an alert: acknowledge and resolve need no
payload, and a trigger without a usable one pages under a title of our own.
"""

from typing import Any

from incidents.adapters.envelope import ACTIONS, read_envelope
from incidents.adapters.incoming import Action, IncomingAlert, Options, Unreadable, short_key
from incidents.adapters.limits import (
    cleaned,
    labels_of,
    line_of,
    parse,
    text_of,
    time_of,
    url_of,
)
from incidents.adapters.severities import severity_of


def read(body: bytes, given_key: str = "", options: Options | None = None) -> list[IncomingAlert]:
    """`given_key` is the dedup_key the answer promised where the event had none. Raises Unreadable."""
    envelope = read_envelope(body)
    if envelope.errors and envelope.event_action not in ACTIONS:
        raise Unreadable(" ".join(envelope.errors))
    action, key = Action(envelope.event_action), short_key(envelope.dedup_key or given_key)
    if action != Action.TRIGGER:
        return [IncomingAlert(action=action, dedup_key=key)]
    try:
        return [_trigger(cleaned(parse(body)), key)]
    except Unreadable as error:
        return [IncomingAlert(action=action, dedup_key=key, problem=str(error))]


def _trigger(event: dict[str, Any], key: str) -> IncomingAlert:
    given = event.get("payload")
    payload: dict[str, Any] = given if isinstance(given, dict) else {}
    runbook, dashboard = _links(event)
    details = payload.get("custom_details")
    return IncomingAlert(
        action=Action.TRIGGER,
        dedup_key=key,
        title=line_of(payload.get("summary")),
        severity=severity_of(payload.get("severity")),
        summary=_summary(details),
        labels=labels_of({name: payload.get(name) for name in ("source", "component", "group", "class")}),
        payload={name: value for name, value in event.items() if name != "routing_key"},
        runbook_url=runbook,
        dashboard_url=dashboard,
        started_at=time_of(payload.get("timestamp")),
    )


def _summary(details: Any) -> str:
    """What the source says in its own words, where it says so under a usual name."""
    if isinstance(details, dict):
        for name in ("description", "message", "summary", "firing"):
            if text := text_of(details.get(name), 5_000):
                return text
    return text_of(details, 5_000)


def _links(event: dict[str, Any]) -> tuple[str, str]:
    """The runbook, known by its name, and the first other link; `client_url` where there is none."""
    runbook = dashboard = ""
    given = event.get("links")
    for link in given if isinstance(given, list) else []:
        address = url_of(link.get("href")) if isinstance(link, dict) else ""
        if address and "runbook" in text_of(link.get("text"), 200).lower() and not runbook:
            runbook = address
        elif address and not dashboard:
            dashboard = address
    return runbook, dashboard or url_of(event.get("client_url")) or _picture(event)


def _picture(event: dict[str, Any]) -> str:
    """What the first image leads to, or the image itself."""
    images = event.get("images")
    first = images[0] if isinstance(images, list) and images else None
    return url_of(first.get("href")) or url_of(first.get("src")) if isinstance(first, dict) else ""
