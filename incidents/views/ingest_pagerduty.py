"""PagerDuty's addresses: the key stands in the body, whatever the content type and `Authorization` say.

Only the envelope is read before the answer; what is wrong inside the payload is accepted, and still pages.
"""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.machines import refusal
from config.tenancy.doors import DoorClosed
from incidents.adapters import Unreadable, pagerduty_v1
from incidents.adapters.envelope import Envelope, read_envelope, without
from incidents.operations.ingest import CHANGE, take_in_by_key
from incidents.views.ingest_door import accepted, machine_door

# PagerDuty's keys of event orchestrations begin so; its change events take none of them.
RULESET = "R"


class _Invalid(Exception):
    def __init__(self, *errors: str) -> None:
        super().__init__(*errors)
        self.errors = list(errors)


# 429: its clients wait and try again after one, as after a 5xx.
@machine_door(busy=429)
def enqueue(request: HttpRequest, body: bytes) -> HttpResponse:
    """Events v2, `/v2/enqueue`."""
    return _answered(_event, body)


@machine_door()
def enqueue_change(request: HttpRequest, body: bytes) -> HttpResponse:
    """Change events, `/v2/change/enqueue`: kept, and nobody is paged for one."""
    return _answered(_change, body)


@machine_door()
def create_event(request: HttpRequest, body: bytes) -> HttpResponse:
    """Events v1, `/generic/2010-04-15/create_event.json`: 200 and incident_key, as it was."""
    return _answered(_event_v1, body)


def _answered(take: Callable[[bytes], HttpResponse], body: bytes) -> HttpResponse:
    try:
        return take(body)
    except Unreadable as error:
        errors = [str(error)]
    except _Invalid as invalid:
        errors = invalid.errors
    return refusal(400, "Event object is invalid", errors=errors)


def _event(body: bytes) -> HttpResponse:
    envelope = read_envelope(body)
    if envelope.errors:
        raise _Invalid(*envelope.errors)
    return accepted(dedup_key=_stored(envelope, "pagerduty", body))


def _event_v1(body: bytes) -> HttpResponse:
    envelope = pagerduty_v1.read_envelope(body)
    if envelope.errors:
        raise _Invalid(*envelope.errors)
    response = accepted(incident_key=_stored(envelope, "pagerduty-v1", body, "service_key"))
    response.status_code = 200
    return response


def _change(body: bytes) -> HttpResponse:
    envelope = read_envelope(body)
    if not envelope.routing_key:
        raise _Invalid("'routing_key' is missing or blank")
    if envelope.routing_key.startswith(RULESET):
        raise _Invalid("'routing_key' is that of a ruleset: change events need the key of an alert source")
    _take_in(envelope, CHANGE, body, "", "routing_key")
    return accepted()


def _stored(envelope: Envelope, format: str, body: bytes, member: str = "routing_key") -> str:
    """The dedup key the answer promises: the event's own, else a new one each time."""
    given = "" if envelope.dedup_key else uuid.uuid4().hex
    _take_in(envelope, format, body, given, member)
    return envelope.dedup_key or given


def _take_in(envelope: Envelope, format: str, body: bytes, given: str, member: str) -> None:
    key = envelope.routing_key
    try:
        take_in_by_key(key=key, format=format, body=without(key, body), given_key=given)
    except DoorClosed:
        raise _Invalid(f"'{member}' is unknown") from None
