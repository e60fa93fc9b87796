"""Maintenance in one tap: an hour of it for a service, and its end."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from config import clock
from config.tenancy.conflicts import Conflict
from config.tenancy.requests import actor_of
from incidents.models import MaintenanceWindow, Service
from incidents.operations.maintaining import end_maintenance, start_maintenance
from incidents.views.once import once

MINUTES = 60


@require_POST
def begin_maintenance(request: HttpRequest, service: str) -> HttpResponse:
    """An hour from now on, in which nobody is paged for it."""
    found = Service.objects.filter(uid=service, archived_at=None).select_related("team").first()
    if found is None:
        raise Http404
    actor, now = actor_of(request), clock.now()

    def work() -> str:
        start_maintenance(service=found, minutes=MINUTES, actor=actor, now=now)
        return _("Nobody is paged for %(service)s for an hour.") % {"service": found}

    return _worked(request, work)


@require_POST
def stop_maintenance(request: HttpRequest, window: str) -> HttpResponse:
    """Ends what is under way; what still fires pages."""
    found = MaintenanceWindow.objects.filter(uid=window).first()
    if found is None:
        raise Http404
    actor, now = actor_of(request), clock.now()

    def work() -> str:
        end_maintenance(window=found, actor=actor, now=now)
        return _("%(name)s is over.") % {"name": found}

    return _worked(request, work)


def _worked(request: HttpRequest, work: Callable[[], str]) -> HttpResponse:
    """Says what came of it on the Now screen. Whoever only reads is refused before anything is looked up."""
    if not request.user.has_perm("incidents.respond"):
        raise PermissionDenied
    membership = request.membership  # type: ignore[attr-defined]
    try:
        with once(request.POST.get("once", ""), membership=membership, now=clock.now()) as first_time:
            if first_time:
                messages.success(request, work())
    except (Conflict, ValidationError) as refusal:
        messages.error(request, " ".join(getattr(refusal, "messages", [str(refusal)])))
    return HttpResponseRedirect(reverse("admin:index"), status=303)
