"""The context of the room's templates: what was read, in the words and choices that the sheets offer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from incidents import words
from incidents.models import Audience, Incident, MessageKind, Phase
from incidents.operations.drafting import STATUS_OF_RANK, about_incident, public_page
from incidents.templatetags.incident_words import clock_age, duration_words
from incidents.views.crews import crews
from incidents.views.room_read import ENTRIES, Room
from oncall.models import EscalationPolicy
from statuspage.models import Component, StatusPage
from statuspage.states import ComponentStatus, NoticeStatus

UNDO = timedelta(minutes=10)
LATE_ENTRY = timedelta(seconds=60)
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
    """Everything `incidents/room/` draws from: `room` with its words, `incident` and `now`."""
    incident, now = room.incident, room.now
    ended = incident.resolved_at or incident.cancelled_at or incident.merged_at
    since = incident.started_at or incident.declared_at
    for entry in room.entries:
        entry.is_late = entry.recorded_at - entry.occurred_at > LATE_ENTRY
    told = room.told["external"]
    if told is not None:
        told.status_word = NoticeStatus(told.status).label if told.status in NoticeStatus.values else ""
    extra: dict[str, Any] = {
        "since": since,
        "ended": ended,
        "age_words": clock_age(since, ended or now),
        "update_in": duration_words(incident.next_update_at - now) if incident.next_update_at else "",
        "may_respond": actor.may("incidents.respond"),
        "may_publish": actor.may("incidents.publish"),
        "rows_more": room.rows + 2 * ENTRIES,
        "roles": list({seat.role.pk: seat.role for seat in room.seats}.values()),
        "lower_reasons": [_("Less impact than thought"), _("Impact got smaller"), _("Chosen by mistake")],
        "snoozes": [(15, _("15 minutes")), (60, _("1 hour")), (480, _("8 hours"))],
        "undo_ack": _may_undo_ack(room),
        "undo_cancel": incident.phase == Phase.CANCELLED and incident.cancelled_at + UNDO > now,
    }
    if extra["may_respond"]:
        policy_id = incident.service.policy_id if incident.service else None
        if policy_id is None:
            policy_id = EscalationPolicy.objects.filter(is_default=True).values_list("pk", flat=True).first()
        room.sheets |= crews(extra["roles"], now, policy_id)
    if extra["may_publish"]:
        extra |= _telling(room)
    for name, value in extra.items():
        setattr(room, name, value)
    return {"room": room, "incident": incident, "now": now}


def _may_undo_ack(room: Room) -> bool:
    """Whether this person acknowledged a call in the last ten minutes."""
    return any(
        one.call.escalation.acknowledged_by_id == room.membership.pk
        and one.call.escalation.acknowledged_at is not None
        and one.call.escalation.acknowledged_at + UNDO > room.now
        for one in room.callings
    )


def _telling(room: Room) -> dict[str, Any]:
    """What the Tell and Resolve sheets begin with."""
    incident, now = room.incident, room.now
    page = page_of(incident)
    kind = MessageKind.START if incident.is_open else MessageKind.FINAL
    drafts = {audience: drafted(incident, audience, kind, page, now) for audience in Audience.values}
    external, internal = room.told["external"], room.told["internal"]
    proposes = incident.is_open
    return {
        "public_page": page,
        "may_tell_customers": page is not None and not incident.private,
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
