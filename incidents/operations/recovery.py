"""What recovers by itself: unconfirmed, at least one alert, all clear for ten minutes (DESIGN).

Confirmed incidents are resolved by people only, and so is what holds, or held, an alert in which others came
together over a limit: of those nobody knows whether they still fire, a post may have come once. The deadline
is a column, `Incident.recovered_due_at`.
"""

from datetime import datetime, timedelta

import structlog
from django.db.models import Exists, OuterRef

from config import doorbell
from config.tenancy.actors import ENGINE, Actor
from config.tenancy.audit import acting
from config.tenancy.deadlines import BATCH, Deadlines
from config.tenancy.scoping import all_tenants, tenant_scope
from incidents.limits import FLAPPING, OVER_LIMIT
from incidents.models import OPEN_PHASES, Alert, AlertStatus, CancelReason, Incident, MaintenanceMode
from incidents.operations.cancelling import cancel
from incidents.operations.locking import lock_incident

log = structlog.get_logger(__name__)

CLEAR_FOR = timedelta(minutes=10)
# What has flapped is waited for longer: else it would be cancelled and page anew every quarter of an hour.
FLAPPING_CLEAR_FOR = timedelta(minutes=30)
DUE_WORK = "incidents.recovered"


def settle(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """After its alerts changed: sets the deadline when all are clear, takes it away when one fires.

    The incident is locked. A second call changes nothing. One query, and a save where it changes; another
    where it becomes clear.
    """
    due = (incident.recovered_due_at or now + _clear_for(incident)) if _is_clear(incident) else None
    if due != incident.recovered_due_at:
        with acting(actor, now=now):
            incident.recovered_due_at = due
            incident.save()
        if due is not None:
            doorbell.ring(DUE_WORK)
    return incident


def _is_clear(incident: Incident) -> bool:
    if not incident.is_open or incident.confirmed_at is not None:
        return False
    if incident.service is not None and not (incident.service.recovers_alone or _is_recorded_only(incident)):
        return False
    statuses = set(Alert.objects.filter(incident=incident).values_list("status", flat=True).distinct())
    return statuses == {AlertStatus.RESOLVED} and not gathered_over_limit(incident)


def gathered_over_limit(incident: Incident) -> bool:
    """Whether alerts that nobody saw one by one hang there, or did. One query."""
    return bool(Alert.objects.filter(incident=incident, dedup_key__startswith=OVER_LIMIT).exists())


def _clear_for(incident: Incident) -> timedelta:
    flapping = Alert.objects.filter(incident=incident, flaps__gte=FLAPPING).exists()
    return FLAPPING_CLEAR_FOR if flapping else CLEAR_FOR


def _is_recorded_only(incident: Incident) -> bool:
    """In a maintenance that only records, it closes by itself whatever the service says."""
    window = incident.maintenance if incident.held_until is not None else None
    return window is not None and window.mode == MaintenanceMode.RECORD_ONLY


# --- due work -----------------------------------------------------------------------------------------------
def _cancel_if_clear(incident_id: int, now: datetime) -> bool:
    """Cancels what is due and still clear."""
    with acting(ENGINE, now=now):
        incident = lock_incident(incident_id=incident_id).incident
        if incident.recovered_due_at is None or incident.recovered_due_at > now:
            return False
        if _is_clear(incident):
            cancel(incident=incident, reason=CancelReason.RECOVERED, actor=ENGINE, now=now)
        else:
            settle(incident=incident, actor=ENGINE, now=now)
        return True


def repair(now: datetime) -> int:
    """Gives those a deadline that should have one: open, unconfirmed, had alerts, all clear."""
    with all_tenants("repair recovered"):
        alerts = Alert.objects.filter(incident=OuterRef("pk"))
        rows = Incident.objects.filter(
            Exists(alerts),
            ~Exists(alerts.exclude(status=AlertStatus.RESOLVED)),
            ~Exists(alerts.filter(dedup_key__startswith=OVER_LIMIT)),
            phase__in=OPEN_PHASES,
            confirmed_at=None,
            recovered_due_at=None,
            tenant__closed_at=None,
        ).exclude(service__recovers_alone=False)
        lost = list(rows.values_list("tenant_id", "pk")[:BATCH])
    for tenant_id, pk in lost:
        with tenant_scope(tenant_id), acting(ENGINE, now=now):
            settle(incident=lock_incident(incident_id=pk).incident, actor=ENGINE, now=now)
            log.warning("recovery_deadline_was_missing", incident=pk)
    return len(lost)


DEADLINES = Deadlines(DUE_WORK, Incident, "recovered_due_at", _cancel_if_clear)
RECOVERED = DEADLINES.due_work(repair)
