"""The storm guard: from so many new incidents of a service within a minute on, further alerts join one.

It pages once, says how many it gathers, and ends like any incident. The guard counts what opened and what the
storm took in within the last minute, so that a storm that goes on opens nothing more (ONCALL 4.8).
"""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count
from django.utils.translation import gettext as _

from incidents.limits import A_MINUTE, STORM_PER_MINUTE
from incidents.models import Alert, EntryKind, FoundBy, Incident, Service, TimelineEntry
from incidents.operations.homes import ServiceId


@dataclass
class Guard:
    """How many incidents each service may still open."""

    begun: Counter[ServiceId] = field(default_factory=Counter)

    def may_open(self, service: Service | None) -> bool:
        """Counts it, where it may."""
        pk = service.pk if service is not None else None
        most = service.storm_per_minute if service is not None else STORM_PER_MINUTE
        if self.begun[pk] >= most:
            return False
        self.begun[pk] += 1
        return True


def guard_for(services: Collection[ServiceId], storms: dict[ServiceId, Incident], now: datetime) -> Guard:
    """One query, and another where a storm is open."""
    since = now - A_MINUTE
    opened = Incident.objects.filter(declared_at__gt=since, found_by=FoundBy.MONITORING).order_by()
    counted = opened.values("service_id").annotate(count=Count("pk")).values_list("service_id", "count")
    begun = Counter({pk: count for pk, count in counted if pk in services})
    if storms:
        entries = TimelineEntry.objects.filter(
            incident__in=storms.values(), kind=EntryKind.ALERT, recorded_at__gt=since
        )
        gathered = Counter[int]()
        for incident_id, data in entries.values_list("incident_id", "data"):
            gathered[incident_id] += int(data.get("joined", 0))
        for pk, storm in storms.items():
            begun[pk] += gathered[storm.pk]
    return Guard(begun)


def storm_words(service: Service | None, source_name: str, count: int) -> str:
    name = service.name if service is not None else source_name
    return _("Storm: %(count)d alerts of %(name)s") % {"count": count, "name": name}


def count_on(storm: Incident, source_name: str) -> str:
    """The words of the locked storm with the alerts that hang on it now; its own where people wrote them.

    One query.
    """
    if not _is_ours(storm, source_name):
        return storm.summary
    count = Alert.objects.filter(incident=storm).count()
    return storm_words(storm.service, source_name, count)[:300]


def _is_ours(storm: Incident, source_name: str) -> bool:
    counts = re.findall(r"[0-9]+", storm.summary)
    return any(storm_words(storm.service, source_name, int(one))[:300] == storm.summary for one in counts)
