"""Somebody has it, says the monitor (PagerDuty's `acknowledge`): the ladder stops, and it is not over."""

from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from incidents.models import Alert, AlertStatus, EntryKind
from incidents.operations.behalf import on_behalf
from incidents.operations.locking import lock_incident
from incidents.operations.timeline import record
from oncall.operations import paging


def quiet_ladders(*, incident_id: int, actor: Actor, now: datetime) -> None:
    """Stops what pages for the incident, once none of its alerts is left that nobody has.

    Who was called in by hand is still called. A ladder somebody answered is left as it is. A new or worse
    alert pages again.
    """
    locked = lock_incident(incident_id=incident_id)
    if Alert.objects.filter(incident=locked.incident, status=AlertStatus.TRIGGERED).exists():
        return
    words = _("Acknowledged in %(source)s") % {"source": actor.label}
    for call in locked.calls:
        if call.is_first and locked.escalations[call.escalation_id].is_unanswered:
            paging.stop(escalation_id=call.escalation_id, reason=words, actor=on_behalf(actor), now=now)
    record(incident=locked.incident, kind=EntryKind.ACKNOWLEDGED, text=words, actor=actor, now=now)
