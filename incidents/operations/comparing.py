"""What a report is beside the alert that is there: worse, a repeat, the same again. No queries, no locks."""

from datetime import datetime, timedelta

from incidents.adapters import Action, IncomingAlert
from incidents.limits import FLAPS_WITHIN
from incidents.models import Alert, AlertSeverity, AlertSource, Phase

OVER = (Phase.RESOLVED, Phase.CLOSED, Phase.CANCELLED)
# The step of the tenant's scale a source's word stands for.
RANKS = {AlertSeverity.CRITICAL: 1, AlertSeverity.ERROR: 2, AlertSeverity.WARNING: 3, AlertSeverity.INFO: 3}
MOST_FLAPS = 30_000


def rank_of(word: str) -> int:
    return RANKS[AlertSeverity(word)]


def is_worse(incoming: IncomingAlert, alert: Alert) -> bool:
    """Than its source ever said of it."""
    return rank_of(incoming.severity) < rank_of(alert.said_severity)


def is_repeat(alert: Alert, incoming: IncomingAlert) -> bool:
    """Nothing but counting: no incident has to be looked at for it. `alert` is open."""
    if incoming.action != Action.TRIGGER or alert.suppressed or alert.is_test != incoming.is_test:
        return False
    quiet = alert.incident is None or alert.incident.phase not in OVER or keeps_quiet(alert)
    return quiet and not is_worse(incoming, alert)


def can_reopen(alert: Alert, source: AlertSource, at: datetime) -> bool:
    """A cleared alert fires again at `at`. What hangs on an ended incident stays there: that is a new one."""
    if not source.reopen_minutes or alert.resolved_at is None or alert.is_test or alert.suppressed:
        return False
    if at - alert.resolved_at > timedelta(minutes=source.reopen_minutes):
        return False
    incident = alert.incident
    return alert.pk is None or (incident is not None and incident.is_open and not incident.private)


def keeps_quiet(alert: Alert) -> bool:
    """Its incident was a false alarm: it counts, and wakes nobody, until it clears or gets worse."""
    incident = alert.incident
    return incident is not None and incident.phase == Phase.CANCELLED and incident.quiet_rank is not None


def has_ended(alert: Alert, *, worse_than: int) -> bool:
    """Its incident is over, and does not keep what is no worse quiet. `worse_than`: the rank it is now."""
    incident = alert.incident
    if incident is None or incident.phase not in OVER:
        return False
    return not keeps_quiet(alert) or worse_than < (incident.quiet_rank or 0)


def flaps_after(last: Alert, at: datetime) -> int:
    """Of an alert that fires at `at`, after the last of its key."""
    soon = last.resolved_at is not None and at - last.resolved_at <= FLAPS_WITHIN
    return min(last.flaps + 1, MOST_FLAPS) if soon and not last.is_test else 0
