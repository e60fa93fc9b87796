"""The incident room: /t/<tenant>/i/42, which is also the incident's page in the admin."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from config import clock
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.requests import actor_of
from incidents.facts.online import Seen, seen_in
from incidents.models import Incident
from incidents.operations.presence import look_in
from incidents.operations.standing import actor_in
from incidents.views.deeds import DEEDS, Given
from incidents.views.once import FIELD, once
from incidents.views.room_read import ENTRIES, SHOW, read_room
from incidents.views.room_version import etag_of
from incidents.views.room_words import room_context

MOST_ROWS = 400


@require_safe
def room(request: HttpRequest, number: int) -> HttpResponse:
    return _room_page(request, visible_incident(request, number=number))


@require_safe
def room_in_admin(request: HttpRequest, object_id: str) -> HttpResponse:
    """The same room under the address that Django's admin gives an incident."""
    if not object_id.isascii() or not object_id.isdigit() or len(object_id) > 18:
        raise Http404
    return _room_page(request, visible_incident(request, pk=int(object_id)))


@require_safe
def room_live(request: HttpRequest, number: int) -> HttpResponse:
    """The parts of the room, to be put in place; 304 while nothing is different for this person."""
    incident = visible_incident(request, number=number)
    now, rows = clock.now(), _rows(request)
    seen = _look(request, incident, now)
    etag = etag_of(
        incident, membership=_member(request), online=seen.online, now=now, rows=rows, show=_show(request)
    )
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = render(request, "incidents/room/live.html", _context(request, incident, seen))
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def room_deed(request: HttpRequest, number: int, deed: str) -> HttpResponse:
    """One button. Answers with the parts of the room to htmx, else by going back there."""
    incident = visible_incident(request, number=number)
    do = DEEDS.get(deed)
    if do is None:
        raise Http404
    now, membership = clock.now(), _member(request)
    given = Given(request, incident, membership, actor_in(incident, actor_of(request)), now)
    try:
        with once(given.said(FIELD), membership=membership, now=now) as first_time:
            words = do(given) if first_time else ""
    except PermissionDenied as refusal:
        return _refused(request, incident, deed, [str(refusal)], status=403)
    except Conflict as refusal:
        missing = [line for lines in refusal.fields.values() for line in lines]
        return _refused(request, incident, deed, missing or [str(refusal)], status=409)
    except ObjectDoesNotExist:
        return _refused(request, incident, deed, [_("That does not exist here any more.")], status=409)
    except ValidationError as refusal:
        return _refused(request, incident, deed, refusal.messages, status=422)
    if not request.htmx:  # type: ignore[attr-defined]
        if words:
            messages.success(request, words)
        return HttpResponseRedirect(reverse("room", args=[incident.number]), status=303)
    fresh = visible_incident(request, number=number)
    seen = look_in(incident=fresh, membership=membership, actor=given.actor, now=now)
    response = render(request, "incidents/room/live.html", {**_context(request, fresh, seen), "words": words})
    response["ETag"] = etag_of(
        fresh, membership=membership, online=seen.online, now=now, rows=_rows(request), show=_show(request)
    )
    return response


def _room_page(request: HttpRequest, incident: Incident) -> HttpResponse:
    seen = _look(request, incident, clock.now())
    return render(request, "incidents/room/room.html", _context(request, incident, seen))


def _look(request: HttpRequest, incident: Incident, now: datetime) -> Seen:
    """To read the room is to be in it, and the only thing that reading writes. HEAD is nobody's eyes."""
    if request.method != "GET":
        return seen_in(incident, now=now)
    return look_in(incident=incident, membership=_member(request), actor=actor_of(request), now=now)


def _context(request: HttpRequest, incident: Incident, seen: Seen) -> dict[str, Any]:
    room_now = read_room(
        incident,
        membership=_member(request),
        seen=seen,
        now=seen.now,
        rows=_rows(request),
        show=_show(request),
    )
    return room_context(room_now, actor_in(incident, actor_of(request)))


def visible_incident(request: HttpRequest, **which: int) -> Incident:
    """404 for a missing one, another tenant's, and a private one outside its circle: all the same."""
    if not request.user.has_perm("incidents.view"):
        raise Http404
    rows = Incident.objects.visible_to(_member(request)).select_related(
        "severity",
        "service__team",
        "service__policy",
        "service__component",
        "merged_into",
        "declared_by__user",
    )
    found: Incident | None = rows.filter(**which).first()
    if found is None:
        raise Http404
    return found


def _member(request: HttpRequest) -> Membership:
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        raise Http404
    return membership


def _rows(request: HttpRequest) -> int:
    said = request.GET.get("rows") or request.POST.get("rows") or ""
    return (
        min(max(int(said), ENTRIES), MOST_ROWS)
        if said.isascii() and said.isdigit() and len(said) < 6
        else ENTRIES
    )


def _show(request: HttpRequest) -> str:
    """Which entries of the timeline: a link's choice, which the polling repeats."""
    said = request.GET.get("show") or request.POST.get("show") or ""
    return said if said in SHOW else "all"


def _refused(
    request: HttpRequest, incident: Incident, deed: str, lines: list[str], *, status: int
) -> HttpResponse:
    """What is missing, in words. Nothing typed is lost: htmx leaves the form, a page gives it back."""
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "incidents/room/answer.html", {"lines": lines}, status=status)
    ours = {FIELD, "csrfmiddlewaretoken"}
    kept = [
        (name, value, len(value) > 40 or "\n" in value or name in {"text", "external", "internal"})
        for name, values in request.POST.lists()
        if name not in ours
        for value in values
        if isinstance(value, str) and value
    ]
    context = {"incident": incident, "deed": deed, "lines": lines, "kept": kept}
    return render(request, "incidents/room/refused.html", context, status=status)
