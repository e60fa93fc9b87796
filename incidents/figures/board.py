"""The figures of a period, whole, as the screen and the API show them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from config.tenancy.models import Membership, Team
from incidents.figures.false_alarms import Crier, services_ranked, sources_ranked
from incidents.figures.period import Period
from incidents.figures.totals import Totals, totals_of
from incidents.models import Incident, Service, Severity
from oncall.operations.load import Load, load_of


@dataclass(frozen=True)
class Chosen:
    """What the figures are of. None: all."""

    severity: Severity | None = None
    service: Service | None = None
    team: Team | None = None


@dataclass(frozen=True)
class Board:
    """`private` is how many incidents of the period the reader may not see, whatever was chosen: a number
    by severity or service would tell which.
    """

    period: Period
    chosen: Chosen
    totals: Totals
    severities: list[Severity]
    services: list[Service]
    false_services: list[Crier]
    false_sources: list[Crier]
    load: list[Load]
    private: int


def incidents_of(period: Period, chosen: Chosen, *, membership: Membership | None) -> QuerySet[Any]:
    """Those declared in the period that this person may read; a key reads no private one."""
    rows: QuerySet[Any] = _of(period).visible_to(membership)
    if chosen.severity is not None:
        rows = rows.filter(severity=chosen.severity)
    if chosen.service is not None:
        rows = rows.filter(service=chosen.service)
    if chosen.team is not None:
        rows = rows.filter(service__team=chosen.team)
    return rows


def board_of(period: Period, chosen: Chosen, *, membership: Membership | None) -> Board:
    """Eight statements, whatever happened. The load is of all incidents: nights have no severity."""
    incidents = incidents_of(period, chosen, membership=membership)
    totals = totals_of(incidents, period)
    services = list(Service.objects.all())
    return Board(
        period=period,
        chosen=chosen,
        totals=totals,
        severities=list(Severity.objects.all()),
        services=services,
        false_services=services_ranked(totals.by_service, services),
        false_sources=sources_ranked(incidents),
        load=load_of(begins_at=period.begins_at, ends_at=period.ends_at),
        private=_unseen(period, membership),
    )


def _of(period: Period) -> Any:
    return Incident.objects.filter(declared_at__gte=period.begins_at, declared_at__lt=period.ends_at)


def _unseen(period: Period, membership: Membership | None) -> int:
    private = _of(period).filter(private=True)
    if membership is None:
        return int(private.count())
    seen = private.visible_to(membership).values("pk")
    return int(private.exclude(pk__in=seen).count())
