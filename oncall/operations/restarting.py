"""Paging from the foot of the ladder again: raised, reopened, an acknowledgement ran out, a snooze ended."""

from datetime import datetime

from config import doorbell
from config.tenancy.actors import ENGINE, Actor
from config.tenancy.audit import acting
from oncall.card import Card
from oncall.ladder import FOOT
from oncall.models import Escalation, EscalationState, EventKind, Note
from oncall.operations.events import record
from oncall.operations.locking import lock_escalation
from oncall.operations.summons import drop_waiting


def restart(
    *, escalation_id: int, card: Card, actor: Actor, now: datetime, urgency: str | None = None
) -> Escalation:
    """Pages from the first step again, in whatever state it was (severity raised, reopened). Needs
    oncall.view.

    The snapshot stays that of the start, the urgency too unless given. A card of a worse severity words the
    pages as "raised".
    """
    actor.must("oncall.view")
    with acting(actor, now=now):
        escalation = lock_escalation(escalation_id)
        raised = card.severity_rank < escalation.severity_rank
        old_word = escalation.card.severity_word
        escalation.card = card
        escalation.urgency = urgency or escalation.urgency
        begin_run(escalation, now, reason="raised" if raised else "again", detail=old_word if raised else "")
        record(escalation, EventKind.RESTARTED, actor=actor, now=now, raised=raised)
        return escalation


def expire_ack(*, escalation_id: int, lease_token: int, now: datetime) -> bool:
    """Nobody said that work goes on: pages from the first step again. False where there was nothing to do."""
    with acting(ENGINE, now=now):
        escalation = lock_escalation(escalation_id)
        expires = escalation.ack_expires_at
        if escalation.lease_token != lease_token or expires is None or expires > now:
            return False
        name = str(escalation.acknowledged_by) if escalation.acknowledged_by else ""
        begin_run(escalation, now, reason="expired", detail=name)
        record(escalation, EventKind.EXPIRED, actor=ENGINE, now=now, by=name)
        return True


def wake(*, escalation_id: int, lease_token: int, now: datetime) -> bool:
    """A snooze is over: pages from the first step again. False where there was nothing to do."""
    with acting(ENGINE, now=now):
        escalation = lock_escalation(escalation_id)
        until = escalation.snoozed_until
        if escalation.lease_token != lease_token or until is None or until > now:
            return False
        begin_run(escalation, now, reason="woken")
        record(escalation, EventKind.RESTARTED, actor=ENGINE, now=now, woken=True)
        return True


def begin_run(escalation: Escalation, now: datetime, *, reason: str, detail: str = "") -> None:
    """Puts a locked escalation at the foot, due at once, and saves it."""
    drop_waiting(escalation, note=Note.BEGUN_AGAIN, now=now)
    escalation.state = EscalationState.PAGING
    escalation.run += 1
    escalation.run_reason, escalation.run_detail = reason, detail[:200]
    escalation.rung, escalation.loop = FOOT
    escalation.next_step_at, escalation.held_step_at = now, None
    escalation.acknowledged_by = escalation.acknowledged_at = escalation.ack_expires_at = None
    escalation.remind_at = escalation.snoozed_until = escalation.ended_at = None
    # A new run asks all anew, and how many it asks for its steps say.
    escalation.answers_needed = 1
    escalation.end_reason = ""
    escalation.lease_until = escalation.lease_token = None
    escalation.claims = 0
    escalation.save()
    doorbell.ring("oncall.steps")
