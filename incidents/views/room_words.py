"""The context of the room's templates: what was read, in the words and choices that the sheets offer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from incidents import words
from incidents.models import Audience, Incident, MessageKind
from incidents.operations.drafting import STATUS_OF_RANK, about_incident, public_page
from incidents.views.crews import crews
from incidents.views.room_read import Room
from oncall.models import EscalationPolicy
from statuspage.models import Component, StatusPage
from statuspage.states import ComponentStatus, NoticeStatus

STATUSES = (NoticeStatus.INVESTIGATING, NoticeStatus.IDENTIFIED, NoticeStatus.MONITORING)
PUBLIC_STATUSES = (
    ComponentStatus.OPERATIONAL,
    ComponentStatus.DEGRADED,
    ComponentStatus.PARTIAL,
    ComponentStatus.MAJOR,
)


@dataclass(frozen=True)
class Proposed:
    component: Component
    proposed: str


def room_context(room: Room, actor: Actor) -> dict[str, Any]:
    """Everything that templates/incidents/room/ draws from."""
    may_respond, may_publish = actor.may("incidents.respond"), actor.may("incidents.publish")
    return {
        "room": room,
        "incident": room.incident,
        "now": room.now,
        "may_respond": may_respond,
        "may_publish": may_publish,
        "crew": crews(room.roles, room.now, _policy_id(room.incident)) if may_respond else {},
        "tell": _telling(room) if may_publish else {},
        "lower_reasons": [_("Less impact than thought"), _("Impact got smaller"), _("Chosen by mistake")],
        "snoozes": [(15, _("15 minutes")), (60, _("1 hour")), (480, _("8 hours"))],
    }


def _policy_id(incident: Incident) -> int | None:
    """Whom raising the severity pages again."""
    if incident.service is not None and incident.service.policy_id is not None:
        return incident.service.policy_id
    default = EscalationPolicy.objects.filter(is_default=True).first()
    return default.pk if default else None


def _telling(room: Room) -> dict[str, Any]:
    """What the Tell and Resolve sheets begin with."""
    incident, now = room.incident, room.now
    page = page_of(incident)
    kind = MessageKind.START if incident.is_open else MessageKind.FINAL
    drafts = {audience: drafted(incident, audience, kind, page, now) for audience in Audience.values}
    external, internal = room.told["external"], room.told["internal"]
    proposes = incident.is_open
    return {
        "page": page,
        "customers": page is not None and not incident.private,
        "statuses": [(s.value, s.label) for s in STATUSES]
        if incident.is_open
        else [(NoticeStatus.RESOLVED.value, NoticeStatus.RESOLVED.label)],
        "status_now": (external.status if external and proposes else "")
        or (NoticeStatus.INVESTIGATING if incident.is_open else NoticeStatus.RESOLVED),
        "component_statuses": [(s.value, s.label) for s in PUBLIC_STATUSES],
        "components": _components(room, page) if proposes else [],
        "words": {
            "external_title": "" if external else drafts["external"].title,
            "external": drafts["external"].body if not external or not proposes else "",
            "internal": drafts["internal"].body if not internal or not proposes else "",
        },
        "finals": {
            audience: drafted(incident, audience, MessageKind.FINAL, page, now).body
            for audience in Audience.values
        }
        if incident.is_open
        else {},
        "next_updates": _next_updates(incident),
    }


def page_of(incident: Incident) -> StatusPage | None:
    """Where words to customers go: on with the notice that is there, else on the page of what is broken."""
    return incident.notice.page if incident.notice else public_page(incident)


def drafted(
    incident: Incident, audience: str, kind: str, page: StatusPage | None, now: datetime
) -> words.Draft:
    """The template's words, in the language of those who read them. Writes nothing."""
    language = page.language if audience == Audience.EXTERNAL and page else incident.tenant.language
    with translation.override(language):
        return words.draft(audience, kind, about_incident(incident, audience, now=now))


def _components(room: Room, page: StatusPage | None) -> list[Proposed]:
    """The page's components, each with what it would be set to: last words, else what the severity means."""
    if page is None:
        return []
    last = room.told["external"]
    said = last.components if last else {}
    rank = room.incident.severity.rank if room.incident.severity else 2
    broken = room.incident.service.component_id if room.incident.service else None
    proposed = []
    for component in room.sheets["components"]:
        if component.page_id != page.pk:
            continue
        status = said.get(component.uid, component.status)
        if component.pk == broken and not said:
            status = STATUS_OF_RANK.get(rank, ComponentStatus.DEGRADED)
        proposed.append(Proposed(component, str(status)))
    return proposed


def _next_updates(incident: Incident) -> list[tuple[str, str]]:
    """Minutes and their words, the severity's own first; empty minutes let the operation choose."""
    usual = incident.severity.update_minutes if incident.severity else 60
    first = _("in %(n)d min") % {"n": usual} if usual else _("next office day, 12:00")
    others = [minutes for minutes in (15, 30, 60, 120) if minutes != usual]
    return [("", first), *((str(minutes), _("in %(n)d min") % {"n": minutes}) for minutes in others)]
