"""The door for the provider: a POST with its signature, or nothing happens."""

import functools
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseNotFound
from django.views.decorators.csrf import csrf_exempt

from config.tenancy import links
from oncall.senders import twilio

log = structlog.get_logger(__name__)

View = Callable[..., HttpResponse]
SIGNATURE = "X-Twilio-Signature"


def from_provider(view: View) -> View:
    """Refuses whatever this account's provider has not signed: 403, and nothing is looked up.

    The signature stands in the place of a session and of a CSRF token. It is made over the address as we gave
    it (BASE_URL), which a proxy may have changed on the way.
    """

    @csrf_exempt
    @functools.wraps(view)
    def guarded(request: HttpRequest, **kwargs: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        url, form = links.absolute(request.get_full_path()), request.POST.dict()
        if not twilio.is_genuine(url, form, request.headers.get(SIGNATURE, "")):
            log.warning("callback_not_genuine", view=view.__name__)
            return plain("This was not signed by the telephone provider.\n", status=403)
        return view(request, **kwargs)

    return guarded


def nothing_there() -> HttpResponse:
    """The same for a wrong token, an old one and another tenant's."""
    return HttpResponseNotFound("There is nothing here.\n", content_type="text/plain; charset=utf-8")


def plain(words: str, *, status: int = 200) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


def twiml(body: str) -> HttpResponse:
    return HttpResponse(body, content_type="text/xml; charset=utf-8")
