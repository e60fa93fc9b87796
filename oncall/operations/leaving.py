"""Somebody left: what waited for them is not sent, and what they had goes on without them, at once."""

from datetime import datetime

from django.db.models import Q

from config import doorbell
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from oncall.models import Escalation, EscalationState, EventKind, Note, Notification, NotificationKind
from oncall.operations.answers import answers_of
from oncall.operations.events import record
from oncall.operations.locking import lock_escalations
from oncall.operations.restarting import begin_run
from oncall.operations.summons import drop_waiting


def let_go(*, membership: Membership, actor: Actor, now: datetime) -> None:
    """Drops the waiting pages of a person who has left. Whoever ended the membership was allowed to.

    A ladder that they had acknowledged pages from its first step, unless another of several has it as well;
    one that is waiting for them alone fires its next step now. Locks those ladders, in order of id.
    """
    with acting(actor, now=now):
        for escalation in lock_escalations(_concerned(membership)):
            drop_waiting(escalation, note=Note.LEFT, now=now, of=membership.pk)
            others = _others_who_have_it(escalation, membership)
            if escalation.state == EscalationState.ACKNOWLEDGED:
                if escalation.acknowledged_by_id == membership.pk:
                    _hand_over(escalation, membership, others, actor, now)
            elif escalation.state == EscalationState.PAGING and _called_alone(escalation, membership):
                _go_on(escalation, membership, actor, now)


def _concerned(membership: Membership) -> list[int]:
    had = Q(state=EscalationState.ACKNOWLEDGED, acknowledged_by=membership)
    called = Q(state__in=[EscalationState.PAGING, EscalationState.EXHAUSTED], pages__membership=membership)
    return list(
        Escalation.objects.filter(had | called).order_by("pk").values_list("pk", flat=True).distinct()
    )


def _called_alone(escalation: Escalation, membership: Membership) -> bool:
    """Whether the newest step called this person and nobody else."""
    newest = Notification.objects.filter(
        escalation=escalation,
        kind=NotificationKind.PAGE,
        created_at=escalation.last_step_at,
        membership__isnull=False,
    )
    return set(newest.values_list("membership_id", flat=True)) == {membership.pk}


def _others_who_have_it(escalation: Escalation, membership: Membership) -> list[Membership]:
    """Of several: without the answer of who left, which counts no more."""
    answers = answers_of(escalation)
    for answer in answers:
        if answer.membership_id == membership.pk:
            answer.delete()
    return [answer.membership for answer in answers if answer.membership_id != membership.pk]


def _hand_over(
    escalation: Escalation, membership: Membership, others: list[Membership], actor: Actor, now: datetime
) -> None:
    """To the next of several who has it; where there is none, it is paged again."""
    if not others:
        _give_back(escalation, membership, actor, now)
        return
    escalation.acknowledged_by = others[0]
    escalation.save(update_fields=["acknowledged_by"])
    words = {"by": str(membership), "to": [str(others[0])]}
    record(escalation, EventKind.REASSIGNED, actor=actor, now=now, **words)


def _give_back(escalation: Escalation, membership: Membership, actor: Actor, now: datetime) -> None:
    begin_run(escalation, now, reason="expired", detail=str(membership))
    record(escalation, EventKind.EXPIRED, actor=actor, now=now, by=str(membership))


def _go_on(escalation: Escalation, membership: Membership, actor: Actor, now: datetime) -> None:
    escalation.next_step_at = now
    escalation.lease_until = escalation.lease_token = None
    escalation.save(update_fields=["next_step_at", "lease_until", "lease_token"])
    record(escalation, EventKind.PASSED_ON, actor=actor, now=now, by=str(membership))
    doorbell.ring("oncall.steps")
