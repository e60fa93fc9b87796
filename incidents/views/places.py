"""Pictures of an incident, and its topic while it is being written."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents.mirrored import topic_of
from incidents.pictures import picture_of
from incidents.topic import MOST_WORDS
from incidents.views.room import visible_incident


@require_safe
def link_image(request: HttpRequest, number: int, link: str, size: str = "") -> HttpResponse:
    """One picture, to those who may read the incident."""
    return picture_of(visible_incident(request, number=number), link, small=size == "small")


@require_safe
def topic_preview(request: HttpRequest, number: int) -> HttpResponse:
    """The topic as it would be with these words. Writes nothing."""
    incident = visible_incident(request, number=number)
    incident.topic_words = " ".join(request.GET.get("words", "").split())[:MOST_WORDS]
    return render(request, "incidents/room/topic_preview.html", {"topic": topic_of(incident)})
