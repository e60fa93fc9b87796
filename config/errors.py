"""The answer to an error nobody foresaw, and to a database that is away."""

import sys

from django.db.utils import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist, loader

RETRY_AFTER = "5"
FOR_PROGRAMS = ("/api/", "/v2/", "/ingest/")


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500 of every urlconf. Without the database it is 503 and "try again", which senders obey.

    Called by Django inside its `except`, so the error at hand is the one that happened.
    """
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    response = _answer(request, 503 if away else 500)
    if away:
        response.headers["Retry-After"] = RETRY_AFTER
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    code, words = (
        ("unavailable", "Try again in a moment.") if status == 503 else ("error", "That went wrong.")
    )
    if request.path_info.startswith(FOR_PROGRAMS):
        return JsonResponse({"error": {"code": code, "message": words, "fields": {}}}, status=status)
    try:
        return HttpResponse(loader.get_template("500.html").render(), status=status)
    except TemplateDoesNotExist:
        return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
