"""An unconfirmed incident that nobody touched for long enough ends as "recovered by itself".

Per service, off by default (`Service.unconfirmed_end_after_hours`), and never a confirmed one. What people
do, and what monitors say that is news, touches it; the engine's own entries do not.
"""

from datetime import datetime, timedelta

from django.db.models import Max

from config import doorbell
from config.tenancy.actors import ENGINE, ActorKind
from config.tenancy.audit import acting
from config.tenancy.deadlines import Deadlines
from incidents.models import OPEN_PHASES, CancelReason, Incident, Service, TimelineEntry
from incidents.operations.cancelling import cancel
from incidents.operations.locking import lock_incident

DUE = "incidents.untouched"


def ends_after(service: Service | None, since: datetime) -> datetime | None:
    """When one that was last touched at `since` ends; None where the service lets it stand."""
    hours = service.unconfirmed_end_after_hours if service is not None else None
    return since + timedelta(hours=hours) if hours else None


def follow_untouched(service: Service) -> None:
    """The hours of a service have changed: its open unconfirmed incidents get the deadline, or lose it.

    Inside the caller's `acting`.
    """
    for pk in _unconfirmed(service):
        incident = lock_incident(incident_id=pk).incident
        incident.untouched_ends_at = ends_after(service, _last_touched(incident))
        incident.save()
    doorbell.ring(DUE)


def _end_if_untouched(incident_id: int, now: datetime) -> bool:
    with acting(ENGINE, now=now, reason="nobody touched it"):
        incident = lock_incident(incident_id=incident_id).incident
        if incident.untouched_ends_at is None or incident.untouched_ends_at > now:
            return False
        ends_at = None
        if incident.is_open and incident.confirmed_at is None:
            ends_at = ends_after(incident.service, _last_touched(incident))
        if ends_at is not None and ends_at <= now:
            cancel(incident=incident, reason=CancelReason.RECOVERED, actor=ENGINE, now=now)
        else:
            incident.untouched_ends_at = ends_at
            incident.save()
    return True


def _last_touched(incident: Incident) -> datetime:
    """One query."""
    entries = TimelineEntry.objects.filter(incident=incident).exclude(actor_kind=ActorKind.ENGINE)
    last: datetime | None = entries.aggregate(last=Max("recorded_at"))["last"]
    return max(incident.declared_at, last) if last else incident.declared_at


def _unconfirmed(service: Service) -> list[int]:
    rows = Incident.objects.filter(service=service, phase__in=OPEN_PHASES, confirmed_at=None)
    return list(rows.order_by("pk").values_list("pk", flat=True))


WORK = Deadlines(DUE, Incident, "untouched_ends_at", _end_if_untouched).due_work()
