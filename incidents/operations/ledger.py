"""What reports do to the alerts of a source, gone through in order, in memory. No queries, no locks.

A report meets the one open alert of its (source, dedup_key), which the database keeps to one:

| report      | none open        | triggered    | acknowledged     | open, but its incident is over       |
|-------------|------------------|--------------|------------------|--------------------------------------|
| trigger     | new alert, joins | count + 1    | count + 1, quiet | closed, a new alert takes its place  |
| acknowledge | nothing          | acknowledged | nothing          | acknowledged                         |
| resolve     | nothing          | resolved     | resolved         | resolved                             |

"Over" is resolved, closed or cancelled. After a false alarm `Incident.quiet_rank` keeps what still fires
quiet (count + 1) until it clears or gets worse than that. Posts may be worked out of order: a trigger from
before the last all-clear, and a resolve from before the last trigger, are stale and do nothing. An alert of
no incident was kept quiet by maintenance: a trigger counts, a worse one is taken as a new alert.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from incidents.adapters import Action, IncomingAlert
from incidents.models import Alert, AlertSeverity, AlertSource, AlertStatus, Phase

OLDEST_START = timedelta(days=7)
OVER = (Phase.RESOLVED, Phase.CLOSED, Phase.CANCELLED)
# The step of the tenant's scale a source's word stands for.
RANKS = {AlertSeverity.CRITICAL: 1, AlertSeverity.ERROR: 2, AlertSeverity.WARNING: 3, AlertSeverity.INFO: 3}
# The fingerprint of what could not be read. Such alerts keep to themselves: an incident that somebody has in
# hand, or took for rubbish, must not swallow them, nor may they swallow what can be read.
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Report:
    """One alert as a monitor reported it, and when that came in."""

    incoming: IncomingAlert
    at: datetime


@dataclass
class Ledger:
    """`open` and `cleared_at` (when a key that is not open was last cleared) are read under lock.

    The rest is what came of the reports: `changed` rows are to be written, `fresh` ones inserted after them.
    """

    source: AlertSource
    open: dict[str, Alert]
    cleared_at: dict[str, datetime]
    fresh: list[Alert] = field(default_factory=list)
    changed: dict[int, Alert] = field(default_factory=dict)
    raised: list[Alert] = field(default_factory=list)
    acknowledged: list[Alert] = field(default_factory=list)
    cleared: list[Alert] = field(default_factory=list)
    # The earliest start a source claims for a fresh alert, where it can be believed.
    started_at: datetime | None = None

    def take(self, report: Report) -> Alert | None:
        """The alert it came to, or None where there was nothing to do."""
        alert = self.open.get(report.incoming.dedup_key)
        match report.incoming.action:
            case Action.TRIGGER:
                return self._trigger(alert, report)
            case Action.ACKNOWLEDGE:
                return self._acknowledge(alert, report)
            case _:
                return self._resolve(alert, report)

    def _trigger(self, alert: Alert | None, report: Report) -> Alert | None:
        incoming, at = report.incoming, report.at
        if alert is not None and not is_over(alert, incoming):
            if is_worse(incoming, alert):
                alert.severity = incoming.severity
                self.raised.append(alert)
            alert.count += 1
            alert.last_seen = max(alert.last_seen, at)
            return self._note(alert)
        if alert is not None:
            self._close(alert, at)
        elif at < self.cleared_at.get(incoming.dedup_key, at):
            return None
        alert = new_alert(self.source, report)
        self.open[incoming.dedup_key] = alert
        self.fresh.append(alert)
        if incoming.started_at is not None and at - OLDEST_START < incoming.started_at <= at:
            self.started_at = min(incoming.started_at, self.started_at or at)
        return alert

    def _acknowledge(self, alert: Alert | None, report: Report) -> Alert | None:
        if alert is None or alert.status == AlertStatus.ACKNOWLEDGED or report.at < alert.first_seen:
            return None
        alert.status = AlertStatus.ACKNOWLEDGED
        self.acknowledged.append(alert)
        return self._note(alert)

    def _resolve(self, alert: Alert | None, report: Report) -> Alert | None:
        if alert is None or report.at < alert.last_seen:
            return None
        self.cleared.append(alert)
        return self._close(alert, report.at)

    def _close(self, alert: Alert, at: datetime) -> Alert:
        alert.status, alert.resolved_at, alert.silent_at = AlertStatus.RESOLVED, at, None
        del self.open[alert.dedup_key]
        self.cleared_at[alert.dedup_key] = at
        return self._note(alert)

    def _note(self, alert: Alert) -> Alert:
        if alert.pk is not None:
            self.changed[alert.pk] = alert
        return alert


def rank_of(word: str) -> int:
    return RANKS[AlertSeverity(word)]


def is_worse(incoming: IncomingAlert, alert: Alert) -> bool:
    return rank_of(incoming.severity) < rank_of(alert.severity)


def is_over(alert: Alert, incoming: IncomingAlert) -> bool:
    """Whether what hangs on its incident is heard by nobody, and should be. `alert.incident` is loaded."""
    incident = alert.incident
    if incident is None:
        # Kept quiet by maintenance: it stays so until it clears or gets worse.
        return is_worse(incoming, alert)
    if incident.phase not in OVER:
        return False
    if incident.phase != Phase.CANCELLED or incident.quiet_rank is None:
        return True
    return is_worse(incoming, alert) and rank_of(incoming.severity) < incident.quiet_rank


def new_alert(source: AlertSource, report: Report) -> Alert:
    """Not saved, and not yet of an incident."""
    incoming = report.incoming
    hours = source.service.alerts_end_after_hours if source.service is not None else None
    title = incoming.title or _("alert without a title from %(source)s") % {"source": source.name}
    if incoming.problem:
        title = _("unreadable alert from %(source)s") % {"source": source.name}
    return Alert(
        tenant_id=source.tenant_id,
        source=source,
        service_id=source.service_id,
        dedup_key=incoming.dedup_key,
        fingerprint=UNREADABLE if incoming.problem else incoming.fingerprint,
        severity=incoming.severity,
        title=title,
        summary=incoming.summary or incoming.problem,
        labels=incoming.labels,
        payload=incoming.payload,
        runbook_url=incoming.runbook_url,
        dashboard_url=incoming.dashboard_url,
        first_seen=report.at,
        last_seen=report.at,
        silent_at=report.at + timedelta(hours=hours) if hours else None,
    )
