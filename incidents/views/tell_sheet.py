"""What the sheets of words begin with: Tell, Read, and the last words of Resolve."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from incidents.models import Audience, Incident, Message, MessageKind
from incidents.operations.desk import Desk, desk_of
from incidents.operations.drafting import status_meant
from incidents.operations.eyes import seal_of
from incidents.operations.forbidden import slips_in
from incidents.operations.mails import stakeholders_of
from incidents.operations.said import Said
from incidents.views.room_read import Room
from incidents.wording import Slip
from statuspage.models import Component
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


@dataclass(frozen=True)
class Further:
    """The same words in one more language."""

    code: str
    name: str
    title: str
    body: str


@dataclass(frozen=True)
class Panel:
    """One audience's part of the sheet. `seal` marks words that a template made (operations.eyes)."""

    audience: str
    name: str
    language: str = ""
    title: str = ""
    body: str = ""
    further: list[Further] = field(default_factory=list)
    seal: str = ""
    # The first words choose a title; later ones go on under it.
    titled: bool = False


@dataclass(frozen=True)
class Reading:
    """Words to customers that wait for a second reader, for whoever may read them."""

    message: Message
    by: str
    mine: bool
    may_alone: bool
    slips: tuple[Slip, ...]
    further: list[Further]
    components: list[tuple[str, str]]
    as_of: str


def tell_sheet(room: Room) -> dict[str, Any]:
    incident, now = room.incident, room.now
    desk = desk_of(incident, now=now)
    drafts = _drafts(incident)
    customers = desk.page is not None and not incident.private
    audiences = [Audience.EXTERNAL, Audience.INTERNAL] if customers else [Audience.INTERNAL]
    waiting = drafts.get((Audience.EXTERNAL, kind_now(incident, desk, Audience.EXTERNAL)))
    waiting = waiting if waiting is not None and waiting.waits_for_reader else None
    promises = room.facts.postmortem != "waived"
    outside = stakeholders_of(incident, [service.pk for service in desk.services], room.sheets["people"])
    return {
        "page": desk.page,
        "customers": customers,
        "panels": [_panel(desk, drafts, audience, promises=promises) for audience in audiences],
        "promises": promises,
        "reading": _reading(room, desk, waiting) if waiting else None,
        "statuses": [
            (s.value, s.label) for s in (STATUSES if incident.is_open else (NoticeStatus.RESOLVED,))
        ],
        "status_now": _status_now(incident, desk, waiting),
        "component_statuses": [(s.value, s.label) for s in PUBLIC_STATUSES],
        "components": _components(room, desk, waiting) if incident.is_open and customers else [],
        "finals": _finals(desk, customers),
        "buttons": _buttons(room, customers),
        "next_updates": _next_updates(incident),
        "colleagues": _colleagues(room),
        "stakeholders": len(outside),
    }


def kind_now(incident: Incident, desk: Desk, audience: str) -> str:
    """Which message the sheet writes next."""
    if not incident.is_open:
        return MessageKind.FINAL.value
    return MessageKind.UPDATE.value if audience in desk.last else MessageKind.START.value


def _drafts(incident: Incident) -> dict[tuple[str, str], Message]:
    """What is written and not out, as long as it is of now. One query."""
    rows = Message.objects.filter(incident=incident, published_at=None).select_related("written_by__user")
    found = {}
    for row in rows:
        row.incident = incident
        if not row.is_stale:
            found[row.audience, row.kind] = row
    return found


def _panel(desk: Desk, drafts: dict[tuple[str, str], Message], audience: str, *, promises: bool) -> Panel:
    """The draft that is there, else the template's words; an update waits for new ones."""
    kind = kind_now(desk.incident, desk, audience)
    draft, main = drafts.get((audience, kind)), desk.languages[audience][0]
    title, body = desk.draft(audience, kind, postmortem=promises)
    translations = desk.translations(audience, kind, postmortem=promises)
    last = desk.last.get(audience)
    if draft is not None:
        title, body, translations = draft.title, draft.body, {**translations, **draft.translations}
    elif kind == MessageKind.UPDATE:
        body = ""
        translations = {code: {"title": said["title"], "body": ""} for code, said in translations.items()}
    if last is not None and audience == Audience.EXTERNAL:
        title = last.title
    words = Said(audience, kind, "", title, body, translations=translations)
    return Panel(
        audience=audience,
        name=_("Customers") if audience == Audience.EXTERNAL else _("Colleagues"),
        language=language_name(main),
        title=title,
        body=body,
        further=[
            Further(code, language_name(code), said.get("title", ""), said.get("body", ""))
            for code, said in translations.items()
        ],
        seal=seal_of(desk.incident, audience, words) if draft is None and body else "",
        titled=last is None,
    )


