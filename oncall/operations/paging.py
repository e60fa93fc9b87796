"""Calls for help: beginning a ladder, beginning it again, changing the words on its card."""

from collections.abc import Sequence
from datetime import datetime

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from oncall.card import Card
from oncall.models import Escalation, EscalationPolicy
from oncall.operations.answering import (
    acknowledge,
    pass_on,
    renew_ack,
    snooze,
    stop,
    undo_acknowledge,
)

__all__ = [
    "acknowledge",
    "page_people",
    "pass_on",
    "renew_ack",
    "restart",
    "snooze",
    "start_escalation",
    "stop",
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

    `urgency` is "high" or "low". `message` is what a person who calls a team in wants to say. `ack_minutes` is
    how long an acknowledgement lasts; None for ever. A second call starts a second ladder. Needs oncall.respond.
    """
    raise NotImplementedError


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
    """Calls these persons in at once: a ladder of one step, once repeated. Needs oncall.respond.

    Raises Membership.DoesNotExist for another tenant's person.
    """
    raise NotImplementedError


def restart(*, escalation_id: int, card: Card, actor: Actor, now: datetime) -> Escalation:
    """Pages from the first step again, in whatever state it was (severity raised, reopened). Needs oncall.respond.

    The snapshot stays that of the start. A card of a worse severity words the pages as "raised".
    """
    raise NotImplementedError


def update_card(*, escalation_id: int, card: Card, actor: Actor, now: datetime) -> Escalation:
    """New words for pages still to come; pages nobody. A second call is free. Needs oncall.respond."""
    raise NotImplementedError
