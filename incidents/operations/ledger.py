"""What reports do to the alerts of a source, gone through in order, in memory. No queries, no locks.

A report meets the one open alert of its (source, dedup_key), which the database keeps to one:

| report      | none open        | triggered    | acknowledged     | open, but its incident is over       |
|-------------|------------------|--------------|------------------|--------------------------------------|
| trigger     | new alert, joins | count + 1    | count + 1, quiet | closed, a new alert takes its place  |
| acknowledge | nothing          | acknowledged | nothing          | acknowledged                         |
| resolve     | nothing          | resolved     | resolved         | resolved                             |
| note        | nothing          | on record    | on record        | on record                            |

"Over" is resolved, closed or cancelled. After a false alarm `Incident.quiet_rank` keeps what still fires
quiet (count + 1) until it clears or gets worse than that. Worse is what the source says worse than it ever
said of this alert (`said_severity`), whatever rules made of it; then the rules are asked again. Posts may be
worked out of order: a trigger from before the last all-clear, and a resolve from before the last trigger, are
stale and do nothing. An alert of no incident was kept quiet by maintenance: a trigger counts, a worse one is
taken as a new alert. One that a rule suppressed is heard as soon as no rule does. A key that fires again
within the source's `reopen_minutes` is the same alert again, while its incident is open.
"""

from dataclasses import dataclass, field
from datetime import datetime

from incidents.adapters import Action, IncomingAlert
from incidents.limits import FLAPPING
from incidents.models import Alert, AlertSource, AlertStatus
from incidents.operations import comparing
from incidents.operations.comparing import can_reopen, has_ended, is_worse, keeps_quiet, rank_of
from incidents.operations.fresh import UNREADABLE, new_alert, silent_from, tags_of
from incidents.operations.placing import Place, Placing
from incidents.operations.reports import Report

__all__ = ["UNREADABLE", "Heard", "Ledger", "Report"]


@dataclass
class Heard:
    """An alert that is to find an incident, or was decided again. `started_at`: what its source claims."""

    alert: Alert
    place: Place
    started_at: datetime | None = None


