"""Which maintenance a service is in. Reads."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor, ActorKind
from incidents.maintenance import Occurrence
from incidents.models import Incident, MaintenanceMode, MaintenanceService, MaintenanceWindow, Service

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


def under_maintenance(service: Service | None, now: datetime) -> Under | None:
    """One query."""
    found = [
        Under(window, occurrence)
        for window in windows_of(service)
        if (occurrence := window.occurrence_at(now)) is not None
    ]
    return min(found, key=_quietest, default=None)


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


def _quietest(under: Under) -> tuple[int, float]:
    return QUIETEST_FIRST.index(MaintenanceMode(under.window.mode)), -under.until.timestamp()
