"""What the pager says upwards. Called inside its transaction, with its one escalation locked.

From here only what comes later in the lock order may be locked: the incident, then its alerts. No other
escalation (so no renewing of acknowledgements).
"""

from datetime import datetime
from typing import Any

import structlog
from django.utils.translation import gettext as _

from config.tenancy.actors import ENGINE, Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from incidents.models import Call, EntryKind
from incidents.operations.advancing import follow
from incidents.operations.from_below import bring_in_line
from incidents.operations.locking import lock_incident_alone
from incidents.operations.taking import take
from incidents.operations.timeline import record
from oncall.models import Escalation
from oncall.signals import escalation_acknowledged, escalation_changed, escalation_exhausted

log = structlog.get_logger(__name__)


def on_acknowledged(
    sender: type[Escalation],
    escalation: Escalation,
    membership: Membership,
    actor: Actor,
    now: datetime,
    **kwargs: Any,
) -> None:
    """Somebody has it: manager, moment, alerts, timeline, and the label. Where several were asked, whoever
    answered first has it, and who answered last is told of.
    """
    call = _call_of(escalation)
    if call is None:
        return
    with acting(actor, now=now):
        incident = lock_incident_alone(incident_id=call.incident_id)
        if not incident.is_open:
            return
        first = escalation.acknowledged_by or membership
        take(incident=incident, membership=first, said_by=membership, call=call, actor=actor, now=now)
        follow(incident=incident, now=now)


def on_changed(
    sender: type[Escalation],
    escalation: Escalation,
    kind: str,
    detail: dict[str, Any],
    actor: Actor,
    now: datetime,
    **kwargs: Any,
) -> None:
    """Passed on, given, snoozed, kept or run out: the record says so, whoever did it and wherever."""
    call = _call_of(escalation)
    if call is not None:
        with acting(actor, now=now):
            bring_in_line(call=call, kind=kind, detail=detail, actor=actor, now=now)


def on_exhausted(sender: type[Escalation], escalation: Escalation, now: datetime, **kwargs: Any) -> None:
    """Nobody answered: loud on the record. The owners' mail is the pager's own."""
    call = _call_of(escalation)
    if call is None:
        return
    log.error("nobody_answered", incident_id=call.incident_id, call=call.uid)
    with acting(ENGINE, now=now):
        incident = lock_incident_alone(incident_id=call.incident_id)
        record(
            incident=incident,
            kind=EntryKind.EXHAUSTED,
            text=_("Nobody answered: %(who)s") % {"who": call.label},
            data={"call": call.uid},
            actor=ENGINE,
            now=now,
        )


def _call_of(escalation: Escalation) -> Call | None:
    """None for a ladder that belongs to no incident (a test of one's own pager)."""
    found: Call | None = Call.objects.filter(escalation=escalation).first()
    return found


def connect() -> None:
    escalation_acknowledged.connect(on_acknowledged, sender=Escalation, dispatch_uid="incidents.acknowledged")
    escalation_changed.connect(on_changed, sender=Escalation, dispatch_uid="incidents.changed")
    escalation_exhausted.connect(on_exhausted, sender=Escalation, dispatch_uid="incidents.exhausted")
