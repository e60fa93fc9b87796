"""Who has said "I have it" on a ladder that needs several, and what happens once enough have."""

from collections.abc import Collection
from datetime import datetime, timedelta

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from oncall.models import (
    Acknowledgement,
    Escalation,
    EscalationState,
    EventKind,
    Note,
    NotificationKind,
)
from oncall.operations.events import record
from oncall.operations.summons import drop_waiting, tell_paged, unfold
from oncall.signals import escalation_acknowledged

LONGEST_GRACE = timedelta(minutes=5)


def answers_of(escalation: Escalation) -> list[Acknowledgement]:
    """The answers of the present run, the first first. One query."""
    rows = escalation.answers.select_related("membership__user").filter(run=escalation.run)
    return list(rows.order_by("id"))


def answered_ids(escalation: Escalation) -> set[int]:
    """Memberships that have it already in this run. One query."""
    return set(escalation.answers.filter(run=escalation.run).values_list("membership_id", flat=True))


def add_answer(escalation: Escalation, membership: Membership, now: datetime) -> bool:
    """On a locked escalation. False where this person has answered already."""
    _answer, new = Acknowledgement.objects.get_or_create(
        escalation=escalation, run=escalation.run, membership=membership, defaults={"at": now}
    )
    return bool(new)


def forget_answers(escalation: Escalation, membership_id: int | None) -> list[Acknowledgement]:
    """Takes back the answer of this person, or all where they gave none. Returns what was taken back."""
    answers = answers_of(escalation)
    mine = [answer for answer in answers if answer.membership_id == membership_id] or answers
    for answer in mine:
        answer.delete()
    return mine


def take(
    escalation: Escalation,
    *,
    has_it: Membership,
    said_by: Membership,
    actor: Actor,
    now: datetime,
    answered: Collection[int] = (),
) -> None:
    """A locked ladder is acknowledged: it waits, waiting pages are skipped, the others paged hear who took
    it. `has_it` is who answered first, `said_by` whose answer was enough; `answered` need no telling.
    """
    escalation.held_step_at = escalation.next_step_at
    escalation.state = EscalationState.ACKNOWLEDGED
    escalation.turn += 1
    escalation.acknowledged_by, escalation.acknowledged_at = has_it, now
    escalation.next_step_at = escalation.snoozed_until = escalation.ended_at = None
    set_ack_end(escalation, ack_end(escalation, now), now)
    save_afresh(escalation)
    record(escalation, EventKind.ACKNOWLEDGED, actor=actor, now=now, by=str(said_by))
    drop_waiting(escalation, note=Note.ANSWERED, now=now)
    why = {"by": str(has_it), "at": now.isoformat()}
    tell_paged(escalation, NotificationKind.TAKEN, why=why, now=now, but={said_by.pk, *answered})
    unfold(escalation, now)
    escalation_acknowledged.send(
        sender=Escalation, escalation=escalation, membership=said_by, actor=actor, now=now
    )


def ack_end(escalation: Escalation, now: datetime) -> datetime | None:
    if escalation.ack_minutes is None:
        return None
    return now + timedelta(minutes=escalation.ack_minutes)


def set_ack_end(escalation: Escalation, ends_at: datetime | None, now: datetime) -> None:
    """When the acknowledgement runs out, and the reminder before it: none where that is past already."""
    escalation.ack_expires_at = ends_at
    remind_at = ends_at - grace_of(escalation) if ends_at is not None else None
    escalation.remind_at = remind_at if remind_at is not None and remind_at > now else None


def grace_of(escalation: Escalation) -> timedelta:
    """How long before the end whoever has it is asked: five minutes, at most a third of the whole."""
    if escalation.ack_minutes is None:
        return LONGEST_GRACE
    return min(LONGEST_GRACE, timedelta(minutes=escalation.ack_minutes) / 3)


def save_afresh(escalation: Escalation) -> None:
    """Saves after a change of state: whoever has a lease on the old state has it no more."""
    escalation.lease_until = escalation.lease_token = None
    escalation.claims = 0
    escalation.save()
