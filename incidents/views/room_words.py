"""The context of the room's templates: what was read, in the words and choices that the sheets offer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from incidents import words
from incidents.models import Audience, Incident, Message, MessageKind
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
    page, going_on = page_of(incident), incident.is_open
    kinds = [MessageKind.START, MessageKind.FINAL]
    drafts = {audience: drafted(incident, audience, kinds, page, now) for audience in Audience.values}
    finals = {audience: drafts[audience][MessageKind.FINAL].body for audience in drafts}
    told = room.told["external"]
    return {
        "page": page,
        "customers": page is not None and not incident.private,
        "statuses": [(s.value, s.label) for s in (STATUSES if going_on else (NoticeStatus.RESOLVED,))],
        "status_now": _status_now(incident, told),
        "component_statuses": [(s.value, s.label) for s in PUBLIC_STATUSES],
        "components": _components(room, page) if going_on else [],
        "words": _first_words(room, drafts) if going_on else {"external_title": "", **finals},
        "finals": finals,
        "buttons": _tell_buttons(room, customers=page is not None and not incident.private),
        "next_updates": _next_updates(incident),
    }


def _tell_buttons(room: Room, *, customers: bool) -> list[tuple[str, str, str]]:
    """(whom, element id, words), the big one first: whoever has heard nothing while others have."""
    both = ("both", "do-tell-both", _("Tell both"))
    external = ("external", "do-tell-customers", _("Tell customers"))
    internal = ("internal", "do-tell-colleagues", _("Tell colleagues"))
    if not customers:
        return [internal]
    if room.told["external"] and not room.told["internal"]:
        return [internal, external, both]
    if room.told["internal"] and not room.told["external"]:
        return [external, internal, both]
    return [both, external, internal]


def _status_now(incident: Incident, told: Message | None) -> str:
    if not incident.is_open:
        return NoticeStatus.RESOLVED.value
    return told.status if told and told.status else NoticeStatus.INVESTIGATING.value


def _first_words(room: Room, drafts: dict[str, dict[str, words.Draft]]) -> dict[str, str]:
    """The template's words for who has heard nothing yet; whoever has waits for new ones."""
    start = {audience: drafts[audience][MessageKind.START] for audience in drafts}
    return {
        "external_title": "" if room.told["external"] else start["external"].title,
        **{audience: "" if room.told[audience] else start[audience].body for audience in start},
    }


def page_of(incident: Incident) -> StatusPage | None:
    """Where words to customers go: on with the notice that is there, else on the page of what is broken."""
    return incident.notice.page if incident.notice else public_page(incident)


def drafted(
    incident: Incident, audience: str, kinds: Sequence[str], page: StatusPage | None, now: datetime
) -> dict[str, words.Draft]:
    """The templates' words by kind, in the language of those who read them. Writes nothing."""
    language = page.language if audience == Audience.EXTERNAL and page else incident.tenant.language
    with translation.override(language):
        about = about_incident(incident, audience, now=now)
        return {kind: words.draft(audience, kind, about) for kind in kinds}


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
