"""Which hosts are answered, and on which scheme.

A listed host (ALLOWED_HOSTS) is the application; a proved host of a status page gets the public urls;
anything else is a neutral 404. Django lets all pass, since proved hosts come from the publish directory.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponsePermanentRedirect
from django.http.request import split_domain_port, validate_host

from config.machines import NOTHING_HERE, is_for_machines, refusal

GetResponse = Callable[[HttpRequest], HttpResponse]


def no_page(host: str) -> str | None:
    return None


# The slug of the status page whose owner has proved this host, or None. Reads no database. Set by statuspage.
find_page: Callable[[str], str | None] = no_page


class HostMiddleware:
    """Sets `request.status_page` and the public urlconf for a page's own host; outermost of all."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # X-Forwarded-Host is not read: a proxy has to pass the Host on.
        host, _port = split_domain_port(request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", ""))
        if host and validate_host(host, settings.APPLICATION_HOSTS):
            return self.get_response(request)
        page = find_page(host) if host else None
        if page is None:
            return _nothing(request)
        request.status_page = page  # type: ignore[attr-defined]
        request.urlconf = settings.PUBLIC_URLCONF
        return self.get_response(request)


def _nothing(request: HttpRequest) -> HttpResponse:
    if is_for_machines(request.path_info):
        return refusal(404, NOTHING_HERE)
    return HttpResponseNotFound(f"{NOTHING_HERE}\n", content_type="text/plain; charset=utf-8")


class HttpsMiddleware:
    """Where BASE_URL is https: GET and HEAD are redirected, a POST over http is refused in words.

    Never redirect a POST: senders follow with an empty GET and believe that they delivered. Nor a GET of a
    program: `curl` follows none, and a heartbeat would not beat.
    """

    EXEMPT = ("/healthz", "/readyz")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.SECURE or request.is_secure() or request.path in self.EXEMPT:
            return self.get_response(request)
        origin = self._origin(request)
        words = f"This address is spoken to over https. Send to {origin} instead."
        if is_for_machines(request.path_info):
            return refusal(400, words)
        if request.method in {"GET", "HEAD"}:
            return HttpResponsePermanentRedirect(origin + request.get_full_path())
        return HttpResponse(f"{words}\n", status=400, content_type="text/plain; charset=utf-8")

    def _origin(self, request: HttpRequest) -> str:
        """A status page's own host keeps its name; HostMiddleware has made sure that it is known."""
        if hasattr(request, "status_page"):
            host, _port = split_domain_port(request.META["HTTP_HOST"])
            return f"https://{host}"
        base: str = settings.BASE_URL
        return base
