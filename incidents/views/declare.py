"""/t/<tenant>/declare: one line of text opens an incident."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from config import clock
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.requests import actor_of
from incidents.models import FoundBy, Incident
from incidents.operations.cases import add_case
from incidents.operations.declaring import declare_incident
from incidents.operations.foreseeing import foresee
from incidents.operations.looking_alike import look_alikes
from incidents.operations.scale import scale_version
from incidents.views.declare_form import VIAS, DeclareForm
from incidents.views.once import new_token, once
from incidents.words import joined


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest) -> HttpResponse:
    """GET draws the form, filled from the query: a link may carry text and service. POST opens it."""
    actor_of(request).must("incidents.declare")
    now = clock.now()
    if request.method != "POST":
        return _drawn(request, DeclareForm(request.GET or None), now)
    form = DeclareForm(request.POST)
    if request.POST.get("same"):
        return _same(request, form, now)
    if not form.is_valid():
        return _drawn(request, form, now, status=422)
    try:
        incident = _open(request, form, now)
    except (Conflict, ValidationError) as refusal:
        words = " ".join(getattr(refusal, "messages", [str(refusal)]))
        return _drawn(request, form, now, refused=words, status=409)
    return HttpResponseRedirect(reverse("room", args=[incident.number]), status=303)


@require_safe
def declare_preview(request: HttpRequest) -> HttpResponse:
    """The part that answers while one chooses: look-alikes, who is paged, what the button says."""
    if not actor_of(request).may("incidents.declare"):
        raise PermissionDenied
    now = clock.now()
    context = {"now": now, **_chosen_parts(request, DeclareForm(request.GET), now)}
    return render(request, "incidents/declare/preview.html", context)


def _open(request: HttpRequest, form: DeclareForm, now: datetime) -> Incident:
    said = form.cleaned_data
    return declare_incident(
        text=said["text"],
        service=said["service"],
        severity=said["severity"],
        provisional=True,
        found_by=said["found_by"],
        found_via=said["found_via"],
        not_sure=said["not_sure"],
        private=said["private"],
        declared_by=request.membership,  # type: ignore[attr-defined]
        actor=actor_of(request),
        now=now,
        idempotency_key=said["once"],
    )


def _same(request: HttpRequest, form: DeclareForm, now: datetime) -> HttpResponse:
    """It is that one: a further report of it, with the words that were typed. One tap."""
    form.is_valid()
    said, number = form.cleaned_data, str(request.POST["same"])
    membership: Membership = request.membership  # type: ignore[attr-defined]
    incident = None
    if number.isascii() and number.isdigit() and len(number) < 10:
        incident = Incident.objects.visible_to(membership).filter(number=int(number)).first()
    if incident is None:
        return _drawn(request, form, now, refused=_("That choice does not exist here."), status=422)
    try:
        with once(said.get("once") or "", membership=membership, now=now) as first_time:
            if first_time:
                add_case(
                    incident=incident,
                    via=said["found_via"],
                    text=said.get("text") or "",
                    found_by=said["found_by"],
                    actor=actor_of(request),
                    now=now,
                )
    except (Conflict, ValidationError) as refusal:
        words = " ".join(getattr(refusal, "messages", [str(refusal)]))
        return _drawn(request, form, now, refused=words, status=409)
    messages.success(request, _("Added to %(key)s: thank you.") % {"key": incident.key})
    return HttpResponseRedirect(reverse("room", args=[incident.number]), status=303)


def _drawn(
    request: HttpRequest, form: DeclareForm, now: datetime, *, refused: str = "", status: int = 200
) -> HttpResponse:
    fields: Any = form.fields
    context = {
        "now": now,
        "form": form,
        "refused": refused,
        # A form that was refused keeps its token: sent again it is still the same deed.
        "once": form["once"].value() or new_token(),
        "services": list(fields["service"].queryset),
        "severities": list(fields["severity"].queryset),
        "found_by": FoundBy.choices,
        "vias": [(code, words) for code, (words, _who) in VIAS.items()],
        "picked": {name: form[name].value() for name in ("found_by", "via")},
        "scale_version": scale_version(),
        **_chosen_parts(request, form, now),
    }
    if form.is_bound and request.method != "POST":
        form.errors.clear()  # a link that fills in half is no mistake yet
    return render(request, "incidents/declare/declare.html", context, status=status)


def _chosen_parts(request: HttpRequest, form: DeclareForm, now: datetime) -> dict[str, Any]:
    chosen = {name: form.chosen(name) for name in form.fields}
    chosen["found_by"] = chosen["found_by"] or FoundBy.TEAM.value
    paged = foresee(
        tenant=request.tenant,  # type: ignore[attr-defined]
        service=chosen["service"],
        severity=chosen["severity"],
        confirmed=not chosen["not_sure"],
        by_hand=True,
        at=now,
    )
    return {
        "chosen": chosen,
        "paged": paged,
        "same": look_alikes(
            membership=request.membership,  # type: ignore[attr-defined]
            service=chosen["service"],
            text=chosen["text"] or "",
        ),
        "found": _found(chosen),
        "button": _button(paged.first, paged.waits),
    }


def _found(chosen: dict[str, Any]) -> str:
    """What will be on record, where it is more than the usual."""
    if chosen["found_by"] == FoundBy.TEAM and not chosen["found_via"]:
        return ""
    who = FoundBy(chosen["found_by"]).label
    if not chosen["found_via"]:
        return _("Found by %(who)s.") % {"who": who}
    return _("Found by %(who)s, via %(what)s.") % {"who": who, "what": chosen["found_via"]}


def _button(names: list[str], held: bool) -> str:
    if held or not names:
        return _("Declare")
    return _("Declare and page %(names)s") % {"names": joined(names)}
