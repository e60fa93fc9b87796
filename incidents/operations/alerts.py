"""Alerts, from a monitor's first word to the all-clear. What a report does to an alert: see ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.adapters import Action, IncomingAlert
from incidents.models import Alert, AlertSource, Incident
from incidents.operations import joining
from incidents.operations.cards import refresh_cards
from incidents.operations.ledger import UNREADABLE, Ledger, Report, is_over, is_worse
from incidents.operations.locking import Locked, lock_incidents
from incidents.operations.maintained import split_suppressed
from incidents.operations.quieting import quiet_ladders
from incidents.operations.recovery import settle
from incidents.refusals import Busy

CHANGED = ["count", "last_seen", "severity", "status", "resolved_at", "silent_at"]
Targets = dict[bool, Incident | None]


def take_alerts(
    *, source: AlertSource, reports: Sequence[Report], actor: Actor, now: datetime
) -> list[Alert | None]:
    """What each report came to, in their order: its alert, or None where there was nothing to do.

    Inside the caller's `acting`, which is the transaction: a few statements however many reports. Dedup,
    joining, opening an incident and paging, recovery. One service at a time. Raises Busy where people change
    the same alerts meanwhile: try again. Needs incidents.declare, which monitors have.
    """
    actor.must("incidents.declare")
    joining.wait_for_turn(source)
    known, cleared_at = _last_alerts(source, {report.incoming.dedup_key for report in reports})
    targets: Targets = {}
    incidents: dict[int, Locked] = {}
    if not _only_repeats(known, reports):
        targets = _targets(source, reports)
        incidents = _lock(known.values(), targets.values())
    ledger = Ledger(source, _lock_alerts(known), cleared_at)
    touched = [ledger.take(report) for report in reports]
    if ledger.changed:
        # Before new ones are inserted: only one of a key may be open.
        Alert.objects.bulk_update(list(ledger.changed.values()), CHANGED, batch_size=200)
    _follow_up(ledger, incidents, targets, actor, now)
    return touched


def trigger_alert(*, source: AlertSource, incoming: IncomingAlert, actor: Actor, now: datetime) -> Alert:
    """One report that something is wrong, as if it had come in at `now`."""
    alert = _take_one(source, incoming, actor, now)
    assert alert is not None
    return alert


def acknowledge_alert(*, source: AlertSource, dedup_key: str, actor: Actor, now: datetime) -> Alert | None:
    """Somebody has it, says the monitor: quiet, but not over. None where no such alert is open."""
    return _take_one(source, IncomingAlert(action=Action.ACKNOWLEDGE, dedup_key=dedup_key), actor, now)


def resolve_alert(*, source: AlertSource, dedup_key: str, actor: Actor, now: datetime) -> Alert | None:
    """All clear. None where no such alert is open."""
    return _take_one(source, IncomingAlert(action=Action.RESOLVE, dedup_key=dedup_key), actor, now)


def _take_one(source: AlertSource, incoming: IncomingAlert, actor: Actor, now: datetime) -> Alert | None:
    with acting(actor, now=now):
        return take_alerts(source=source, reports=[Report(incoming, now)], actor=actor, now=now)[0]


# --- what is there ------------------------------------------------------------------------------------------
def _last_alerts(source: AlertSource, keys: set[str]) -> tuple[dict[str, Alert], dict[str, datetime]]:
    """The open alert of each key; where there is none, when the last one of that key was cleared."""
    rows = Alert.objects.filter(source=source, dedup_key__in=keys).select_related("incident")
    newest_first = F("resolved_at").desc(nulls_first=True)
    last = list(rows.order_by("dedup_key", newest_first).distinct("dedup_key"))
    known = {alert.dedup_key: alert for alert in last if alert.is_open}
    return known, {alert.dedup_key: alert.resolved_at for alert in last if alert.resolved_at is not None}


def _lock_alerts(known: dict[str, Alert]) -> dict[str, Alert]:
    """The same alerts as they are now. Those that people closed or moved meanwhile ask for another try."""
    if not known:
        return {}
    rows = Alert.objects.filter(pk__in=[alert.pk for alert in known.values()]).select_related("incident")
    locked = {
        alert.dedup_key: alert for alert in rows.select_for_update(no_key=True, of=("self",)).order_by("id")
    }
    for key, alert in known.items():
        now = locked[key]
        if (now.incident_id, now.is_open) != (alert.incident_id, alert.is_open):
            raise Busy(_("Others are changing this incident right now. Try again."))
    return locked


def _only_repeats(known: dict[str, Alert], reports: Sequence[Report]) -> bool:
    """Nothing but counting: no incident has to be locked for it."""
    return all(
        report.incoming.action == Action.TRIGGER
        and (alert := known.get(report.incoming.dedup_key)) is not None
        and not is_worse(report.incoming, alert)
        and not is_over(alert, report.incoming)
        for report in reports
    )


def _targets(source: AlertSource, reports: Sequence[Report]) -> Targets:
    """The incident new alerts would join: one for those that could be read, one for those that could not."""
    triggers = [report.incoming for report in reports if report.incoming.action == Action.TRIGGER]
    kinds = sorted({bool(incoming.problem) for incoming in triggers})
    return {kind: joining.incident_to_join(source, unreadable=kind) for kind in kinds}


def _lock(known: Iterable[Alert], targets: Iterable[Incident | None]) -> dict[int, Locked]:
    ids = {alert.incident_id for alert in known if alert.incident_id is not None}
    ids |= {incident.pk for incident in targets if incident is not None}
    if not ids:
        return {}
    return {locked.incident.pk: locked for locked in lock_incidents(incident_ids=sorted(ids))}


# --- what follows from it -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class News:
    """What changed for one incident."""

    joined: list[Alert]
    raised: list[Alert]
    acknowledged: list[Alert]
    cleared: list[Alert]


def _news(ledger: Ledger, incident_id: int) -> News:
    kinds = (ledger.fresh, ledger.raised, ledger.acknowledged, ledger.cleared)
    return News(*([alert for alert in kind if alert.incident_id == incident_id] for kind in kinds))


def _follow_up(
    ledger: Ledger, incidents: dict[int, Locked], targets: Targets, actor: Actor, now: datetime
) -> None:
    """Incidents that are there first, new ones last: opening takes the tenant's number counter."""
    homeless: list[list[Alert]] = []
    for unreadable in (False, True):
        alerts = [alert for alert in ledger.fresh if (alert.fingerprint == UNREADABLE) == unreadable]
        target = targets.get(unreadable)
        # Read again under lock: it may be over, or private, by now.
        home = incidents[target.pk].incident if target is not None else None
        if alerts and home is not None and home.is_open and not home.private:
            _hang(alerts, home)
        elif alerts:
            homeless.append(alerts)
    for pk, locked in sorted(incidents.items()):
        _tell(locked.incident, _news(ledger, pk), actor, now)
    for fresh in homeless:
        kept, alerts = split_suppressed(ledger.source.service, fresh, now)
        # Stored and counted; what still fires when it is over is heard then (operations.rerouting).
        Alert.objects.bulk_create(kept, batch_size=500)
        if not alerts:
            continue
        started_at = ledger.started_at or alerts[0].first_seen
        incident = joining.open_for(ledger.source, alerts, started_at=started_at, actor=actor, now=now)
        _hang(alerts, incident)
        _tell(incident, _news(ledger, incident.pk), actor, now, opened=True)


def _hang(alerts: list[Alert], incident: Incident) -> None:
    for alert in alerts:
        alert.incident = incident
    Alert.objects.bulk_create(alerts, batch_size=500)


def _tell(incident: Incident, news: News, actor: Actor, now: datetime, *, opened: bool = False) -> None:
    """`incident` is locked, or was opened just now. It is stale afterwards: raising reads it anew."""
    if news.joined:
        joining.say_joined(incident, news.joined, actor=actor, now=now)
    if news.cleared:
        joining.say_cleared(incident, news.cleared, actor=actor, now=now)
    if not incident.is_open:
        return
    if news.cleared or (news.joined and not opened):
        settle(incident=incident, actor=actor, now=now)
    if opened:
        # Its card was written before the alert hung on it.
        refresh_cards(incident=incident, actor=actor, now=now)
    elif news.joined or news.raised:
        joining.page_if_news(incident, news.joined, news.raised, actor=actor, now=now)
    if news.acknowledged:
        quiet_ladders(incident_id=incident.pk, actor=actor, now=now)
