"""An owner's way into a private incident: with a reason, before the eyes of its circle."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config import clock
from config.tenancy.models import Membership
from config.tenancy.requests import actor_of
from incidents.models import Incident
from incidents.operations import circle


@require_http_methods(["GET", "HEAD", "POST"])
def break_glass(request: HttpRequest, number: int) -> HttpResponse:
    """Says nothing of the incident but its key. For anybody but an owner, and for what is not private, it is
    a missing page.
    """
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None or not request.user.has_perm("incidents.break_glass"):
        raise Http404
    incident: Incident | None = Incident.objects.filter(number=number, private=True).first()
    if incident is None:
        raise Http404
    room = reverse("room", args=[number])
    if Incident.objects.visible_to(membership).filter(pk=incident.pk).exists():
        return HttpResponseRedirect(room)
    problem = ""
    if request.method == "POST":
        try:
            circle.break_glass(
                incident=incident,
                reason=request.POST.get("reason", ""),
                actor=actor_of(request),
                now=clock.now(),
            )
        except ValidationError as refusal:
            problem = " ".join(refusal.messages)
        else:
            return HttpResponseRedirect(room, status=303)
    context = {"key": incident.key, "number": number, "problem": problem}
    return render(request, "incidents/break_glass.html", context, status=422 if problem else 200)
