"""Words that were published for nothing: a false alarm, or part of another incident. They are taken back."""

from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents import words
from incidents.models import Audience, Incident, Message, MessageKind, Phase, RoleAssignment
from incidents.operations.desk import Desk, Template, desk_of
from incidents.operations.eyes import is_manager, one_of
from incidents.operations.locking import lock_incident
from incidents.operations.publishing import send
from statuspage.models import Notice
from statuspage.states import NoticeStatus


def withdraw(*, incident: Incident, actor: Actor, now: datetime) -> list[Message]:
    """Says on each page that still shows it that it was nothing, and resolves it there. The words are ours.

    Wants the manager's approval: the incident's own, else somebody who may set up (owners and managers). A
    second call changes nothing. Raises Conflict for an incident that is not cancelled or merged, and for
    whoever is no manager. Needs incidents.publish.
    """
    actor.must("incidents.publish")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        if incident.phase not in (Phase.CANCELLED, Phase.MERGED):
            raise Conflict(_("Only words about a false alarm or a merged incident are withdrawn."))
        if not (actor.may("incidents.setup") or is_manager(incident, actor)):
            raise Conflict(_refusal(incident))
        reason = "merged" if incident.phase == Phase.MERGED else str(incident.cancel_reason)
        desk = desk_of(incident, now=now)
        return [
            _take_back(incident, audience, template, desk, actor, now)
            for audience, notice_id, template in (
                (Audience.EXTERNAL, incident.notice_id, lambda: words.external_withdrawn(reason)),
                (Audience.INTERNAL, incident.internal_notice_id, lambda: words.internal_withdrawn(reason)),
            )
            if Notice.objects.filter(pk=notice_id, resolved_at=None).exists()
        ]


def _take_back(
    incident: Incident, audience: str, template: Template, desk: Desk, actor: Actor, now: datetime
) -> Message:
    title, body = desk.draft(audience, MessageKind.FINAL, own=template)
    message = Message(
        incident=incident,
        audience=audience,
        kind=MessageKind.FINAL,
        status=NoticeStatus.RESOLVED,
        title=title[:200],
        body=body,
        translations=desk.translations(audience, MessageKind.FINAL, own=template),
        postmortem=False,
        written_at=now,
        written_by_id=actor.membership_id,
    )
    send(incident=incident, message=message, desk=desk, actor=actor, now=now)
    return message


def _refusal(incident: Incident) -> str:
    held = RoleAssignment.objects.filter(incident=incident, is_manager=True, ended_at=None)
    manager = held.select_related("membership__user").first()
    if manager is None:
        return _("An owner or manager approves taking words back.")
    return _("%(who)s approves taking words back, or an owner or manager.") % {
        "who": one_of([manager.membership])
    }
