"""The figures of one incident. Two statements, one where no customer said anything."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from incidents.measures import Interval, Measures, Moments, intervals, measures_of
from incidents.models import EntryKind, FoundBy, Incident, SeverityChange, TimelineEntry


@dataclass(frozen=True)
class Figures:
    measures: Measures
    severities: tuple[Interval, ...]


def figures_of(incident: Incident, *, now: datetime) -> Figures:
    """What is measured of `incident` so far."""
    over_at = incident.resolved_at or incident.cancelled_at or incident.merged_at or now
    changes = SeverityChange.objects.filter(incident=incident).order_by("begins_at", "id")
    rows = changes.values_list("severity__word", "severity__rank", "provisional", "begins_at", "ends_at")
    return Figures(
        measures=measures_of(moments_of(incident, first_report_of(incident))),
        severities=intervals(list(rows), over_at=over_at),
    )


def first_report_of(incident: Incident) -> datetime | None:
    """When the first customer's case was, as far as the timeline knows: late entries say earlier moments."""
    if not incident.cases or incident.found_by == FoundBy.CUSTOMER:
        return None
    entries = TimelineEntry.objects.filter(incident=incident, kind=EntryKind.CASE)
    first: datetime | None = entries.aggregate(at=Min("occurred_at"))["at"]
    return first


def moments_of(incident: Incident, first_report_at: datetime | None) -> Moments:
    return Moments(
        phase=incident.phase,
        declared_at=incident.declared_at,
        found_by=incident.found_by,
        cases=incident.cases,
        first_report_at=first_report_at,
        started_at=incident.started_at,
        confirmed_at=incident.confirmed_at,
        acknowledged_at=incident.acknowledged_at,
        channels_ready_at=incident.channels_ready_at,
        assessed_at=incident.assessed_at,
        first_internal_at=incident.first_internal_at,
        first_external_at=incident.first_external_at,
        impact_over_at=incident.impact_over_at,
        resolved_at=incident.resolved_at,
    )
