"""Office hours and promised updates of an incident."""

from datetime import datetime, timedelta

from incidents.models import Incident, Severity
from incidents.office_hours import OfficeHours

# Where the scale says nothing: what an unknown severity promises.
USUAL_UPDATE = timedelta(minutes=60)


def office_hours_of(incident: Incident) -> OfficeHours:
    """Those of the service's team, else Monday to Friday, nine to five, in the tenant's zone."""
    if incident.service is None:
        return OfficeHours(incident.tenant.zone)
    team = incident.service.team
    days = frozenset(int(day) for day in team.office_days)
    return OfficeHours(team.zone, days, team.office_start, team.office_end)


def next_update_for(incident: Incident, now: datetime) -> datetime:
    """When the next word is due by default: the severity's minutes, else the next office day at noon."""
    severity: Severity | None = incident.severity
    if severity is None:
        return now + USUAL_UPDATE
    if severity.update_minutes is not None:
        return now + timedelta(minutes=severity.update_minutes)
    return office_hours_of(incident).next_day_at(now) or now + timedelta(days=1)
