"""A heartbeat kept quiet for a while, and listened to again: from its page, in few taps."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from config import clock
from config.tenancy.requests import actor_of
from incidents.models import Heartbeat
from incidents.operations.heartbeats import LONGEST, MAY, mute_heartbeat, unmute_heartbeat
from incidents.refusals import Busy


@require_POST
def keep_quiet(request: HttpRequest, heartbeat: str) -> HttpResponse:
    """For so many `minutes` from now on, with a `reason`."""
    said, now = request.POST.get("minutes", ""), clock.now()
    # Too many digits to count with are beyond a year as well.
    minutes = int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 0

    def work(row: Heartbeat) -> str:
        until = now + min(timedelta(minutes=minutes), LONGEST + timedelta(minutes=1))
        reason = request.POST.get("reason", "").replace("\0", "")
        mute_heartbeat(heartbeat=row, until=until, reason=reason, actor=actor_of(request), now=now)
        return _("%(name)s is kept quiet.") % {"name": row}

    return _worked(request, heartbeat, work)


@require_POST
def listen(request: HttpRequest, heartbeat: str) -> HttpResponse:
    """Its quiet is over."""

    def work(row: Heartbeat) -> str:
        unmute_heartbeat(heartbeat=row, actor=actor_of(request), now=clock.now())
        return _("%(name)s is listened to again.") % {"name": row}

    return _worked(request, heartbeat, work)


def _worked(request: HttpRequest, uid: str, work: Callable[[Heartbeat], str]) -> HttpResponse:
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    row = Heartbeat.objects.filter(uid=uid).first() if "\0" not in uid else None
    if row is None:
        raise Http404
    try:
        messages.success(request, work(row))
    except (ValidationError, Busy) as refusal:
        messages.error(request, " ".join(getattr(refusal, "messages", [str(refusal)])))
    address = reverse("admin:incidents_heartbeat_change", args=[row.pk])
    return HttpResponseRedirect(address, status=303)
