"""The short way in for programs: what they post goes from the host's door straight to the view.

No session, cookie, language or CSRF token is ever looked at there, and the dozen middlewares that deal in
them would cost an alert a third of its time. The same addresses stand in the ordinary urlconf as well.

Programs follow a redirect of a POST with an empty GET and believe that they delivered, and read no HTML: what
is not there is answered in JSON, and nothing is ever redirected. Slashes too many, as an address ending in
one leaves them (`https://muster.example//v2/enqueue`), are no reason to lose a page.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, ResolverMatch, get_resolver

# What the middlewares that are passed over would have said.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
NOTHING_HERE = "There is nothing here."
SLASHES = re.compile("/{2,}")


def is_for_machines(path: str) -> bool:
    return f"{SLASHES.sub('/', path)}/".startswith(settings.MACHINE_PATHS)


def refusal(
    status: int,
    message: str,
    *,
    word: str = "invalid event",
    errors: list[str] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """A fault in the three members PagerDuty's clients read: status, message, errors."""
    body = {"status": word, "message": message, "errors": errors or [message]}
    return JsonResponse(body, status=status, headers=headers)


class MachineMiddleware:
    """After the host, the scheme and the security headers. What is not for machines passes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A tenant's prefix or a status page's own host has no such addresses.
        elsewhere = request.tenant_slug or hasattr(request, "status_page")  # type: ignore[attr-defined]
        if elsewhere or not is_for_machines(request.path_info):
            return self.get_response(request)
        response = self._answer(request)
        response.headers.setdefault("Content-Length", str(len(response.content)))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        found = _resolve(request.path_info) or _resolve(SLASHES.sub("/", request.path_info))
        if found is None:
            return refusal(404, NOTHING_HERE)
        request.resolver_match = found
        response: HttpResponse = found.func(request, *found.args, **found.kwargs)
        return response


def _resolve(path: str) -> ResolverMatch | None:
    try:
        return get_resolver(settings.MACHINE_URLCONF).resolve(path)
    except Resolver404:
        return None
