"""Drafts of messages: rows made of the tenant's templates, or of those of incidents.words."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.known import UNKNOWN_RANK
from incidents.models import Audience, Incident, Message, MessageKind, Severity
from incidents.operations.advancing import advance
from incidents.operations.desk import Desk, Template, desk_of
from incidents.operations.hours import next_update_for
from incidents.operations.locking import lock_incident
from statuspage.states import ComponentStatus, NoticeStatus

# By rank; any other is degraded.
STATUS_OF_RANK = {1: ComponentStatus.MAJOR, 2: ComponentStatus.PARTIAL}


def draft_message(
    *,
    incident: Incident,
    audience: str,
    kind: str,
    postmortem: bool = True,
    actor: Actor,
    now: datetime,
) -> Message:
    """A draft from the templates in each language of the audience, or the one that is there already.

    An external draft names public components only, never a service, key or person. `postmortem` chooses
    the variant of the final words (R44). Raises ValidationError for an unknown audience or kind. Needs
    incidents.publish.
    """
    actor.must("incidents.publish")
    check_choice(audience, kind)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        found = draft_of(incident, audience, kind)
        if found is None:
            found = write_draft(incident, audience, kind, postmortem=postmortem, actor=actor, now=now)
        advance(incident=incident, actor_cause=actor, now=now)
    return found


def write_draft(
    incident: Incident,
    audience: str,
    kind: str,
    own: Template | None = None,
    *,
    postmortem: bool = True,
    actor: Actor,
    now: datetime,
) -> Message:
    """Stores a draft for the locked incident, in the audience's languages. `own` stands for the template."""
    desk = desk_of(incident, now=now)
    title, body = desk.draft(audience, kind, postmortem=postmortem, own=own)
    translations = desk.translations(audience, kind, postmortem=postmortem, own=own)
    message: Message = Message.objects.create(
        incident=incident,
        audience=audience,
        kind=kind,
        status=NoticeStatus.RESOLVED if kind == MessageKind.FINAL else NoticeStatus.INVESTIGATING,
        title=title[:300],
        body=body,
        translations=translations,
        drafted_title=title[:300],
        drafted_body=body,
        drafted_translations=translations,
        postmortem=postmortem,
        components=suggested_components(desk, kind) if audience == Audience.EXTERNAL else {},
        next_update_at=None if kind == MessageKind.FINAL else next_update_for(incident, now),
        written_at=now,
        written_by_id=actor.membership_id,
    )
    return message


def suggested_components(desk: Desk, kind: str) -> dict[str, str]:
    if kind == MessageKind.FINAL:
        return {}
    last = desk.last.get(Audience.EXTERNAL)
    if last is not None:
        return dict(last.components)
    status = status_meant(desk.incident.severity)
    return {component.uid: status.value for component in desk.components}


def status_meant(severity: Severity | None) -> ComponentStatus:
    """What a severity, or one not known yet, means for a component until somebody says otherwise."""
    return STATUS_OF_RANK.get(severity.rank if severity else UNKNOWN_RANK, ComponentStatus.DEGRADED)


def draft_of(incident: Incident, audience: str, kind: str) -> Message | None:
    """The database holds at most one."""
    found: Message | None = Message.objects.filter(
        incident=incident, audience=audience, kind=kind, published_at=None
    ).first()
    return found


def check_choice(audience: str, kind: str) -> None:
    if audience not in Audience.values:
        raise ValidationError({"audience": _("Choose colleagues or customers.")})
    if kind not in MessageKind.values:
        raise ValidationError({"kind": _("Choose a first message, an update or a final message.")})
