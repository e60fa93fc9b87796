"""One of the six questions put to a person or a role (R13): "Ask Carla"."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from incidents.models import (
    Ask,
    AssessmentQuestion,
    EntryKind,
    Incident,
    IncidentRole,
    MailKind,
    Presence,
    RoleAssignment,
)
from incidents.models.circle import circle_ids
from incidents.operations.advancing import advance
from incidents.operations.locking import lock_incident
from incidents.operations.mails import queue_mails
from incidents.operations.standing import LEADS_OR_SPEAKS, must_one_of
from incidents.operations.timeline import record
from oncall.operations.preview import who_would_be_paged

# Who had the room open this long ago reads the question there.
ROOM_IS_OPEN = timedelta(minutes=2)
ASKED = "asked"


def ask(
    *,
    incident: Incident,
    question: str,
    membership: Membership | None = None,
    role: IncidentRole | None = None,
    actor: Actor,
    now: datetime,
) -> Ask:
    """Puts a question to one person or one role; whoever has neither the room open gets one mail with a link.

    A role nobody has is asked of whom it would call. Asked of another one, the open question moves there; of
    the same again nothing happens. Raises ValidationError where neither or both are named; Conflict once it
    is over, and for a person outside the circle of a private one. Needs incidents.respond or
    incidents.publish.
    """
    must_one_of(actor, LEADS_OR_SPEAKS)
    if question not in AssessmentQuestion.values:
        raise ValidationError({"question": _("That is not one of the six questions.")})
    if (membership is None) == (role is None):
        raise ValidationError({"whom": _("Choose whom to ask: a person or a role.")})
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        if not incident.is_open:
            raise Conflict(_("%(key)s is over. Reopen it first.") % {"key": incident.key})
        if membership is not None:
            membership = Membership.objects.select_related("user").get(pk=membership.pk, ended_at=None)
        if role is not None:
            role = IncidentRole.objects.select_related("policy").get(pk=role.pk)
        row: Ask = Ask.objects.filter(incident=incident, question=question, answered_at=None).first() or Ask(
            incident=incident, question=question
        )
        if row.pk and (row.membership_id, row.role_id) == _ids(membership, role):
            return row
        readers = _readers(incident, membership, role, now)
        row.membership, row.role = membership, role
        row.asked_at, row.asked_by_id, row.asked_by_label = now, actor.membership_id, actor.label[:200]
        row.save()
        record(
            incident=incident,
            kind=EntryKind.ASKED,
            text=_("Asked %(who)s: %(question)s")
            % {"who": membership or role, "question": row.get_question_display()},
            data={"ask": row.uid, "question": question},
            actor=actor,
            now=now,
        )
        _mail(incident, row, readers, actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return row


def _ids(membership: Membership | None, role: IncidentRole | None) -> tuple[int | None, int | None]:
    return membership.pk if membership else None, role.pk if role else None


def _readers(
    incident: Incident, membership: Membership | None, role: IncidentRole | None, now: datetime
) -> list[Membership]:
    """The person; who has the role; else whom the role would call first. Of a private one, its circle."""
    inside = circle_ids(incident) if incident.private else set()
    if membership is not None:
        if incident.private and membership.pk not in inside:
            words = _("%(name)s cannot read this private incident. Call them in, or add them, first.")
            raise Conflict(words % {"name": membership})
        return [membership]
    held = RoleAssignment.objects.filter(incident=incident, role=role, ended_at=None)
    people = [one.membership for one in held.select_related("membership__user")]
    if not people and role is not None and role.policy is not None:
        rows = who_would_be_paged(policy=role.policy, urgency="low", now=now)
        people = next((row.memberships for row in rows if row.memberships), [])
    if incident.private:
        people = [one for one in people if one.pk in inside]
    return people


def _mail(incident: Incident, row: Ask, readers: list[Membership], actor: Actor, now: datetime) -> None:
    here = set(
        Presence.objects.filter(incident=incident, last_seen_at__gte=now - ROOM_IS_OPEN).values_list(
            "membership_id", flat=True
        )
    )
    away = [one for one in readers if one.pk not in here and one.pk != actor.membership_id]
    data = {"why": ASKED, "question": row.question, "by": row.asked_by_label}
    queue_mails(incident=incident, kind=MailKind.NUDGE, memberships=away, now=now, data=data)
