"""/t/<tenant>/measures/quiet: which alerts wake people for nothing, and what was seen and woke nobody."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from config import clock
from incidents.figures.seen_quiet import MOST_ALERTS, noisy, quiet

DAYS = (30, 90)


@require_safe
def seen_and_quiet(request: HttpRequest) -> HttpResponse:
    """A fixed number of statements, whatever fired. Nonsense asks for the shorter time."""
    if not request.user.has_perm("incidents.view"):
        raise PermissionDenied
    bound: Any = request
    said = request.GET.get("days", "")
    days = next((one for one in DAYS if str(one) == said), DAYS[0])
    since = clock.now() - timedelta(days=days)
    context = {
        "days": days,
        "choices": DAYS,
        "most": MOST_ALERTS,
        "noisy": noisy(since, membership=bound.membership),
        "quiet": quiet(since, membership=bound.membership),
        "sets_up": request.user.has_perm("incidents.setup"),
        "rule_url": _rule_url(),
    }
    return render(request, "incidents/measures/quiet.html", context)


def _rule_url() -> str:
    try:
        return reverse("admin:incidents_routingrule_add")
    except NoReverseMatch:
        return ""
