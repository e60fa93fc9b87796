"""/t/<tenant>/measures: the figures of a period, and the same incidents as a sheet."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config import clock
from config.tenancy.models import Team
from incidents.figures.board import Chosen, board_of, incidents_of
from incidents.figures.choosing import asked_for
from incidents.figures.period import CHIPS, Period, period_of
from incidents.figures.sheet import sheet_of
from incidents.views.measures_words import drawn


@require_safe
def measures(request: HttpRequest) -> HttpResponse:
    """A fixed number of statements, whatever happened. What makes no sense is said, above the usual days."""
    period, chosen, refused = _asked(request)
    bound: Any = request
    board = board_of(period, chosen, membership=bound.membership)
    context = {
        "board": board,
        "drawn": drawn(board),
        "teams": list(Team.objects.all()),
        "chips": CHIPS,
        "refused": refused,
        "kept": _kept(request),
        "setup": request.user.has_perm("incidents.setup"),
    }
    return render(request, "incidents/measures/measures.html", context)


@require_safe
def measures_sheet(request: HttpRequest) -> HttpResponse:
    period, chosen, refused = _asked(request)
    if refused:
        return HttpResponse("\n".join(refused), status=422, content_type="text/plain; charset=utf-8")
    bound: Any = request
    body = sheet_of(incidents_of(period, chosen, membership=bound.membership))
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    name = f"incidents-{bound.tenant.slug}-{period.first}-{period.last}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _asked(request: HttpRequest) -> tuple[Period, Chosen, list[str]]:
    if not request.user.has_perm("incidents.view"):
        raise PermissionDenied
    now = clock.now()
    tenant = request.tenant  # type: ignore[attr-defined]
    try:
        period, chosen = asked_for(request.GET, tenant=tenant, now=now)
    except ValidationError as refusal:
        return period_of({}, zone=tenant.zone, now=now), Chosen(), refusal.messages
    return period, chosen, []


def _kept(request: HttpRequest) -> str:
    """The choices beside the days, for the links that change the days."""
    said = request.GET.copy()
    for name in ("days", "from", "to"):
        said.pop(name, None)
    return said.urlencode()
