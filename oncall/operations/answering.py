"""Answers to a call: I have it, not me, undo, later, over. Each locks its own escalation and no other."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.scoping import bound_tenant_id
from oncall.card import storable
from oncall.ladder import FOOT
from oncall.models import Escalation, EscalationState, EventKind, Note, NotificationKind
from oncall.models.escalation import UNDO_WITHIN
from oncall.operations.events import record
from oncall.operations.locking import lock_escalation
from oncall.operations.reviving import revive_dropped
from oncall.operations.summons import drop_waiting, tell_paged, unfold
from oncall.signals import escalation_acknowledged


def acknowledge(*, escalation_id: int, membership: Membership, actor: Actor, now: datetime) -> Escalation:
    """`membership` has it: the ladder waits, waiting pages are skipped, the others paged hear who took it.

    Also from `snoozed` and `exhausted`. A second call, by anyone, changes nothing and returns it: the state
    says who has it. Sends escalation_acknowledged. Needs oncall.respond, or to have been paged for it.
    """
    with acting(actor, now=now):
        escalation = _lock_to_answer(escalation_id, actor)
        _own(membership)
        if escalation.state in (EscalationState.ACKNOWLEDGED, EscalationState.STOPPED):
            return escalation
        escalation.held_step_at = escalation.next_step_at
        escalation.state = EscalationState.ACKNOWLEDGED
        escalation.turn += 1
        escalation.acknowledged_by, escalation.acknowledged_at = membership, now
        escalation.next_step_at = escalation.snoozed_until = escalation.ended_at = None
        escalation.ack_expires_at = _ack_end(escalation, now)
        _save(escalation)
        record(escalation, EventKind.ACKNOWLEDGED, actor=actor, now=now, by=str(membership))
        drop_waiting(escalation, note=Note.ANSWERED, now=now)
        why = {"by": str(membership), "at": now.isoformat()}
        tell_paged(escalation, NotificationKind.TAKEN, why=why, now=now, but=membership.pk)
        unfold(escalation, now)
        escalation_acknowledged.send(
            sender=Escalation, escalation=escalation, membership=membership, actor=actor, now=now
        )
        return escalation


def pass_on(
    *,
    escalation_id: int,
    membership: Membership,
    actor: Actor,
    now: datetime,
    asked_at: datetime | None = None,
) -> Escalation:
    """`membership` will not: the next step is due at once. Needs oncall.respond, or to have been paged for
    it.

    `asked_at` is when the page that is answered was sent or drawn: where a step fired after it, nothing
    happens, so that a late or second tap cannot skip a person. Does nothing unless it is paging.
    """
    with acting(actor, now=now):
        escalation = _lock_to_answer(escalation_id, actor)
        _own(membership)
        if escalation.state != EscalationState.PAGING or _fired_since(escalation, asked_at):
            return escalation
        escalation.next_step_at = now
        _save(escalation)
        record(escalation, EventKind.PASSED_ON, actor=actor, now=now, by=str(membership))
        # Theirs only: whoever was called beside them has not been heard yet.
        drop_waiting(escalation, note=Note.PASSED_ON, now=now, of=membership.pk)
        doorbell.ring("oncall.steps")
        return escalation


def undo_acknowledge(*, escalation_id: int, actor: Actor, now: datetime) -> Escalation:
    """Within 10 minutes: paging again; the next step keeps its time, or is due at once where that is past.

    Raises Conflict afterwards. Does nothing unless it is acknowledged. Needs oncall.respond, or to have been
    paged for it.
    """
    with acting(actor, now=now):
        escalation = _lock_to_answer(escalation_id, actor)
        if escalation.state != EscalationState.ACKNOWLEDGED:
            return escalation
        taken_at = escalation.acknowledged_at or now
        if now - taken_at > UNDO_WITHIN:
            raise Conflict(_("Undo works for 10 minutes. Page somebody, or hand it over."))
        by = str(escalation.acknowledged_by)
        escalation.state = EscalationState.PAGING
        escalation.turn += 1
        if escalation.held_step_at is None:
            # It was taken after the ladder had ended, or out of a snooze: from the foot.
            escalation.rung, escalation.loop = FOOT
        escalation.next_step_at = max(now, escalation.held_step_at or now)
        escalation.held_step_at = escalation.acknowledged_by = None
        escalation.acknowledged_at = escalation.ack_expires_at = None
        _save(escalation)
        record(escalation, EventKind.UNDONE, actor=actor, now=now, by=by)
        revive_dropped(escalation, note=Note.ANSWERED, dropped_at=taken_at, now=now)
        why = {"by": by, "at": now.isoformat()}
        tell_paged(escalation, NotificationKind.GIVEN_BACK, why=why, now=now, but=actor.membership_id)
        doorbell.ring("oncall.steps")
        return escalation


def stop(
    *, escalation_id: int, reason: str, actor: Actor, now: datetime, tell: bool = False, words: str = ""
) -> Escalation:
    """Ends the ladder and what waits to be sent. A second call changes nothing.

    Needs oncall.respond, or to have been paged for it. With `tell` those who were paged hear that it is
    over; `words` is one more sentence for them.
    """
    with acting(actor, now=now):
        escalation = _lock_to_answer(escalation_id, actor)
        if escalation.state == EscalationState.STOPPED:
            return escalation
        escalation.state = EscalationState.STOPPED
        escalation.turn += 1
        escalation.next_step_at = escalation.ack_expires_at = escalation.snoozed_until = None
        escalation.ended_at, escalation.end_reason = now, storable(reason)[:200]
        _save(escalation)
        record(escalation, EventKind.STOPPED, actor=actor, now=now, reason=reason)
        drop_waiting(escalation, note=Note.OVER, now=now)
        if tell:
            why = {"at": now.isoformat(), "words": storable(words)}
            tell_paged(escalation, NotificationKind.OVER, why=why, now=now)
        unfold(escalation, now)
        return escalation


def renew_ack(
    *, escalation_id: int, actor: Actor, now: datetime, until: datetime | None = None
) -> Escalation | None:
    """Work goes on: the acknowledgement lasts from `now` again, or to `until`. Needs oncall.view.

    Returns the escalation, or None where it is not acknowledged (nothing changes then).
    """
    actor.must("oncall.view")
    with acting(actor, now=now):
        escalation = lock_escalation(escalation_id)
        if escalation.state != EscalationState.ACKNOWLEDGED:
            return None
        escalation.ack_expires_at = until or _ack_end(escalation, now)
        escalation.save(update_fields=["ack_expires_at"])
        return escalation


def snooze(*, escalation_id: int, until: datetime, actor: Actor, now: datetime) -> Escalation:
    """Quiet until `until`, then paging from the first step. Conflict once it is over.

    Needs oncall.respond, or to have been paged for it. A second call moves the end.
    """
    with acting(actor, now=now):
        escalation = _lock_to_answer(escalation_id, actor)
        if escalation.state == EscalationState.STOPPED:
            raise Conflict(_("It is over: there is nothing to snooze."))
        if until <= now:
            raise Conflict(_("Choose a time that is still to come."))
        escalation.state = EscalationState.SNOOZED
        escalation.next_step_at = escalation.ack_expires_at = escalation.ended_at = None
        escalation.snoozed_until = until
        _save(escalation)
        record(escalation, EventKind.SNOOZED, actor=actor, now=now, until=until.isoformat())
        drop_waiting(escalation, note=Note.SNOOZED, now=now)
        unfold(escalation, now)
        doorbell.ring("oncall.acks")
        return escalation


def _lock_to_answer(escalation_id: int, actor: Actor) -> Escalation:
    """Whoever was paged may answer, whatever their role; others need oncall.respond."""
    escalation = lock_escalation(escalation_id)
    if actor.may("oncall.respond"):
        return escalation
    paged = actor.membership_id is not None and escalation.pages.filter(membership_id=actor.membership_id)
    if not paged or not paged.exists():
        actor.must("oncall.respond")
    return escalation


def _own(membership: Membership) -> None:
    """Another tenant's person is answered as a missing one."""
    if membership.tenant_id != bound_tenant_id():
        raise Membership.DoesNotExist


def _fired_since(escalation: Escalation, asked_at: datetime | None) -> bool:
    fired = escalation.last_step_at
    return asked_at is not None and fired is not None and fired > asked_at


def _ack_end(escalation: Escalation, now: datetime) -> datetime | None:
    if escalation.ack_minutes is None:
        return None
    return now + timedelta(minutes=escalation.ack_minutes)


def _save(escalation: Escalation) -> None:
    """Saves after a change of state: whoever has a lease on the old state has it no more."""
    escalation.lease_until = escalation.lease_token = None
    escalation.claims = 0
    escalation.save()
