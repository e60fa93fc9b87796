"""Which service or source cries wolf most: where to go and mend it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from incidents.figures.totals import Total
from incidents.models import Alert, AlertSource, CancelReason, Phase, Service

FALSE = Q(incident__phase=Phase.CANCELLED, incident__cancel_reason=CancelReason.FALSE_ALARM)


@dataclass(frozen=True)
class Crier:
    """A service or a source with its false alarms, out of all incidents it opened or joined."""

    what: Service | AlertSource
    false_alarms: int
    opened: int

    @property
    def share(self) -> float:
        return self.false_alarms / self.opened


def services_ranked(by_service: Mapping[int | None, Total], services: list[Service]) -> list[Crier]:
    """The worst first. No statement: the totals know."""
    found = [
        Crier(service, total.false_alarms, total.opened)
        for service in services
        if (total := by_service.get(service.pk)) and total.false_alarms
    ]
    return sorted(found, key=_worst_first)


def sources_ranked(incidents: QuerySet[Any]) -> list[Crier]:
    """The worst first, by the alerts that hang on those incidents. Two statements."""
    rows = (
        Alert.objects.filter(incident__in=incidents.order_by())
        .order_by()
        .values("source_id")
        .annotate(
            opened=Count("incident_id", distinct=True),
            false_alarms=Count("incident_id", distinct=True, filter=FALSE),
        )
        .filter(false_alarms__gt=0)
    )
    counted = {row["source_id"]: (row["false_alarms"], row["opened"]) for row in rows}
    # The key of a source is no figure.
    sources = AlertSource.objects.filter(pk__in=counted).defer("key")
    return sorted((Crier(source, *counted[source.pk]) for source in sources), key=_worst_first)


def _worst_first(crier: Crier) -> tuple[int, float, str]:
    return (-crier.false_alarms, -crier.share, str(crier.what))
