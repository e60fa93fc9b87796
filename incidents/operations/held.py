"""What was held is due: office hours begin, or maintenance ends. Due work "incidents.held"."""

from datetime import datetime

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.deadlines import Deadlines
from incidents.models import Incident
from incidents.operations.holding import HELD, release
from incidents.operations.keeping_quiet import hold_for_maintenance, let_out
from incidents.operations.locking import lock_incident


def _page_if_still_held(incident_id: int, now: datetime) -> bool:
    """Pages what was held until now and is still open, unless somebody has it."""
    with acting(ENGINE, now=now, reason="office hours began"):
        incident = lock_incident(incident_id=incident_id).incident
        if incident.held_until is None or incident.held_until > now:
            return False
        if incident.maintenance_id is not None and incident.is_open:
            let_out(incident.pk, now)
        elif not (incident.is_open and incident.acknowledged_at is None):
            incident.held_until = None
            incident.save()
        elif not hold_for_maintenance(incident=incident, actor=ENGINE, now=now):
            release(incident=incident, actor=ENGINE, now=now)
    return True


WORK = Deadlines(HELD, Incident, "held_until", _page_if_still_held).due_work()
