"""The pager's own log: one row for each thing that happened on a ladder."""

from datetime import datetime
from typing import Any

from config.tenancy.actors import Actor
from oncall.card import storable
from oncall.models import Escalation, EscalationEvent, EventKind
from oncall.signals import escalation_changed

# What goes up from here. An acknowledgement and an end without answer have signals of their own.
TOLD = frozenset(
    {EventKind.PASSED_ON, EventKind.REASSIGNED, EventKind.SNOOZED, EventKind.RENEWED, EventKind.EXPIRED}
)


def record(escalation: Escalation, kind: str, *, actor: Actor, now: datetime, **detail: Any) -> None:
    """Inside the transaction of the deed, once the ladder is as it will be. `detail` is stored as JSON, in
    plain words and ids. Sends escalation_changed for the kinds in TOLD.
    """
    EscalationEvent.objects.create(
        tenant_id=escalation.tenant_id,
        escalation=escalation,
        kind=kind,
        at=now,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_label=actor.label[:200],
        detail={name: storable(value) for name, value in detail.items()},
    )
    if kind in TOLD:
        escalation_changed.send(
            sender=Escalation, escalation=escalation, kind=kind, detail=detail, actor=actor, now=now
        )
