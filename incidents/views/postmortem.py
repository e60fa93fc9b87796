"""The postmortem of an incident: /t/<tenant>/i/42/postmortem. Read by whoever may read the incident."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.conflicts import Conflict
from config.tenancy.requests import actor_of
from incidents.facts import facts_of
from incidents.markdown import render as rendered
from incidents.models import Incident, Postmortem, PostmortemState
from incidents.next_action.ending import due_words
from incidents.operations.postmortem_record import draft_of_record
from incidents.operations.postmortems import (
    MOST,
    Stale,
    publish_postmortem,
    reopen_postmortem,
    save_postmortem,
    version_of,
    waive_postmortem,
)
from incidents.operations.standing import actor_in
from incidents.views.room import visible_incident

SHUT = (PostmortemState.PUBLISHED, PostmortemState.WAIVED)


@require_http_methods(["GET", "HEAD", "POST"])
def postmortem(request: HttpRequest, number: int) -> HttpResponse:
    """Before anything is stored the editor holds a draft of the record: reading writes nothing."""
    incident = visible_incident(request, number=number)
    actor, now = actor_in(incident, actor_of(request)), clock.now()
    if request.method != "POST":
        return _page(request, incident, actor, now)
    try:
        words = _done(request, incident, actor, now)
    except PermissionDenied as refusal:
        return _page(request, incident, actor, now, refused=[str(refusal)], status=403)
    except Stale as stale:
        return _page(request, incident, actor, now, refused=[str(stale)], stale=stale, status=409)
    except Conflict as refusal:
        return _page(request, incident, actor, now, refused=[str(refusal)], status=409)
    except ValidationError as refusal:
        return _page(request, incident, actor, now, refused=refusal.messages, status=422)
    messages.success(request, words)
    return HttpResponseRedirect(reverse("postmortem", args=[incident.number]), status=303)


@require_POST
def preview(request: HttpRequest, number: int) -> HttpResponse:
    """What the text looks like. Writes nothing."""
    visible_incident(request, number=number)
    body = request.POST.get("body", "")[:MOST]
    return render(request, "incidents/postmortem/preview.html", {"shown": rendered(body)})


@require_safe
def download(request: HttpRequest, number: int) -> HttpResponse:
    """The Markdown as a file: what is stored, else the draft of the record."""
    incident = visible_incident(request, number=number)
    body = _text(incident, _row(incident), clock.now())
    response = HttpResponse(body, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{incident.key.lower()}-postmortem.md"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def printable(request: HttpRequest, number: int) -> HttpResponse:
    """A plain page for paper: nothing on it but the text."""
    incident = visible_incident(request, number=number)
    shown = rendered(_text(incident, _row(incident), clock.now()), below=0)
    return render(request, "incidents/postmortem/print.html", {"incident": incident, "shown": shown})


def _done(request: HttpRequest, incident: Incident, actor: Actor, now: datetime) -> str:
    given: dict[str, Any] = {"incident": incident, "actor": actor, "now": now}
    body, version = request.POST.get("body", "").replace("\0", ""), request.POST.get("version", "")
    match request.POST.get("do"):
        case "save":
            save_postmortem(body=body, version=version, **given)
            return _("Saved.")
        case "publish":
            with transaction.atomic():  # refused: the text is not stored either, and its version stays good
                save_postmortem(body=body, version=version, **given)
                publish_postmortem(**given)
            return _("Published.")
        case "reopen":
            reopen_postmortem(**given)
            return _("It can be changed again.")
        case "waive":
            waive_postmortem(reason=request.POST.get("reason", "").replace("\0", ""), **given)
            return _("No postmortem is needed.")
    raise ValidationError(_("That choice does not exist here."))


def _page(
    request: HttpRequest,
    incident: Incident,
    actor: Actor,
    now: datetime,
    *,
    refused: list[str] | None = None,
    stale: Stale | None = None,
    status: int = 200,
) -> HttpResponse:
    """What was sent and refused stands in the editor again; nothing of it is lost."""
    row = _row(incident)
    sent = request.POST.get("body") if refused else None
    body = sent if sent is not None else _text(incident, row, now, fresh="fresh" in request.GET)
    may_write = actor.may("incidents.respond") or actor.may("incidents.publish")
    context = {
        "incident": incident,
        "postmortem": row,
        "now": now,
        "body": body,
        "shown": rendered(body),
        "version": stale.version if stale else request.POST.get("version") or version_of(row),
        "theirs": stale.theirs if stale else "",
        "refused": refused,
        "may_write": may_write,
        "may_waive": actor.may("incidents.respond") and (row is None or row.state not in SHUT),
        "editing": may_write and (row is None or row.state not in SHUT or sent is not None),
        "due": due_words(facts_of(incident, now=now)),
        "most": MOST,
    }
    return render(request, "incidents/postmortem/page.html", context, status=status)


def _row(incident: Incident) -> Postmortem | None:
    found: Postmortem | None = (
        Postmortem.objects.filter(incident=incident).select_related("owner__user").first()
    )
    return found


def _text(incident: Incident, row: Postmortem | None, now: datetime, *, fresh: bool = False) -> str:
    stored = row.body if row else ""
    return draft_of_record(incident, now) if fresh or not stored else stored
