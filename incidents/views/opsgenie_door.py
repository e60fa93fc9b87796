"""The way in to Opsgenie's addresses: the key, the body within its bound, and answers in Opsgenie's shape.

Every answer is JSON with `took` (seconds) and `requestId`; a fault has `message`. Nothing is redirected.
"""

import time
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.core.exceptions import SuspiciousOperation
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt

from config.tenancy.doors import DoorClosed
from incidents.views.ingest_body import Aborted, TooLarge, read_body
from incidents.views.ingest_door import RETRY_AFTER_SECONDS

log = structlog.get_logger(__name__)

View = Callable[..., HttpResponse]


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Asked:
    """One request. `id` is what its answer calls it, and what its status is asked by."""

    def __init__(self, request: HttpRequest) -> None:
        self.id = uuid.uuid4()
        self.method = "GET" if request.method == "HEAD" else str(request.method)
        self.key = key_of(request.headers.get("Authorization", ""))
        self._request = request
        self._began = time.perf_counter()

    @property
    def query(self) -> QueryDict:
        """Raises SuspiciousOperation where it has more members than settings allow."""
        return self._request.GET

    def body(self) -> bytes:
        """Raises TooLarge, Aborted."""
        return read_body(self._request)

    def accepted(self) -> HttpResponse:
        return self.answer(202, result="Request will be processed")

    def answer(self, status: int = 200, **members: Any) -> HttpResponse:
        took = round(time.perf_counter() - self._began, 3)
        response = JsonResponse({**members, "took": took, "requestId": str(self.id)}, status=status)
        response["X-Request-ID"] = str(self.id)
        return response


def key_of(header: str) -> str:
    scheme, _, given = header.strip().partition(" ")
    return given.strip() if scheme.lower() == "geniekey" else ""


def genie_door(*methods: str) -> Callable[[View], View]:
    """`view(asked, …)`: an honest answer to every fault, whichever the method."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, **kwargs: str) -> HttpResponse:
            asked = Asked(request)
            if asked.method not in methods:
                response = asked.answer(405, message=f"{asked.method} is not for this address.")
                response["Allow"] = ", ".join(methods)
                return response
            try:
                return view(asked, **kwargs)
            except Exception as error:
                return _fault(asked, error)

        return answer

    return decorate


def _fault(asked: Asked, error: Exception) -> HttpResponse:
    match error:
        case Refused():
            return asked.answer(error.status, message=str(error))
        case DoorClosed():
            response = asked.answer(
                401, message="Send the key of an alert source: Authorization: GenieKey <key>."
            )
            response["WWW-Authenticate"] = "GenieKey"
            return response
        case TooLarge():
            return asked.answer(413, message=str(error))
        case Aborted():
            return asked.answer(400, message=str(error))
        case SuspiciousOperation():
            return asked.answer(400, message=str(error))
        case DatabaseError():
            log.error("opsgenie_unavailable", error=type(error).__name__)
            return _later(asked)
    log.exception("opsgenie_failed", exc_info=error)
    return asked.answer(500, message="That went wrong here. Send it again.")


def _later(asked: Asked) -> HttpResponse:
    """Opsgenie's clients, Alertmanager among them, try again after a 429, and after a 5xx."""
    status = 503 if asked.method == "GET" else 429
    response = asked.answer(status, message="Nothing can be stored or read at this moment. Try it again.")
    response["Retry-After"] = RETRY_AFTER_SECONDS
    return response
