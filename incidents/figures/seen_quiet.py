"""Which alerts cry wolf, by source and name: how often, for nothing, and how many pages at night it cost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Max, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from config.tenancy.models import Membership
from incidents.models import Alert, Call, CancelReason, Phase
from incidents.operations.seeing import is_visible
from oncall.operations.load import night_pages

# Among so many of the newest: no index helps to count by what a label says.
MOST_ALERTS = 20_000
SHOWN = 50
FOR_NOTHING = Q(
    incident__phase=Phase.CANCELLED,
    incident__cancel_reason__in=[CancelReason.FALSE_ALARM, CancelReason.RECOVERED],
)


@dataclass(frozen=True)
class Noise:
    """Alerts of one source and one name (the label alertname, else the title).

    `opened` is how many incidents they were part of, `for_nothing` how many of those were false alarms or
    recovered by themselves, `nights` the pages that rang in somebody's own night for those.
    """

    name: str
    fired: int
    opened: int
    for_nothing: int
    nights: int
    latest: Alert

    @property
    def source(self) -> str:
        return str(self.latest.source)

    @property
    def percent(self) -> int:
        return round(100 * self.for_nothing / self.opened) if self.opened else 0


def noisy(since: datetime, *, membership: Membership | None) -> list[Noise]:
    """The worst first: by pages at night, then by how often for nothing. At most four statements."""
    rows = (
        _alerts(since, membership)
        .filter(incident__isnull=False)
        .values("source_id", "name")
        .annotate(
            fired=Count("pk"),
            latest=Max("pk"),
            opened=Count("incident_id", distinct=True),
            for_nothing=Count("incident_id", distinct=True, filter=FOR_NOTHING),
            incidents=ArrayAgg("incident_id", distinct=True, filter=FOR_NOTHING),
        )
        .filter(for_nothing__gt=0)
        .order_by("-for_nothing", "source_id", "name")[:SHOWN]
    )
    found = _noise(list(rows))
    return sorted(found, key=lambda one: (-one.nights, -one.for_nothing, one.name))


def quiet(since: datetime, *, membership: Membership | None) -> list[Noise]:
    """What was of no incident: suppressed, a test, under maintenance. The most frequent first."""
    rows = (
        _alerts(since, membership)
        .filter(incident=None)
        .values("source_id", "name", "suppressed", "is_test")
        .annotate(fired=Count("pk"), latest=Max("pk"))
        .order_by("-fired", "source_id", "name")[:SHOWN]
    )
    return _noise(list(rows))


def _alerts(since: datetime, membership: Membership | None) -> QuerySet[Any]:
    newest = Alert.objects.order_by("-id").values("pk")[:MOST_ALERTS]
    rows = Alert.objects.filter(pk__in=newest, first_seen__gte=since).order_by()
    rows = rows.filter(is_visible(membership))
    return rows.annotate(
        name=Coalesce(KeyTextTransform("alertname", "labels"), F("title"), output_field=TextField())
    )


def _noise(rows: list[dict[str, Any]]) -> list[Noise]:
    latest = Alert.objects.filter(pk__in=[row["latest"] for row in rows])
    alerts = {alert.pk: alert for alert in latest.select_related("source").defer("payload", "source__key")}
    nights = _nights({pk for row in rows for pk in row.get("incidents") or ()})
    return [
        Noise(
            name=row["name"] or "–",
            fired=row["fired"],
            opened=row.get("opened", 0),
            for_nothing=row.get("for_nothing", 0),
            nights=sum(nights.get(pk, 0) for pk in row.get("incidents") or ()),
            latest=alerts[row["latest"]],
        )
        for row in rows
    ]


def _nights(incidents: set[int]) -> dict[int, int]:
    """{incident id: pages that rang in somebody's night}. Two statements, none without incidents."""
    if not incidents:
        return {}
    calls = Call.objects.filter(incident__in=incidents)
    of = dict(calls.values_list("escalation_id", "incident_id"))
    found: dict[int, int] = {}
    for escalation, pages in night_pages(of).items():
        found[of[escalation]] = found.get(of[escalation], 0) + pages
    return found
