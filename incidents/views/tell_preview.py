"""What customers will read, while it is typed: title, words, warnings, whether somebody reads it first."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from config import clock
from config.tenancy.requests import actor_of
from incidents.models import Audience, Message, MessageKind
from incidents.operations.desk import desk_of
from incidents.operations.eyes import is_unedited, one_of, readers_for
from incidents.operations.forbidden import slips_in
from incidents.operations.messages import other_variant
from incidents.operations.said import Said, same_words
from incidents.operations.standing import actor_in
from incidents.views.deeds.given import Given
from incidents.views.deeds.telling import translations_in
from incidents.views.room import visible_incident
from incidents.views.tell_sheet import Further, kind_now, language_name
from incidents.wording import same
from statuspage.render.words import paragraphs

MOST = 5000


@require_POST
def tell_preview(request: HttpRequest, number: int) -> HttpResponse:
    """Writes nothing."""
    incident = visible_incident(request, number=number)
    actor, now = actor_in(incident, actor_of(request)), clock.now()
    membership = getattr(request, "membership", None)
    if membership is None or not actor.may("incidents.publish"):
        raise Http404
    given = Given(request, incident, membership, actor, now)
    desk = desk_of(incident, now=now)
    kind = kind_now(incident, desk, Audience.EXTERNAL)
    body, promises = given.said("external")[:MOST], given.said("postmortem") != "no"
    if kind == MessageKind.FINAL and same(body, other_variant(desk, Audience.EXTERNAL, promises)):
        body = desk.draft(Audience.EXTERNAL, kind, postmortem=promises).body
    title = given.said("external_title")[:200] or desk.draft(Audience.EXTERNAL, kind).title
    words = Said(
        Audience.EXTERNAL, kind, "", title, body, translations=translations_in(given, Audience.EXTERNAL)
    )
    further = [
        Further(code, language_name(code), said.get("title", ""), said["body"])
        for code, said in words.translations.items()
    ]
    texts = [title, body, *(text for said in words.translations.values() for text in said.values())]
    draft = Message.objects.filter(
        incident=incident, audience=Audience.EXTERNAL, kind=kind, published_at=None
    )
    row = draft.first() or Message(incident=incident, audience=Audience.EXTERNAL, kind=kind)
    read_first = body and not is_unedited(desk, row, words, given.said("external_seal"))
    if read_first and row.waits_for_reader and same_words(row, words):
        read_first = row.written_by_id == membership.pk
    context = {
        "title": title,
        "paragraphs": paragraphs(body),
        "further": further,
        "slips": slips_in(incident, texts),
        "readers": one_of(readers_for(incident, but=membership.pk)) if read_first else "",
    }
    return render(request, "incidents/tell/preview.html", context)
