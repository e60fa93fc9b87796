"""Where monitors post. No session, no CSRF, no redirect of a POST; nothing is parsed but an envelope.

Every answer is JSON in the three members PagerDuty's clients read: status, message, errors.
"""

import uuid
from collections.abc import Callable
from functools import wraps

import structlog
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from config.tenancy.doors import DoorClosed
from incidents.adapters import Unreadable
from incidents.adapters.envelope import Envelope, read_envelope
from incidents.operations.ingest import CHANGE, take_in_by_key
from incidents.views.ingest_body import Aborted, TooLarge, read_body
from incidents.views.ingest_key import key_of

log = structlog.get_logger(__name__)

View = Callable[..., HttpResponse]
RETRY_AFTER_SECONDS = "10"


def machine_door(view: View) -> View:
    """`view(request, body, …)`: the body read within its bound, and an honest answer to every fault."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def answer(request: HttpRequest, **kwargs: str) -> HttpResponse:
        try:
            return view(request, read_body(request), **kwargs)
        except TooLarge as error:
            return _refused(413, str(error))
        except Aborted as error:
            return _refused(400, str(error))
        except DatabaseError as error:
            # Never a 429: Alertmanager gives up on any 4xx, and tries again on a 5xx.
            log.error("ingest_unavailable", error=type(error).__name__)
            response = _refused(503, "Nothing can be stored at this moment. Send it again.", "unavailable")
            response["Retry-After"] = RETRY_AFTER_SECONDS
            return response

    return answer


@machine_door
def by_path(request: HttpRequest, body: bytes, *, key: str, format: str) -> HttpResponse:
    """`/ingest/<key>/<format>`. An unknown key is a missing page."""
    try:
        take_in_by_key(key=key, format=format, body=body)
    except DoorClosed:
        return HttpResponseNotFound("There is nothing here.\n", content_type="text/plain; charset=utf-8")
    return _accepted()


@machine_door
def by_header(request: HttpRequest, body: bytes, *, format: str) -> HttpResponse:
    """`/ingest/<format>` with the key as bearer token or basic password."""
    try:
        take_in_by_key(key=key_of(request), format=format, body=body)
    except DoorClosed:
        response = _refused(401, "Send the key of an alert source as bearer token or basic password.")
        response["WWW-Authenticate"] = "Bearer"
        return response
    return _accepted()


@machine_door
def enqueue(request: HttpRequest, body: bytes) -> HttpResponse:
    """PagerDuty Events v2, `/v2/enqueue`: the key stands in the body, whatever the content type says."""
    try:
        envelope = read_envelope(body)
    except Unreadable as error:
        return _refused(400, "Event object is invalid", errors=[str(error)])
    if envelope.errors:
        return _refused(400, "Event object is invalid", errors=list(envelope.errors))
    given = "" if envelope.dedup_key else uuid.uuid4().hex
    return _enqueued(envelope, "pagerduty", body, given)


@machine_door
def enqueue_change(request: HttpRequest, body: bytes) -> HttpResponse:
    """PagerDuty's change events, `/v2/change/enqueue`: kept, and nobody is paged for one."""
    try:
        envelope = read_envelope(body)
    except Unreadable as error:
        return _refused(400, "Event object is invalid", errors=[str(error)])
    if not envelope.routing_key:
        return _refused(400, "Event object is invalid", errors=[envelope.errors[0]])
    return _enqueued(envelope, CHANGE, body, "")


def _enqueued(envelope: Envelope, format: str, body: bytes, given_key: str) -> HttpResponse:
    # The key is a secret, and what is stored is shown to people: it is masked at its own length.
    secret = envelope.routing_key.encode("utf-8", "replace")
    try:
        masked = body.replace(secret, b"*" * len(secret))
        take_in_by_key(key=envelope.routing_key, format=format, body=masked, given_key=given_key)
    except DoorClosed:
        return _refused(400, "Event object is invalid", errors=["'routing_key' is unknown"])
    if format == CHANGE:
        return _accepted()
    return _accepted(dedup_key=envelope.dedup_key or given_key)


def _accepted(**members: str) -> HttpResponse:
    body = {"status": "success", "message": "Event processed", **members}
    return JsonResponse(body, status=202)


def _refused(
    status: int, message: str, word: str = "invalid event", errors: list[str] | None = None
) -> HttpResponse:
    return JsonResponse({"status": word, "message": message, "errors": errors or [message]}, status=status)
