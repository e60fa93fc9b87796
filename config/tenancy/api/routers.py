"""All apps' routes under one roof. Addresses are answered with and without the slash at the end.

A POST to an address without its slash would otherwise be redirected, arrive as a GET, and look like success.
"""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.routers import SimpleRouter

from config.tenancy.api.errors import body

Route = tuple[str, type[Any], str]


class SlashOptionalRouter(SimpleRouter):
    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


@csrf_exempt
def missing(request: HttpRequest, **kwargs: object) -> JsonResponse:
    """Every address of the API that does not exist: the same bytes as a missing row."""
    said = body("not_found", _("There is nothing here."))
    return JsonResponse(said, status=404, json_dumps_params={"separators": (",", ":")})


def urls_of(routes: Iterable[Route]) -> list[URLPattern | URLResolver]:
    """`routes` of all apps (prefix, viewset, basename) as urlpatterns; the last is for what is not there."""
    router = SlashOptionalRouter()
    for prefix, viewset, basename in routes:
        router.register(prefix, viewset, basename)
    return [*router.urls, re_path(r"^.*$", missing, name="api-missing")]
