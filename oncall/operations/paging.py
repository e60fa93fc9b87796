"""Calls for help: beginning a ladder, beginning it again, changing the words on its card."""

from collections.abc import Sequence
from datetime import datetime

from config import doorbell
from config.tenancy.actors import Actor, ActorKind
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from oncall.card import Card, storable
from oncall.ladder import Ladder
from oncall.models import Escalation, EscalationPolicy, EventKind
from oncall.operations.answering import (
    acknowledge,
    pass_on,
    renew_ack,
    snooze,
    stop,
    undo_acknowledge,
)
from oncall.operations.events import record
from oncall.operations.locking import lock_escalation
from oncall.operations.reassigning import apply_policy, ladder_for, reassign
from oncall.operations.relieving import take_pager
from oncall.operations.restarting import restart
from oncall.operations.turns import ladder_of

__all__ = [
    "acknowledge",
    "apply_policy",
    "page_people",
    "pass_on",
    "reassign",
    "renew_ack",
    "restart",
    "snooze",
    "start_escalation",
    "stop",
    "take_pager",
    "undo_acknowledge",
    "update_card",
]


def start_escalation(
    *,
    card: Card,
    policy: EscalationPolicy,
    urgency: str,
    actor: Actor,
    now: datetime,
    message: str = "",
    ack_minutes: int | None = 30,
) -> Escalation:
    """Starts a ladder over a snapshot of `policy`; its first step fires within milliseconds, by the engine.

    `urgency` is "high" or "low". `message` is what a person who calls a team in wants to say. `ack_minutes`
    is how long an acknowledgement lasts; None for ever. A second call starts a second ladder. Needs
    oncall.view: everybody who belongs here may call for help. Four statements, more by policies within
    policies and where one is paged in turn.
    """
    actor.must("oncall.view")
    with acting(actor, now=now):
        return _start(
            card, ladder_of(policy), policy, urgency, actor, now, message=message, ack_minutes=ack_minutes
        )


def page_people(
    *,
    card: Card,
    memberships: Sequence[Membership],
    urgency: str,
    actor: Actor,
    now: datetime,
    message: str = "",
    ack_minutes: int | None = 30,
) -> Escalation:
    """Calls these persons in at once: a ladder of one step, once repeated. Needs oncall.view.

    Raises Membership.DoesNotExist for another tenant's person.
    """
    actor.must("oncall.view")
    climbed = ladder_for(memberships)
    with acting(actor, now=now):
        return _start(card, climbed, None, urgency, actor, now, message=message, ack_minutes=ack_minutes)


def _start(
    card: Card,
    climbed: Ladder,
    policy: EscalationPolicy | None,
    urgency: str,
    actor: Actor,
    now: datetime,
    *,
    message: str,
    ack_minutes: int | None,
) -> Escalation:
    by_a_person = actor.kind in {ActorKind.PERSON, ActorKind.LINK}
    escalation = Escalation(
        policy=policy,
        snapshot=climbed.as_json(),
        urgency=urgency,
        message=storable(message)[:500],
        called_by=actor.label[:200] if by_a_person and (message or policy is None) else "",
        started_at=now,
        next_step_at=now,
        ack_minutes=ack_minutes,
    )
    escalation.card = card
    escalation.save()
    record(escalation, EventKind.STARTED, actor=actor, now=now, policy=climbed.name)
    doorbell.ring("oncall.steps")
    return escalation


def update_card(*, escalation_id: int, card: Card, actor: Actor, now: datetime) -> Escalation:
    """New words for pages still to come; pages nobody. A second call is free. Needs oncall.view."""
    actor.must("oncall.view")
    with acting(actor, now=now):
        escalation = lock_escalation(escalation_id)
        if escalation.card != card:
            escalation.card = card
            escalation.save(update_fields=["card_stored", "severity_rank"])
        return escalation
