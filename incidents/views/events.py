"""Raw events: one of them worked again."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from config import clock
from config.tenancy.requests import actor_of
from incidents.operations.event_reads import readable_events
from incidents.operations.replaying import replay_event


@require_POST
def again(request: HttpRequest, event: int) -> HttpResponse:
    """Leads to the new event. Who may not set up is refused before anything is looked up."""
    if not request.user.has_perm("incidents.setup"):
        raise PermissionDenied
    bound: Any = request
    found = readable_events(bound.membership).filter(pk=event).defer("body").first()
    if found is None:
        raise Http404
    pk = found.pk
    try:
        pk = replay_event(event=found, actor=actor_of(request), now=clock.now()).pk
        messages.success(request, _("It is worked again: here is what comes of it. Load the page anew."))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return HttpResponseRedirect(reverse("admin:incidents_inboundevent_change", args=[pk]), status=303)