def language_name(code: str) -> str:
    return str(dict(settings.LANGUAGES).get(code, code))


def _finals(desk: Desk, customers: bool) -> dict[str, str]:
    """Last words for the Resolve sheet: to customers with a promise and without (R44), to colleagues."""
    finals = {"internal": desk.draft(Audience.INTERNAL, MessageKind.FINAL).body}
    if not customers:
        return finals | {"external": ""}
    for name, promises in (("external", True), ("external_plain", False)):
        title, body = desk.draft(Audience.EXTERNAL, MessageKind.FINAL, postmortem=promises)
        words = Said(Audience.EXTERNAL, MessageKind.FINAL, "", title, body)
        finals |= {name: body, f"{name}_seal": seal_of(desk.incident, Audience.EXTERNAL, words)}
    return finals


def _reading(room: Room, desk: Desk, message: Message) -> Reading:
    viewer = room.facts.viewer
    alone_from = message.alone_from
    names = dict(Component.objects.filter(uid__in=list(message.components)).values_list("uid", "name"))
    texts = [message.title, message.body]
    texts += [text for said in message.translations.values() for text in said.values()]
    return Reading(
        message=message,
        by=str(message.written_by or _("An API key")),
        mine=message.written_by_id == room.membership.pk,
        may_alone=bool(viewer and viewer.is_manager and alone_from is not None and alone_from <= room.now),
        slips=slips_in(room.incident, texts),
        further=[
            Further(code, language_name(code), said.get("title", ""), said.get("body", ""))
            for code, said in message.translations.items()
        ],
        components=[
            (names[uid], str(ComponentStatus(status).label))
            for uid, status in message.components.items()
            if uid in names and status in ComponentStatus.values
        ],
        as_of=message.written_at.isoformat(),
    )


def _status_now(incident: Incident, desk: Desk, waiting: Message | None) -> str:
    if not incident.is_open:
        return NoticeStatus.RESOLVED.value
    if incident.impact_over_at is not None and waiting is None:
        return NoticeStatus.MONITORING.value
    said = waiting or desk.last.get(Audience.EXTERNAL)
    return said.status if said and said.status else NoticeStatus.INVESTIGATING.value


def _components(room: Room, desk: Desk, waiting: Message | None) -> list[Proposed]:
    """The page's components, each with what it would be set to: last words, else what the severity means."""
    last = waiting or desk.last.get(Audience.EXTERNAL)
    said = last.components if last else {}
    broken = {component.pk for component in desk.components}
    proposed = []
    for component in room.sheets["components"]:
        if desk.page is None or component.page_id != desk.page.pk:
            continue
        status = said.get(component.uid, component.status)
        if component.pk in broken and last is None:
            status = status_meant(room.incident.severity)
        proposed.append(Proposed(component, str(status)))
    return proposed


def _buttons(room: Room, customers: bool) -> list[tuple[str, str, str]]:
    """(whom, element id, words), the big one first: whoever has heard nothing while others have."""
    both = ("both", "do-tell-both", _("Tell both"))
    external = ("external", "do-tell-customers", _("Tell customers"))
    internal = ("internal", "do-tell-colleagues", _("Tell colleagues"))
    if not customers:
        return [internal]
    if (room.told["external"] or room.facts.words_wait) and not room.told["internal"]:
        return [internal, external, both]
    if room.told["internal"] and not room.told["external"]:
        return [external, internal, both]
    return [both, external, internal]


def _colleagues(room: Room) -> int:
    """How many members an internal message goes to; of a private incident, its circle is told."""
    return int(room.sheets["mailed"])


def _next_updates(incident: Incident) -> list[tuple[str, str]]:
    """Minutes and their words, the severity's own first; empty minutes let the operation choose."""
    usual = incident.severity.update_minutes if incident.severity else 60
    first = _("in %(n)d min") % {"n": usual} if usual else _("next office day, 12:00")
    others = [minutes for minutes in (15, 30, 60, 120) if minutes != usual]
    return [("", first), *((str(minutes), _("in %(n)d min") % {"n": minutes}) for minutes in others)]
