"""/t/<tenant>/sources/<uid>/mapping: how the JSON of a source is read, tried out on what came in before it is
saved.
"""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from config import clock
from config.tenancy.requests import actor_of
from incidents.adapters.ready import READY
from incidents.models import AlertSource, InboundEvent
from incidents.operations.event_reads import readable_events
from incidents.operations.mappings import MAPPED, mapping_of, save_mapping, tried_out
from incidents.views.sources.deeds import page_of, source_of

SHOWN_EVENTS = 20
LONGEST_BODY = 524_288
EXAMPLE = {
    "title": "$.alert.name",
    "key": ["$.alert.id", "$.id"],
    "severity": "$.alert.level",
    "severities": {"5": "critical", "1": "info"},
    "summary": "$.alert.text",
    "labels.host": "$.host.name",
    "resolved_when": {"path": "$.state", "is": ["OK", "UP"]},
    "test_when": {"path": "$.test", "is": [True]},
}


@require_http_methods(["GET", "HEAD", "POST"])
def source_mapping(request: HttpRequest, source: str) -> HttpResponse:
    """POST saves with `save`, else tries out: on the event chosen, or on what was pasted. Needs setup."""
    found = source_of(request, source)
    events = _events(request, found)
    said = request.POST if request.method == "POST" else request.GET
    context: dict[str, Any] = {
        "source": found,
        "back": page_of(found),
        "events": events,
        "written": said.get("mapping") if "mapping" in said else _written(found.mapping),
        "pasted": said.get("pasted", ""),
        "chosen": _chosen(events, said.get("event", "")),
        "ready": _written(READY[found.tool].mapping) if found.tool in READY else "",
        "example": _written(EXAMPLE),
        "mapped": found.tool in MAPPED,
        "problems": [],
        "tried": None,
    }
    if request.method != "POST":
        return render(request, "incidents/source/mapping.html", context)
    return _posted(request, found, context)


def _posted(request: HttpRequest, source: AlertSource, context: dict[str, Any]) -> HttpResponse:
    try:
        mapping = mapping_of(context["written"])
        if "save" in request.POST:
            save_mapping(source=source, mapping=mapping, actor=actor_of(request), now=clock.now())
            messages.success(request, _("Saved. What comes in from now on is read this way."))
            return HttpResponseRedirect(request.path, status=303)
        body = _body(context["pasted"], context["chosen"])
        if body is None:
            context["problems"] = [_("Choose an event, or paste one.")]
        else:
            context["tried"] = tried_out(source, mapping or _ready(source), body)
    except ValidationError as refusal:
        context["problems"] = refusal.messages
    status = 422 if context["problems"] else 200
    return render(request, "incidents/source/mapping.html", context, status=status)


def _events(request: HttpRequest, source: AlertSource) -> list[InboundEvent]:
    """The newest that this person may read, without their bodies. One statement."""
    rows = readable_events(request.membership).filter(source=source)  # type: ignore[attr-defined]
    return list(rows.defer("body").order_by("-received_at")[:SHOWN_EVENTS])


def _chosen(events: list[InboundEvent], said: str) -> InboundEvent | None:
    """The newest, where nothing is said."""
    if not said:
        return events[0] if events else None
    return next((event for event in events if str(event.pk) == said), None)


def _body(pasted: str, chosen: InboundEvent | None) -> bytes | None:
    if pasted.strip():
        return pasted.encode("utf-8", "replace")[:LONGEST_BODY]
    return bytes(chosen.body) if chosen is not None else None


def _ready(source: AlertSource) -> dict[str, Any]:
    return READY[source.tool].mapping if source.tool in READY else {}


def _written(mapping: dict[str, Any]) -> str:
    return json.dumps(mapping, indent=2, ensure_ascii=False) if mapping else ""
