"""PagerDuty's Events API v1: `/generic/2010-04-15/create_event.json`. Old senders still speak it.

service_key is the source's key, event_type the action, incident_key the dedup key, description the title.
"""

from typing import Any

from incidents.adapters.envelope import ACTIONS, Envelope, members_of
from incidents.adapters.incoming import Action, IncomingAlert, Options, Unreadable, short_key
from incidents.adapters.limits import cleaned, labels_of, line_of, parse, text_of, url_of
from incidents.adapters.severities import severity_of

MEMBERS = ("service_key", "event_type", "incident_key")


def read_envelope(body: bytes) -> Envelope:
    """As of v2, by the names of v1. Raises Unreadable where the body is no JSON object."""
    members = members_of(body, MEMBERS)
    key, action, incident = (text_of(members.get(name), 600_000) for name in MEMBERS)
    errors = ["'service_key' is missing or blank"] if not key else []
    if action not in ACTIONS:
        errors.append("'event_type' must be one of trigger, acknowledge, resolve")
    elif action != Action.TRIGGER and not incident:
        errors.append("'incident_key' is missing or blank: acknowledge and resolve need it")
    return Envelope(key, action, incident, tuple(errors))


def read(body: bytes, given_key: str = "", options: Options | None = None) -> list[IncomingAlert]:
    """`given_key` is the incident_key the answer promised where the event had none. Raises Unreadable."""
    envelope = read_envelope(body)
    if envelope.event_action not in ACTIONS:
        raise Unreadable(" ".join(envelope.errors))
    action, key = Action(envelope.event_action), short_key(envelope.dedup_key or given_key)
    if action != Action.TRIGGER:
        return [IncomingAlert(action=action, dedup_key=key)]
    try:
        return [_trigger(cleaned(parse(body)), key)]
    except Unreadable as error:
        return [IncomingAlert(action=action, dedup_key=key, problem=str(error))]


def _trigger(event: dict[str, Any], key: str) -> IncomingAlert:
    details = event.get("details")
    known = details if isinstance(details, dict) else {}
    return IncomingAlert(
        action=Action.TRIGGER,
        dedup_key=key,
        title=line_of(event.get("description")),
        severity=severity_of(known.get("severity")),
        summary=text_of(details, 5_000),
        labels=labels_of(details),
        payload={name: value for name, value in event.items() if name != "service_key"},
        dashboard_url=url_of(event.get("client_url")),
    )
