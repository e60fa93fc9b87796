"""The pager's own log: one row for each thing that happened on a ladder."""

from datetime import datetime
from typing import Any

from config.tenancy.actors import Actor
from oncall.card import storable
from oncall.models import Escalation, EscalationEvent


def record(escalation: Escalation, kind: str, *, actor: Actor, now: datetime, **detail: Any) -> None:
    """Inside the transaction of the deed. `detail` is stored as JSON, in plain words and ids."""
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
