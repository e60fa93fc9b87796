"""How urgently an incident pages: by its severity, and by its service inside and outside office hours.

| severity | service "high" | service "low" | "office", open | "office", closed |
|---|---|---|---|---|
| the worst (SEV1) | high | high | high | high |
| one that pages, or unknown | high | low | high | low, and high once the office opens |
| one that answers in office hours (held until then) | low | low | low | low |
"""

from datetime import datetime, timedelta

from config import doorbell
from incidents.known import UNKNOWN_RANK
from incidents.models import Incident, Service, ServiceUrgency
from incidents.operations.hours import office_hours_of
from oncall.models.escalation import ACK_LASTS

RISES = "incidents.rises"
WORST = 1


def urgency_of(incident: Incident) -> str:
    """By the severity alone: how whoever is called in further by somebody is paged."""
    severity = incident.severity
    return "high" if severity is None or severity.rank == WORST or severity.pages else "low"


def first_urgency(incident: Incident, now: datetime) -> str:
    """Of the incident's own ladder: "high" or "low". One query for a service that follows the office."""
    return "low" if urgency_of(incident) == "low" or _is_lowered(incident, now) else "high"


def follow_office(incident: Incident, now: datetime) -> str:
    """`first_urgency`, and the moment at which it rises: stored where there is one, taken away where not.

    The incident is locked, inside the caller's transaction.
    """
    urgency = first_urgency(incident, now)
    rises_at = _rises_at(incident, now) if urgency == "low" else None
    if rises_at != incident.rises_at:
        incident.rises_at = rises_at
        incident.save()
        if rises_at is not None:
            doorbell.ring(RISES)
    return urgency


def rise_if_open(incident: Incident, now: datetime) -> None:
    """Given back after the office opened: it rises at once, not when the acknowledgement would have run out.

    The incident is locked, inside the caller's transaction.
    """
    if incident.rises_at is not None and incident.rises_at > now and _rises_at(incident, now) is None:
        incident.rises_at = now
        incident.save()
        doorbell.ring(RISES)


def ack_minutes_of(service: Service | None) -> int | None:
    """How long an acknowledgement lasts; None: it does not run out."""
    return service.ack_minutes if service is not None else ACK_LASTS // timedelta(minutes=1)


def _is_lowered(incident: Incident, now: datetime) -> bool:
    service = incident.service
    if service is None or _rank(incident) == WORST or service.urgency == ServiceUrgency.HIGH:
        return False
    return service.urgency == ServiceUrgency.LOW or _rises_at(incident, now) is not None


def _rises_at(incident: Incident, now: datetime) -> datetime | None:
    """None where the office is open, never opens, or the service does not follow it."""
    service = incident.service
    follows = service is not None and service.urgency == ServiceUrgency.OFFICE
    if not follows or urgency_of(incident) == "low":
        return None
    hours = office_hours_of(incident, now)
    return None if hours.is_open(now) else hours.next_start(now)


def _rank(incident: Incident) -> int:
    return incident.severity.rank if incident.severity else UNKNOWN_RANK
