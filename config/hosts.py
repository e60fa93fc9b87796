"""Which hosts are answered, and on which scheme.

A listed host (ALLOWED_HOSTS) is the application; a proved host of a status page gets the public urls;
anything else is a neutral 404. Django itself lets all hosts pass, since proved hosts come from the publish
directory.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponsePermanentRedirect
from django.http.request import split_domain_port, validate_host

GetResponse = Callable[[HttpRequest], HttpResponse]


class HostMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host, _port = split_domain_port(request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", ""))
        if validate_host(host, settings.APPLICATION_HOSTS):
            return self.get_response(request)
        return HttpResponseNotFound("There is nothing here.\n", content_type="text/plain; charset=utf-8")


class HttpsMiddleware:
    """Where BASE_URL is https: GET and HEAD are redirected, a POST over http is refused in words.

    Never redirect a POST: senders follow with an empty GET and believe that they delivered.
    """

    EXEMPT = ("/healthz", "/readyz")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.SECURE or request.is_secure() or request.path in self.EXEMPT:
            return self.get_response(request)
        if request.method in {"GET", "HEAD"}:
            return HttpResponsePermanentRedirect(settings.BASE_URL + request.get_full_path())
        return HttpResponse(
            f"This address is spoken to over https. Send to {settings.BASE_URL} instead.\n",
            status=400,
            content_type="text/plain; charset=utf-8",
        )
