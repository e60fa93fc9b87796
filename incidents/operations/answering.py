"""What one says to a call-in: coming, in 10 minutes, cannot. Each call has an answer of its own (R28)."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from incidents.models import Call, CallAnswer, EntryKind, TimelineEntry
from incidents.operations.behalf import on_behalf
from incidents.operations.locking import Locked
from incidents.operations.responding import (
    acknowledge_call,
    forget_answer,
    lock_call,
    must_answer,
    must_be_open,
)
from incidents.operations.taking import IN_TEN
from incidents.operations.timeline import record
from oncall.models import Escalation, EscalationState
from oncall.operations import paging
from oncall.operations.progress import next_in_line


def answer_call(
    *,
    call: Call,
    answer: str,
    membership: Membership,
    actor: Actor,
    now: datetime,
    asked_at: datetime | None = None,
) -> Call:
    """`membership` says it; coming and in 10 minutes stop the ladder, cannot calls the next at once.

    Said again, it changes nothing; another answer by the same person takes the place of the first, "cannot"
    for as long as an undo works. Where somebody else has answered, nothing changes: the call says who. Raises
    ValidationError for another word, Conflict once the incident is over, Call.DoesNotExist for another
    tenant's. Needs incidents.respond, or to have been called. `asked_at`: see pass_on_call.
    """
    if answer not in CallAnswer.values:
        raise ValidationError({"answer": _("Say coming, in 10 minutes, or cannot.")})
    with acting(actor, now=now):
        call, locked = lock_call(call)
        must_answer(actor, [call])
        must_be_open(locked.incident)
        escalation = locked.escalations[call.escalation_id]
        mine = _is_mine(escalation, membership)
        if answer == CallAnswer.CANNOT:
            return _cannot(call, locked, membership, actor, now, asked_at)
        if mine:
            return _say_otherwise(call, locked, answer, membership, actor, now)
        if escalation.state != EscalationState.ACKNOWLEDGED:
            # The pager's answer comes back to operations.taking, which finds here which of the two it is.
            call.answer = answer
            call.expected_at = now + IN_TEN if answer == CallAnswer.IN_TEN else None
            call.save()
        return acknowledge_call(call=call, membership=membership, actor=actor, now=now)


def cannot_come(call: Call, membership: Membership) -> bool:
    """Whether this person has said so. One query."""
    said = TimelineEntry.objects.filter(incident=call.incident_id, kind=EntryKind.PASSED_ON)
    return bool(said.filter(data__call=call.uid, data__by=membership.uid).exists())


def _cannot(
    call: Call,
    locked: Locked,
    membership: Membership,
    actor: Actor,
    now: datetime,
    asked_at: datetime | None,
) -> Call:
    """The next is called at once; where nobody but this person is left, the call ends without a last page.

    Who had said "coming" first gives that back.
    """
    escalation = locked.escalations[call.escalation_id]
    if escalation.state == EscalationState.ACKNOWLEDGED:
        if not _is_mine(escalation, membership):
            raise Conflict(_("%(name)s has answered this already.") % {"name": escalation.acknowledged_by})
        escalation = paging.undo_acknowledge(escalation_id=escalation.pk, actor=on_behalf(actor), now=now)
        forget_answer(call)
        asked_at = None
    if escalation.state == EscalationState.STOPPED or cannot_come(call, membership):
        return call
    _call_the_next(call, escalation, membership, actor, now, asked_at)
    if not call.answered_at:
        call.answer, call.expected_at = CallAnswer.CANNOT, None
        call.save()
    record(
        incident=locked.incident,
        kind=EntryKind.PASSED_ON,
        text=_("%(name)s cannot come") % {"name": membership},
        data={"call": call.uid, "by": membership.uid},
        actor=actor,
        now=now,
    )
    return call


def _call_the_next(
    call: Call,
    escalation: Escalation,
    membership: Membership,
    actor: Actor,
    now: datetime,
    asked_at: datetime | None,
) -> None:
    """Where everybody who rings or would be next has said that they cannot, this was the last one."""
    cannot = _who_cannot(call) | {membership.pk}
    following = next_in_line(escalation=escalation)
    ring = set(escalation.pages.values_list("membership_id", flat=True))
    if (ring | (following.people if following else set())) <= cannot:
        paging.stop(escalation_id=escalation.pk, reason="cannot", actor=on_behalf(actor), now=now)
    elif following is not None and not following.people <= ring:
        # Not where a team rings together: whoever rings beside this person has not been heard yet.
        paging.pass_on(
            escalation_id=escalation.pk,
            membership=membership,
            actor=on_behalf(actor),
            now=now,
            asked_at=asked_at,
        )


def _who_cannot(call: Call) -> set[int]:
    said = TimelineEntry.objects.filter(
        incident=call.incident_id, kind=EntryKind.PASSED_ON, data__call=call.uid
    )
    members = Membership.objects.filter(uid__in=[data["by"] for data in said.values_list("data", flat=True)])
    return set(members.values_list("pk", flat=True))


def _say_otherwise(
    call: Call, locked: Locked, answer: str, membership: Membership, actor: Actor, now: datetime
) -> Call:
    """Who has this call already says when: nobody is called, nothing is paged."""
    if call.answer == answer:
        return call
    later = answer == CallAnswer.IN_TEN
    call.answer, call.expected_at = answer, now + IN_TEN if later else None
    call.save()
    words = _("%(name)s comes in 10 minutes, called in as %(call)s") if later else _("%(name)s is here now")
    record(
        incident=locked.incident,
        kind=EntryKind.ACKNOWLEDGED,
        text=words % {"name": membership, "call": call.label},
        data={"call": call.uid, "answer": answer},
        actor=actor,
        now=now,
    )
    return call


def _is_mine(escalation: Escalation, membership: Membership) -> bool:
    return escalation.state == EscalationState.ACKNOWLEDGED and escalation.acknowledged_by_id == membership.pk
