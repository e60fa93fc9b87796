"""Where machines say that they are alive: `/ingest/<key>/heartbeat/<slug>`.

GET, HEAD and POST all beat, whatever is sent along: a cron job has a line of curl. Links in pages (`/p/…`)
must do nothing by being looked at, as mail scanners do; these addresses are secrets of machines, and no
mail carries one.
"""

from collections.abc import Callable
from functools import wraps

import structlog
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from config.tenancy.doors import DoorClosed
from incidents.operations.beating import NoSuchHeartbeat, beat_by_key
from incidents.views.ingest_door import RETRY_AFTER_SECONDS, nothing_here
from incidents.views.ingest_key import key_of

log = structlog.get_logger(__name__)

METHODS = ("GET", "HEAD", "POST")
LONGEST_SLUG = 60


def heartbeat_door(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """An answer in JSON to every fault; 503 where the beat could not be written."""

    @csrf_exempt
    @never_cache
    @wraps(view)
    def answer(request: HttpRequest, **kwargs: str) -> HttpResponse:
        if request.method not in METHODS:
            return _refused(405, "Use GET, HEAD or POST.", Allow=", ".join(METHODS))
        try:
            return view(request, **kwargs)
        except NoSuchHeartbeat as error:
            return _refused(404, _what_to_do(error))
        except DatabaseError as error:
            log.error("heartbeat_unavailable", error=type(error).__name__)
            message = "Nothing can be stored at this moment. Send it again."
            return _refused(503, message, **{"Retry-After": RETRY_AFTER_SECONDS})

    return answer


@heartbeat_door
def by_path(request: HttpRequest, *, key: str, slug: str = "") -> HttpResponse:
    """`/ingest/<key>/heartbeat[/<slug>]`. An unknown key is a missing page."""
    try:
        return _beat(key, slug)
    except DoorClosed:
        return nothing_here()


@heartbeat_door
def by_header(request: HttpRequest, *, slug: str = "") -> HttpResponse:
    """`/ingest/heartbeat[/<slug>]` with the key as bearer token or basic password."""
    try:
        return _beat(key_of(request), slug)
    except DoorClosed:
        message = "Send the key of an alert source as bearer token or basic password."
        return _refused(401, message, **{"WWW-Authenticate": "Bearer"})


def _beat(key: str, slug: str) -> HttpResponse:
    # PostgreSQL refuses to look for what has a NUL in it; nobody's short name has.
    beat_by_key(key=key, slug=slug.replace("\0", "\N{REPLACEMENT CHARACTER}")[: LONGEST_SLUG + 1])
    return JsonResponse({"status": "success", "message": "Beat received"})


def _what_to_do(error: NoSuchHeartbeat) -> str:
    if error.slug:
        return "This source has no heartbeat of that short name. Make it in Muster, under Heartbeats."
    if error.there:
        return f"This source has {error.there} heartbeats. Add the short name of one to the address."
    return "This source has no heartbeat yet. Make one in Muster, under Heartbeats."


def _refused(status: int, message: str, **headers: str) -> HttpResponse:
    body = {"status": "unavailable" if status == 503 else "invalid event", "message": message}
    return JsonResponse(body | {"errors": [message]}, status=status, headers=headers)
