"""Office hours and promised updates of an incident."""

from datetime import date, datetime, timedelta

from django.db.models import Q

from config.tenancy.models import Team
from incidents.models import Incident, Severity
from incidents.office_hours import OfficeHours
from oncall.models import Holiday

# Where the scale says nothing: what an unknown severity promises.
USUAL_UPDATE = timedelta(minutes=60)


def office_hours_of(incident: Incident, now: datetime) -> OfficeHours:
    """Those of the service's team, else Monday to Friday, nine to five, in the tenant's zone; closed on the
    holidays of that team and of everybody, from yesterday on. One query.
    """
    if incident.service is None:
        return OfficeHours(incident.tenant.zone, holidays=holidays_of(None, now))
    team = incident.service.team
    days = frozenset(int(day) for day in team.office_days)
    return OfficeHours(team.zone, days, team.office_start, team.office_end, holidays_of(team, now))


def holidays_of(team: Team | None, now: datetime) -> frozenset[date]:
    """The days from two before `now` on (a shift may have begun the day before, in any zone). One query."""
    theirs = Q(team__isnull=True) if team is None else Q(team__isnull=True) | Q(team=team)
    rows = Holiday.objects.filter(theirs, day__gte=now.date() - timedelta(days=2))
    return frozenset(rows.values_list("day", flat=True))


def next_update_for(incident: Incident, now: datetime) -> datetime:
    """When the next word is due by default: the severity's minutes, else the next office day at noon."""
    severity: Severity | None = incident.severity
    if severity is None:
        return now + USUAL_UPDATE
    if severity.update_minutes is not None:
        return now + timedelta(minutes=severity.update_minutes)
    return office_hours_of(incident, now).next_day_at(now) or now + timedelta(days=1)
