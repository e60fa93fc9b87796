"""Alerts, from a monitor's first word to the all-clear. What a report does to an alert: see ledger."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.adapters import Action, IncomingAlert
from incidents.models import Alert, AlertSource, Incident, Service
from incidents.operations import joining
from incidents.operations.comparing import can_reopen, is_repeat
from incidents.operations.hearing import follow_up
from incidents.operations.ledger import Ledger
from incidents.operations.locking import Locked, lock_incidents
from incidents.operations.placing import Placing, placing_for
from incidents.operations.reports import Report
from incidents.refusals import Busy

# What no report needs of an alert that is there already, and is large.
LARGE = ("payload", "labels", "summary")
# By dedup key.
Known = dict[str, Alert]


def take_alerts(
    *, source: AlertSource, reports: Sequence[Report], actor: Actor, now: datetime
) -> list[Alert | None]:
    """What each report came to, in their order: its alert, or None where there was nothing to do.

    Inside the caller's `acting`, which is the transaction: a few statements however many reports, and some
    for each incident that opens. Dedup, routing, joining, opening incidents and paging, recovery. One chunk
    of a tenant at a time. Raises Busy where people change the same alerts meanwhile: try again. Needs
    incidents.declare, which monitors have.
    """
    actor.must("incidents.declare")
    joining.wait_for_turn(source)
    last = _last_alerts(source, {report.incoming.dedup_key for report in reports})
    news = _news(last, reports)
    placing = placing_for(source, news, now=now)
    last |= _last_alerts(source, placing.over_limit_keys())
    may_change = {report.incoming.dedup_key for report in news} | placing.over_limit_keys()
    incidents = _lock([alert for key, alert in last.items() if key in may_change], placing)
    ledger = _ledger(source, last, placing, now)
    touched = [ledger.take(report) for report in reports]
    follow_up(ledger, incidents, actor, now)
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
def _last_alerts(source: AlertSource, keys: set[str]) -> Known:
    """The open alert of each key; where there is none, the one that was cleared last."""
    if not keys:
        return {}
    rows = Alert.objects.filter(source=source, dedup_key__in=keys).defer(*LARGE)
    newest_first = F("resolved_at").desc(nulls_first=True)
    last = list(rows.order_by("dedup_key", newest_first).distinct("dedup_key"))
    _load_incidents(source, last)
    return {alert.dedup_key: alert for alert in last}


def _load_incidents(source: AlertSource, alerts: Sequence[Alert]) -> None:
    """Each incident once: in a storm all alerts hang on one, and a row for each took half of the time."""
    incidents = Incident.objects.in_bulk({alert.incident_id for alert in alerts if alert.incident_id})
    ids = {alert.service_id for alert in alerts if alert.service_id} if source.reopen_minutes else set()
    services = Service.objects.in_bulk(ids)
    for alert in alerts:
        alert.source = source
        if alert.incident_id:
            alert.incident = incidents[alert.incident_id]
        if alert.service_id in services:
            alert.service = services[alert.service_id]


def _news(last: Known, reports: Sequence[Report]) -> list[Report]:
    """All reports of keys of which more than a repeat is said."""
    keys = {
        report.incoming.dedup_key
        for report in reports
        if (alert := last.get(report.incoming.dedup_key)) is None
        or not alert.is_open
        or not is_repeat(alert, report.incoming)
    }
    return [report for report in reports if report.incoming.dedup_key in keys]


def _lock(known: Iterable[Alert], placing: Placing) -> dict[int, Locked]:
    """The incidents that may change: of these alerts, and those that new ones would join."""
    ids = {alert.incident_id for alert in known if alert.incident_id is not None} | placing.homes.ids
    return {locked.incident.pk: locked for locked in lock_incidents(incident_ids=sorted(ids))} if ids else {}


def _ledger(source: AlertSource, last: Known, placing: Placing, now: datetime) -> Ledger:
    """With the alerts as they are now. Those that people closed or moved meanwhile ask for another try."""
    wanted = [alert for alert in last.values() if alert.is_open or can_reopen(alert, source, now)]
    rows = Alert.objects.filter(pk__in=[alert.pk for alert in wanted]).defer(*LARGE)
    rows = rows.select_for_update(no_key=True, of=("self",)).order_by("id")
    locked = {alert.pk: alert for alert in rows} if wanted else {}
    _load_incidents(source, list(locked.values()))
    for alert in wanted:
        found = locked[alert.pk]
        if (found.incident_id, found.is_open) != (alert.incident_id, alert.is_open):
            raise Busy(_("Others are changing this incident right now. Try again."))
    current = {key: locked.get(alert.pk, alert) for key, alert in last.items()}
    return Ledger(
        source=source,
        open={key: alert for key, alert in current.items() if alert.is_open},
        last={key: alert for key, alert in current.items() if not alert.is_open},
        placing=placing,
    )
