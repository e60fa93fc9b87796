"""The short way in for programs: what they post goes from the host's door straight to the view.

No session, cookie, language or CSRF token is ever looked at there, and the dozen middlewares that deal in
them would cost an alert a third of its time. The same addresses stand in the ordinary urlconf as well.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, get_resolver

# What the middlewares that are passed over would have said.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


class MachineMiddleware:
    """After the host, the scheme and the security headers. What is not for machines passes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.MACHINE_PATHS) or request.tenant_slug:  # type: ignore[attr-defined]
            return self.get_response(request)
        try:
            found = get_resolver(settings.MACHINE_URLCONF).resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        request.resolver_match = found
        response: HttpResponse = found.func(request, *found.args, **found.kwargs)
        response.headers.setdefault("Content-Length", str(len(response.content)))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