@dataclass
class Ledger:
    """`open`, and `last` (the last alert of keys that are not open), are read under lock.

    The rest is what came of the reports: `changed` rows are to be written, those of `fresh` inserted after
    them; `heard_again` are among the changed, and find an incident only now.
    """

    source: AlertSource
    open: dict[str, Alert]
    last: dict[str, Alert]
    placing: Placing
    fresh: list[Heard] = field(default_factory=list)
    heard_again: list[Heard] = field(default_factory=list)
    changed: dict[int, Alert] = field(default_factory=dict)
    reopened: list[Alert] = field(default_factory=list)
    raised: list[Alert] = field(default_factory=list)
    rerouted: list[Heard] = field(default_factory=list)
    acknowledged: list[Alert] = field(default_factory=list)
    cleared: list[Alert] = field(default_factory=list)
    flapping: list[Alert] = field(default_factory=list)
    notes: list[tuple[Alert, str]] = field(default_factory=list)
    _more: set[int] = field(default_factory=set)

    @property
    def only_counted(self) -> dict[int, Alert]:
        """Of `changed`, those of which nothing but count and last_seen is other than it was."""
        return {pk: alert for pk, alert in self.changed.items() if pk not in self._more}

    def take(self, report: Report) -> Alert | None:
        """The alert it came to, or None where there was nothing to do."""
        alert = self.open.get(report.incoming.dedup_key)
        match report.incoming.action:
            case Action.TRIGGER:
                return self._trigger(alert, report)
            case Action.ACKNOWLEDGE:
                return self._acknowledge(alert, report)
            case Action.NOTE:
                return self._say(alert, report)
            case _:
                return self._resolve(alert, report)

    # --- what fires -----------------------------------------------------------------------------------------
    def _trigger(self, alert: Alert | None, report: Report) -> Alert | None:
        incoming, at = report.incoming, report.at
        if alert is not None and not self._is_over(alert, incoming):
            return self._again(alert, report)
        flaps = 0
        if alert is not None:
            self._close(alert, at)
        elif (last := self.last.get(incoming.dedup_key)) is not None and last.resolved_at is not None:
            if at < last.resolved_at:
                return None
            # A test may come under the key of what was real: it is an alert of its own.
            flaps = comparing.flaps_after(last, at) if not incoming.is_test else 0
            if not incoming.is_test and can_reopen(last, self.source, at):
                return self._reopen(last, report, flaps)
        if report.over and not incoming.is_test:
            return self._come_together(report)
        return self._begin(report, self._place(incoming), flaps)

    def _place(self, incoming: IncomingAlert) -> Place:
        return (
            Place(self.source.service, incoming.severity)
            if incoming.is_test
            else self.placing.place(incoming)
        )

    def _begin(self, report: Report, place: Place, flaps: int = 0) -> Alert:
        alert = new_alert(self.source, report.incoming, place, at=report.at, flaps=flaps)
        self.open[alert.dedup_key] = alert
        self.fresh.append(Heard(alert, place, report.believed_start))
        if place.outranks:
            self._rise(alert, report.incoming)
        if flaps == FLAPPING:
            self.flapping.append(alert)
        return alert

    def _again(self, alert: Alert, report: Report) -> Alert:
        alert.count += 1
        alert.last_seen = max(alert.last_seen, report.at)
        if report.incoming.is_test or alert.is_test:
            return self._note(alert, counted=True)
        if alert.suppressed:
            self._decide_again(alert, report.incoming)
        elif is_worse(report.incoming, alert):
            self._rise(alert, report.incoming)
        else:
            return self._note(alert, counted=True)
        return self._note(alert)

    def _rise(self, alert: Alert, incoming: IncomingAlert) -> None:
        place = self.placing.routed(incoming)
        self._follow(alert, incoming, place)
        if place.suppress:
            # What pages already is not taken back by getting worse: only its severity may stay what it is.
            return
        if rank_of(place.severity) < rank_of(alert.severity):
            alert.severity = place.severity
            self.raised.append(alert)
        self.rerouted.append(Heard(alert, place))

    def _decide_again(self, alert: Alert, incoming: IncomingAlert) -> None:
        """A rule suppressed it. Heard now where none does: it got worse, or the rule has changed."""
        place = self.placing.routed(incoming)
        self._follow(alert, incoming, place)
        if rank_of(place.severity) < rank_of(alert.severity):
            alert.severity = place.severity
        if place.suppress:
            return
        alert.suppressed, alert.service, alert.group_key = False, place.service, place.group_key
        for heard in self.fresh:
            if heard.alert is alert:
                heard.place = place
                return
        self.heard_again.append(Heard(alert, place))

    def _follow(self, alert: Alert, incoming: IncomingAlert, place: Place) -> None:
        if is_worse(incoming, alert):
            alert.said_severity = incoming.severity
        alert.routed_by = place.routed_by or alert.routed_by
        alert.tags = list(dict.fromkeys([*alert.tags, *tags_of(incoming, place)]))

    def _reopen(self, alert: Alert, report: Report, flaps: int) -> Alert:
        alert.status, alert.resolved_at = AlertStatus.TRIGGERED, None
        alert.flaps = flaps
        alert.silent_at = silent_from(alert, report.at)
        self.open[alert.dedup_key] = alert
        del self.last[alert.dedup_key]
        self.reopened.append(alert)
        self._note(alert)
        if alert.flaps == FLAPPING:
            self.flapping.append(alert)
        return self._again(alert, report)

    def _come_together(self, report: Report) -> Alert:
        """Over the limit: one alert for all that is new of its service, whose count says how many."""
        together, place = self.placing.over_limit(report.incoming)
        alert = self.open.get(together.dedup_key)
        if alert is not None and not has_ended(alert, worse_than=rank_of(place.severity)):
            alert.count += 1
            alert.last_seen = max(alert.last_seen, report.at)
            if is_worse(together, alert):
                alert.said_severity = alert.severity = together.severity
                self.raised.append(alert)
            return self._note(alert)
        if alert is not None:
            self._close(alert, report.at)
        return self._begin(Report(together, report.at), place)

    # --- what ends ------------------------------------------------------------------------------------------
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

    def _say(self, alert: Alert | None, report: Report) -> Alert | None:
        if alert is not None and report.incoming.note:
            self.notes.append((alert, report.incoming.note))
        return alert

    def _close(self, alert: Alert, at: datetime) -> Alert:
        alert.status, alert.resolved_at, alert.silent_at = AlertStatus.RESOLVED, at, None
        del self.open[alert.dedup_key]
        self.last[alert.dedup_key] = alert
        return self._note(alert)

    def _note(self, alert: Alert, *, counted: bool = False) -> Alert:
        if alert.pk is not None:
            self.changed[alert.pk] = alert
            if not counted:
                self._more.add(alert.pk)
        return alert

    def _is_over(self, alert: Alert, incoming: IncomingAlert) -> bool:
        """Whether what hangs on its incident is heard by nobody, and should be. The incident is loaded."""
        if alert.is_test:
            return not incoming.is_test
        # Of this very chunk, or suppressed: decided again where it is.
        if alert.pk is None or alert.suppressed or incoming.is_test:
            return False
        if alert.incident is None:
            # Kept quiet by maintenance: it stays so until it clears or gets worse.
            return is_worse(incoming, alert)
        if alert.incident.phase not in comparing.OVER:
            return False
        if not keeps_quiet(alert):
            return True
        return is_worse(incoming, alert) and has_ended(
            alert, worse_than=rank_of(self.placing.severity(incoming))
        )
