"""What is kept for how long. What stands in no line of `KEPT` is kept for good."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q

from config.tenancy.models import KeptMail, OutgoingMail
from incidents.models import (
    OPEN_PHASES,
    Alert,
    AlertStatus,
    Change,
    InboundEvent,
    Incident,
    InternalMail,
    Once,
    Outcome,
    Phase,
    SourceMinute,
)

OVER = (Phase.CLOSED, Phase.CANCELLED, Phase.MERGED)


def _always() -> Q:
    return Q()


def _of_incidents(*phases: Phase) -> Q:
    return Q(Exists(Incident.objects.filter(pk=OuterRef("incident"), phase__in=phases)))


def _read() -> Q:
    return ~Q(outcome=Outcome.PENDING)


def _over() -> Q:
    """Clear, and of no incident that is open."""
    return Q(status=AlertStatus.RESOLVED) & ~_of_incidents(*OPEN_PHASES)


def _of_no_use() -> Q:
    """Nothing left to send; whom an incident was mailed to is read until it is over."""
    return Q(retry_at=None) & (Q(incident=None) | _of_incidents(*OVER))


def _sent() -> Q:
    return Q(due_at=None)


@dataclass(frozen=True)
class Kept:
    """Rows of `model` go `days` after their `column`, where `may_go()` holds as well. A null is not old.

    `born` is when a row was made, where `column` is something else: ids are in the order of that. `may_go` is
    asked in the tenant's scope, and joins nothing: a join could not be locked.
    """

    name: str
    model: Any
    column: str
    days: int
    may_go: Callable[[], Q] = _always
    born: str = ""
    of_tenants: bool = True


KEPT = (
    Kept("raw events", InboundEvent, "received_at", 30, _read),
    Kept("alerts", Alert, "resolved_at", 400, _over, born="first_seen"),
    Kept("changes", Change, "received_at", 400),
    Kept("events of minutes", SourceMinute, "minute", 2),
    Kept("forms that were sent", Once, "done_at", 30),
    Kept("internal mails", InternalMail, "created_at", 90, _of_no_use),
    Kept("mails about signing in", OutgoingMail, "created_at", 90, _sent, of_tenants=False),
    Kept("mails that were not sent", KeptMail, "kept_at", 90, of_tenants=False),
)
