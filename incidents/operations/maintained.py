"""Which maintenance a service, an alert or an incident is in. Reads.

A window with conditions is about alerts: it holds for an alert that meets them all, and for an incident all
of whose open alerts do. What has no alert is never in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor, ActorKind
from incidents.conditions import all_words
from incidents.maintenance import Occurrence
from incidents.models import (
    Alert,
    AlertStatus,
    Incident,
    MaintenanceMode,
    MaintenanceService,
    MaintenanceWindow,
    Service,
)
from incidents.operations.routing_rules import seen_of
from incidents.routing import meets, read_conditions

# Of several at once the quietest holds.
QUIETEST_FIRST = [MaintenanceMode.SUPPRESS, MaintenanceMode.RECORD_ONLY, MaintenanceMode.NO_PAGE]
BY_HAND = (ActorKind.PERSON, ActorKind.LINK, ActorKind.KEY)
WORST = 1


@dataclass(frozen=True)
class Under:
    """A window and its occurrence that is under way."""

    window: MaintenanceWindow
    occurrence: Occurrence

    @property
    def until(self) -> datetime:
        return self.occurrence.end

    @property
    def suppresses(self) -> bool:
        return self.window.mode == MaintenanceMode.SUPPRESS

    @property
    def about_words(self) -> str:
        """Which alerts, where it is not about all: "alertname is like Disk*"."""
        return all_words(read_conditions(self.window.conditions))

    @property
    def until_words(self) -> str:
        """On the window's own clock: 04:00, or with the day where it ends another day than it began."""
        start, end = (moment.astimezone(self.window.zone) for moment in (self.occurrence.start, self.until))
        return f"{end:%H:%M}" if start.date() == end.date() else f"{end:%a %H:%M}"


def live_windows() -> "QuerySet[MaintenanceWindow]":
    """Those that are under way or still to come: few."""
    found: QuerySet[MaintenanceWindow] = MaintenanceWindow.objects.filter(next_change_at__isnull=False)
    return found


def windows_of(service: Service | None) -> "QuerySet[MaintenanceWindow]":
    """The live ones that concern it; without a service only those of all services."""
    theirs = Q(all_services=True)
    if service is not None:
        named = MaintenanceService.objects.filter(service=service)
        theirs |= Q(pk__in=named.values("window_id"))
    return live_windows().filter(theirs)


def under_maintenance(service: Service | None, now: datetime, alerts: Iterable[Alert] = ()) -> Under | None:
    """What holds for the service, and for all of `alerts` (each with its `source`). One query."""
    return _quietest_of(_under_way(service, now), list(alerts))


def incident_under(incident: Incident, now: datetime, alerts: Iterable[Alert] = ()) -> Under | None:
    """The same for an incident, by its open alerts; those that do not hang on it yet are given. One query,
    and another where a window has conditions.
    """
    found, given = _under_way(incident.service, now), list(alerts)
    if not given and any(under.window.conditions for under in found):
        given = open_alerts(incident)
    return _quietest_of(found, given)


def split_suppressed(
    service: Service | None, alerts: Iterable[Alert], now: datetime
) -> tuple[list[Alert], list[Alert]]:
    """Alerts that maintenance keeps from opening an incident, and the others. One query."""
    found = _under_way(service, now)
    kept: list[Alert] = []
    others: list[Alert] = []
    for alert in alerts:
        under = _quietest_of(found, [alert])
        (kept if under is not None and under.suppresses else others).append(alert)
    return kept, others


def open_alerts(incident: Incident) -> list[Alert]:
    rows = Alert.objects.filter(incident=incident).exclude(status=AlertStatus.RESOLVED)
    return list(rows.select_related("source"))


def is_about(window: MaintenanceWindow, alerts: Iterable[Alert]) -> bool:
    """Whether all of them meet its conditions, if it has any. None at all do not."""
    if not window.conditions:
        return True
    conditions, given = read_conditions(window.conditions), list(alerts)
    return bool(given) and all(meets(conditions, seen_of(alert, alert.source)) for alert in given)


def maintained_now(now: datetime) -> list[Under]:
    """Everything that is in maintenance at this moment, what ends first on top. Two queries."""
    windows = live_windows().prefetch_related("of__service")
    found = [Under(one, at) for one in windows if (at := one.occurrence_at(now)) is not None]
    return sorted(found, key=lambda under: under.until)


def covers(window: MaintenanceWindow) -> Q:
    """As a condition on rows with a `service`: incidents, alerts."""
    if window.all_services:
        return Q()
    named = MaintenanceService.objects.filter(window=window)
    return Q(service_id__in=named.values("service_id"))


def is_worst_by_hand(incident: Incident, actor: Actor) -> bool:
    """A person says that it is as bad as can be: maintenance keeps nobody from being paged for that."""
    severity = incident.severity
    return severity is not None and severity.rank == WORST and actor.kind in BY_HAND


def held_words(under: Under) -> str:
    words = {"time": under.until_words, "name": under.window.name}
    if under.window.mode == MaintenanceMode.RECORD_ONLY:
        return _("Recorded only: maintenance until %(time)s (%(name)s)") % words
    return _("Held: maintenance until %(time)s (%(name)s)") % words


def _under_way(service: Service | None, now: datetime) -> list[Under]:
    found = ((window, window.occurrence_at(now)) for window in windows_of(service))
    return [Under(window, occurrence) for window, occurrence in found if occurrence is not None]


def _quietest_of(found: list[Under], alerts: list[Alert]) -> Under | None:
    return min((under for under in found if is_about(under.window, alerts)), key=_quietest, default=None)


def _quietest(under: Under) -> tuple[int, float]:
    return QUIETEST_FIRST.index(MaintenanceMode(under.window.mode)), -under.until.timestamp()
