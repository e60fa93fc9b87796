"""The office opens: what paged with low urgency in the night, and nobody has, pages with high."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.deadlines import Deadlines
from incidents.models import Call, EntryKind, Incident
from incidents.models.call import FIRST_CALLS
from incidents.operations.ladders import page_again
from incidents.operations.locking import lock_incident
from incidents.operations.timeline import record
from incidents.operations.urgency import RISES
from oncall.models import Escalation, EscalationState
from oncall.models.escalation import UNDO_WITHIN

A_MOMENT = timedelta(seconds=1)


def _rise(incident_id: int, now: datetime) -> bool:
    """From the first step, and said why. Not where it is held, or a monitor has quieted it.

    Where somebody has it, or snoozed it, it rises when that has run out: it would page again, and low.
    """
    with acting(ENGINE, now=now, reason="office hours began"):
        incident = lock_incident(incident_id=incident_id).incident
        if incident.rises_at is None or incident.rises_at > now:
            return False
        ladder = _first_ladder(incident)
        incident.rises_at = _looked_at_again(ladder, now)
        incident.save()
        unanswered = ladder is not None and ladder.is_unanswered
        if incident.is_open and incident.held_until is None and unanswered:
            text = _("Office hours began: high urgency from now on, paged again")
            record(incident=incident, kind=EntryKind.URGENCY, text=text, actor=ENGINE, now=now)
            page_again(incident=incident, actor=ENGINE, now=now)
    return True


def _looked_at_again(ladder: Escalation | None, now: datetime) -> datetime | None:
    """When it may page again by itself: later than `now`, also where the pager is late with its own part.

    An acknowledgement without end can still be given back, for as long as an undo works.
    """
    if ladder is None or ladder.state not in (EscalationState.SNOOZED, EscalationState.ACKNOWLEDGED):
        return None
    if ladder.state == EscalationState.SNOOZED:
        again = ladder.snoozed_until
    elif (again := ladder.ack_expires_at) is None:
        again = (ladder.acknowledged_at or now) + UNDO_WITHIN
        return again if again > now else None
    return again if again is None or again > now else now + A_MOMENT


def _first_ladder(incident: Incident) -> Escalation | None:
    calls = Call.objects.filter(incident=incident, kind__in=FIRST_CALLS).select_related("escalation")
    call = calls.order_by("escalation_id").last()
    return call.escalation if call else None


WORK = Deadlines(RISES, Incident, "rises_at", _rise).due_work()
