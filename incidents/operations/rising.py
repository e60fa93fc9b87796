"""The office opens: what paged with low urgency in the night, and nobody has, pages with high."""

from datetime import datetime

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


def _rise(incident_id: int, now: datetime) -> bool:
    """From the first step, and said why. Not where somebody has it, it is held, or a monitor has quieted it.

    Where somebody snoozed it, it rises when that is over.
    """
    with acting(ENGINE, now=now, reason="office hours began"):
        incident = lock_incident(incident_id=incident_id).incident
        if incident.rises_at is None or incident.rises_at > now:
            return False
        ladder = _first_ladder(incident)
        snoozed = ladder is not None and ladder.state == EscalationState.SNOOZED
        incident.rises_at = ladder.snoozed_until if snoozed and ladder is not None else None
        incident.save()
        unanswered = ladder is not None and ladder.is_unanswered
        if incident.is_open and incident.held_until is None and unanswered:
            text = _("Office hours began: high urgency from now on, paged again")
            record(incident=incident, kind=EntryKind.URGENCY, text=text, actor=ENGINE, now=now)
            page_again(incident=incident, actor=ENGINE, now=now)
    return True


def _first_ladder(incident: Incident) -> Escalation | None:
    calls = Call.objects.filter(incident=incident, kind__in=FIRST_CALLS).select_related("escalation")
    call = calls.order_by("escalation_id").last()
    return call.escalation if call else None


WORK = Deadlines(RISES, Incident, "rises_at", _rise).due_work()
