"""Which open incidents alerts may join: of their group, of their service, the storm of their service. Reads.

Private ones are never joined: their circle was not paged for this, and those who would be may not see them.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from incidents.grouping import SERVICE
from incidents.models import OPEN_PHASES, Alert, AlertSource, Incident, Service
from incidents.operations.comparing import rank_of

# A service's id; None: none, and then only what alerts of the same source opened.
ServiceId = int | None


@dataclass(frozen=True)
class Homes:
    """Open incidents, unlocked, with their service loaded."""

    of_group: dict[str, Incident] = field(default_factory=dict)
    of_service: dict[ServiceId, Incident] = field(default_factory=dict)
    storms: dict[ServiceId, Incident] = field(default_factory=dict)
    # By the incident's id, where it was asked for: the rank of the worst that was ever said there.
    worst: dict[int, int] = field(default_factory=dict)

    @property
    def ids(self) -> set[int]:
        known = (self.of_group, self.of_service, self.storms)
        return {incident.pk for kind in known for incident in kind.values()}


def find_homes(
    source: AlertSource, *, keys: Collection[str], services: Collection[Service | None], now: datetime
) -> Homes:
    """Two queries at most, however many."""
    of_service, storms = _of_services(source, services, now)
    return Homes(_of_groups(keys, now), of_service, storms)


def with_worst(homes: Homes, keys: Collection[str]) -> Homes:
    """Knows of the homes of these groups how bad what hangs there is. One query, none without any."""
    ids = {home.pk for key in keys if (home := homes.of_group.get(key)) is not None}
    if not ids:
        return homes
    rows = Alert.objects.filter(incident__in=ids).order_by().values_list("incident_id", "said_severity")
    worst: dict[int, int] = {}
    for incident_id, said in rows.distinct():
        worst[incident_id] = min(rank_of(said), worst.get(incident_id, rank_of(said)))
    return replace(homes, worst=worst)


def _of_groups(keys: Collection[str], now: datetime) -> dict[str, Incident]:
    """By the alerts that hang there now: one that was merged into another brings its group along."""
    if not keys:
        return {}
    rows = Alert.objects.filter(
        group_key__in=keys, incident__phase__in=OPEN_PHASES, incident__private=False
    ).select_related("incident__service", "incident__severity")
    newest = rows.order_by("group_key", "-incident_id").distinct("group_key")
    found = {alert.group_key: alert.incident for alert in newest}
    return {
        key: incident for key, incident in found.items() if incident.gathers_storm or _lasts(incident, now)
    }


def _lasts(incident: Incident, now: datetime) -> bool:
    begun = since(incident.service, now)
    return begun is None or incident.declared_at > begun


def since(service: Service | None, now: datetime) -> datetime | None:
    """From when on its incidents take further alerts in; None: for as long as they are open."""
    minutes = service.grouping_minutes if service is not None else None
    return now - timedelta(minutes=minutes) if minutes else None


def _of_services(
    source: AlertSource, services: Collection[Service | None], now: datetime
) -> tuple[dict[ServiceId, Incident], dict[ServiceId, Incident]]:
    """The newest one without a group of its own, and the newest that gathers a storm."""
    if not services:
        return {}, {}
    wanted = Q()
    for service in services:
        wanted |= _of_service(source, service, now)
    rows = Incident.objects.filter(wanted, phase__in=OPEN_PHASES, private=False)
    newest = rows.select_related("service", "severity").order_by("service_id", "gathers_storm", "-id")
    found = list(newest.distinct("service_id", "gathers_storm"))
    storms = {one.service_id: one for one in found if one.gathers_storm}
    plain = {one.service_id: one for one in found if not one.gathers_storm}
    return storms | plain, storms


def _of_service(source: AlertSource, service: Service | None, now: datetime) -> Q:
    begun = since(service, now)
    plain = Q(group_key="", gathers_storm=False)
    if begun is not None:
        plain &= Q(declared_at__gt=begun)
    if service is not None:
        return Q(service_id=service.pk) & (plain | Q(gathers_storm=True))
    own = Alert.objects.filter(source=source, incident=OuterRef("pk"))
    return Q(Exists(own), service_id=None) & (plain | Q(gathers_storm=True))


def grouping_of(source: AlertSource, service: Service | None) -> tuple[str, list[str], str]:
    """What alerts of the source come together by at the service: grouping, names of labels, who says so."""
    if source.grouping:
        return source.grouping, source.grouping_labels, f"source {source.pk}"
    if service is not None:
        return service.grouping, service.grouping_labels, f"service {service.pk}"
    return SERVICE, [], ""
