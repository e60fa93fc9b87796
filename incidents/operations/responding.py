"""Answers to a page: I have it, not me, undo, later. What is said to a call-in: operations.answering."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from incidents.models import Call, EntryKind, Incident, RoleAssignment
from incidents.operations.advancing import advance
from incidents.operations.behalf import on_behalf
from incidents.operations.locking import Locked, lock_incident
from incidents.operations.taking import take
from incidents.operations.timeline import record
from incidents.operations.urgency import rise_if_open
from oncall.models import EscalationState, Page
from oncall.operations import paging
from oncall.operations.answers import answered_ids

UNDO_WITHIN = timedelta(minutes=10)
# Ladders that an answer stops: snoozed and exhausted ones can still be taken.
UNANSWERED = (EscalationState.PAGING, EscalationState.EXHAUSTED, EscalationState.SNOOZED)


def must_answer(actor: Actor, calls: Iterable[Call]) -> None:
    """Who was paged, or called in by name, may answer, whatever their role; others need incidents.respond."""
    person, calls = actor.membership_id, list(calls)
    if actor.may("incidents.respond") or (person and any(call.membership_id == person for call in calls)):
        return
    paged = Page.objects.filter(
        escalation_id__in=[call.escalation_id for call in calls], membership_id=person
    )
    if person is None or not paged.exists():
        actor.must("incidents.respond")


def acknowledge_incident(
    *, incident: Incident, membership: Membership, actor: Actor, now: datetime
) -> Incident:
    """`membership` has it: stops every running ladder that pages that person, else the first ones
    (service, default policy), also one that found nobody. The first to acknowledge is manager until a
    handover.

    A held incident is taken without paging. The first of several who are asked for has it, and paging goes
    on. A second call changes nothing. Needs incidents.respond, or to have been paged for it. Raises Conflict
    once it is over.
    """
    with acting(actor, now=now):
        locked = lock_incident(incident_id=incident.pk)
        must_answer(actor, locked.calls)
        must_be_open(locked.incident)
        membership = Membership.objects.select_related("user").get(pk=membership.pk)
        for escalation_id in _whose_to_stop(locked, membership):
            paging.acknowledge(
                escalation_id=escalation_id, membership=membership, actor=on_behalf(actor), now=now
            )
        # Our receivers have written to the incident meanwhile.
        locked = lock_incident(incident_id=incident.pk)
        incident = locked.incident
        if incident.acknowledged_at is None:
            take(incident=incident, membership=membership, actor=actor, now=now)
        return advance(incident=incident, actor_cause=actor, now=now)


def acknowledge_call(*, call: Call, membership: Membership, actor: Actor, now: datetime) -> Call:
    """`membership` is coming for this call, and for no other. A second call, by anyone, changes nothing."""
    with acting(actor, now=now):
        call, locked = lock_call(call)
        must_answer(actor, [call])
        must_be_open(locked.incident)
        membership = Membership.objects.select_related("user").get(pk=membership.pk)
        held = paging.acknowledge(
            escalation_id=call.escalation_id, membership=membership, actor=on_behalf(actor), now=now
        )
        incident = lock_incident(incident_id=call.incident_id).incident
        if call.is_first and incident.acknowledged_at is None and membership.pk in answered_ids(held):
            # The first of several: paging goes on, and the incident has somebody.
            take(incident=incident, membership=membership, actor=actor, now=now)
        advance(incident=incident, actor_cause=actor, now=now)
        call.refresh_from_db()
    return call


def pass_on_call(
    *, call: Call, membership: Membership, actor: Actor, now: datetime, asked_at: datetime | None = None
) -> Call:
    """Not me: the next is paged at once. Ignored where a step fired after `asked_at`."""
    with acting(actor, now=now):
        call, locked = lock_call(call)
        must_answer(actor, [call])
        membership = Membership.objects.select_related("user").get(pk=membership.pk)
        before = locked.escalations[call.escalation_id].next_step_at
        after = paging.pass_on(
            escalation_id=call.escalation_id,
            membership=membership,
            actor=on_behalf(actor),
            now=now,
            asked_at=asked_at,
        )
        if after.next_step_at != before:
            record(
                incident=locked.incident,
                kind=EntryKind.PASSED_ON,
                text=_("%(name)s passed it on") % {"name": membership},
                data={"call": call.uid, "by": membership.uid},
                actor=actor,
                now=now,
            )
    return call


def undo_acknowledge(*, incident: Incident, membership: Membership, actor: Actor, now: datetime) -> Incident:
    """Within 10 minutes: the ladders that person stopped page again; a manager by acknowledging is none.

    Raises Conflict where there is nothing to undo, or it is too late.
    """
    with acting(actor, now=now):
        locked = lock_incident(incident_id=incident.pk)
        must_answer(actor, locked.calls)
        must_be_open(locked.incident)
        incident = locked.incident
        undone = _give_back(locked, membership, actor, now)
        made_manager = RoleAssignment.objects.filter(
            incident=incident, membership=membership, by_record=True, ended_at=None
        ).first()
        if not undone and (made_manager is None or now - made_manager.given_at > UNDO_WITHIN):
            raise Conflict(_("Undo works for 10 minutes. Page somebody, or hand it over."))
        if made_manager is not None:
            made_manager.ended_at = now
            made_manager.save()
        forget_if_nobody_has_it(incident)
        rise_if_open(incident, now)
        record(
            incident=incident,
            kind=EntryKind.UNDONE,
            text=_("%(name)s gave it back") % {"name": membership},
            actor=actor,
            now=now,
        )
        return advance(incident=incident, actor_cause=actor, now=now)


def snooze(*, incident: Incident, until: datetime, actor: Actor, now: datetime) -> Incident:
    """Quiet until `until`, then the first ladders page from the start. ValidationError for the past."""
    if until <= now:
        raise ValidationError({"until": _("Choose a moment that is still to come.")})
    with acting(actor, now=now):
        locked = lock_incident(incident_id=incident.pk)
        must_answer(actor, locked.calls)
        must_be_open(locked.incident)
        for call in locked.calls:
            if call.is_first and locked.escalations[call.escalation_id].state != EscalationState.STOPPED:
                paging.snooze(escalation_id=call.escalation_id, until=until, actor=on_behalf(actor), now=now)
        record(
            incident=locked.incident,
            kind=EntryKind.SNOOZED,
            text=_("Snoozed"),
            data={"until": until.isoformat()},
            actor=actor,
            now=now,
        )
        return advance(incident=locked.incident, actor_cause=actor, now=now)


def forget_answer(call: Call) -> None:
    call.answered_at = call.answered_by = call.expected_at = None
    call.answer = ""
    call.save()


# --- parts --------------------------------------------------------------------------------------------------
def lock_call(call: Call) -> tuple[Call, Locked]:
    """The call as it is in this tenant: another's is a missing one."""
    call = Call.objects.get(pk=call.pk)
    locked = lock_incident(incident_id=call.incident_id)
    return next(held for held in locked.calls if held.pk == call.pk), locked


