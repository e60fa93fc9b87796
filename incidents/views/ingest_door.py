"""The way in of every address monitors post to. No session, no CSRF, never a redirect, never HTML.

Every answer is JSON in the three members PagerDuty's clients read: status, message, errors.
"""

from collections.abc import Callable
from functools import wraps

import structlog
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from config.machines import NOTHING_HERE, refusal
from incidents.signatures import NotSigned
from incidents.views.ingest_body import Aborted, TooLarge, read_body

log = structlog.get_logger(__name__)

View = Callable[..., HttpResponse]
RETRY_AFTER_SECONDS = "10"
POST = ("POST",)


def machine_door(*, methods: tuple[str, ...] = POST, busy: int = 503) -> Callable[[View], View]:
    """`view(request, body, …)`: the body read within its bound, and an honest answer to every fault.

    `busy` answers where nothing can be stored. A 5xx, unless the sender only tries again after a 429:
    Alertmanager's webhook gives up on any 4xx.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, **kwargs: str) -> HttpResponse:
            if request.method not in methods:
                return _wrong_method(request, methods)
            try:
                return view(request, read_body(request), **kwargs)
            except Exception as error:
                return _fault(error, busy)

        return answer

    return decorate


def _fault(error: Exception, busy: int) -> HttpResponse:
    match error:
        case TooLarge():
            return refusal(413, str(error))
        case Aborted():
            return refusal(400, str(error))
        case NotSigned():
            return refusal(401, str(error), headers={"WWW-Authenticate": "Signature"})
        case DatabaseError():
            log.error("ingest_unavailable", error=type(error).__name__)
            words = "Nothing can be stored at this moment. Send it again."
            headers = {"Retry-After": RETRY_AFTER_SECONDS}
            return refusal(busy, words, word="unavailable", headers=headers)
    log.exception("ingest_failed")
    return refusal(500, "That went wrong here. Send it again.", word="unavailable")


def _wrong_method(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse:
    """A person who opens the address in a browser reads what it is for."""
    words = f"Alerts are sent here with {' or '.join(methods)}; {request.method} does nothing."
    return refusal(405, words, headers={"Allow": ", ".join(methods)})


def accepted(**members: str) -> HttpResponse:
    body = {"status": "success", "message": "Event processed", **members}
    return JsonResponse(body, status=202)


def nothing_here() -> HttpResponse:
    """What an unknown key gets: byte for byte what an unknown address gets."""
    return refusal(404, NOTHING_HERE)