def must_be_open(incident: Incident) -> None:
    if not incident.is_open:
        raise Conflict(_("%(key)s is over: nothing to do.") % {"key": incident.key})


def _whose_to_stop(locked: Locked, membership: Membership) -> list[int]:
    """Those that call this person; where none does, the incident's own ladders. In lock order."""
    waiting = {
        call.escalation_id: call
        for call in locked.calls
        if locked.escalations[call.escalation_id].state in UNANSWERED
    }
    mine = Page.objects.filter(escalation_id__in=waiting, membership=membership)
    chosen = set(mine.values_list("escalation_id", flat=True))
    return sorted(chosen or (pk for pk, call in waiting.items() if call.is_first))


def _give_back(locked: Locked, membership: Membership, actor: Actor, now: datetime) -> int:
    undone = 0
    for call in locked.calls:
        held = locked.escalations[call.escalation_id]
        alone = held.state == EscalationState.ACKNOWLEDGED and held.acknowledged_by_id == membership.pk
        mine = alone or membership.pk in answered_ids(held)
        if not mine or now - (held.acknowledged_at or now) > UNDO_WITHIN:
            continue
        paging.undo_acknowledge(escalation_id=held.pk, actor=on_behalf(actor), now=now)
        forget_answer(call)
        undone += 1
    return undone


def forget_if_nobody_has_it(incident: Incident) -> None:
    """Where nobody is left who has it, the incident was never acknowledged."""
    if Call.objects.filter(incident=incident, answered_at__isnull=False).exists():
        return
    if RoleAssignment.objects.filter(incident=incident, is_manager=True, ended_at=None).exists():
        return
    incident.acknowledged_at = None
    incident.save()
