"""Alerts that maintenance kept from opening an incident, and that still fire when it is over."""

from datetime import datetime
from itertools import groupby

import structlog
from django.db.models import QuerySet

from config.tenancy.audit import acting
from incidents.models import Alert, AlertSource, AlertStatus, MaintenanceWindow, Service
from incidents.operations import joining
from incidents.operations.fresh import UNREADABLE
from incidents.operations.hearing import follow_up
from incidents.operations.homes import Homes, find_homes
from incidents.operations.ledger import Heard, Ledger
from incidents.operations.locking import lock_incidents
from incidents.operations.maintained import covers, split_suppressed
from incidents.operations.placing import Place, Placing

log = structlog.get_logger(__name__)

Group = tuple[int, int, bool]


def reroute(window: MaintenanceWindow, now: datetime) -> int:
    """Alerts join the open incident of their group, or open one, service by service and source by source.
    Returns for how many of these.

    A transaction for each: the lock on its turn comes before any row's.
    Where another maintenance still keeps them quiet, they stay so. One that cannot be opened keeps no other
    quiet: what it raised is raised again once all have been tried.
    """
    rows = _kept_quiet().filter(covers(window)).select_related("source__tenant", "source__service")
    groups = [list(alerts) for _group, alerts in groupby(sorted(rows, key=_group_of), key=_group_of)]
    touched, failed = 0, None
    for alerts in groups:
        try:
            touched += _reroute(alerts[0].source, [one.pk for one in alerts], now)
        except Exception as failure:
            log.exception("reroute_failed", source=alerts[0].source_id)
            failed = failure
    if failed is not None:
        raise failed
    return touched


def _reroute(source: AlertSource, ids: list[int], now: datetime) -> bool:
    """They were placed when they came in: the rules are not asked again, the groups are."""
    actor = source.as_actor()
    with acting(actor, now=now, reason="maintenance is over"):
        joining.wait_for_turn(source)
        rows = list(_kept_quiet().filter(pk__in=ids).select_related("source", "service"))
        if not rows:
            return False
        service = rows[0].service
        _kept, others = split_suppressed(service, rows, now)
        keys = {alert.group_key for alert in others if alert.group_key}
        homes = find_homes(source, keys=keys, services=[service], now=now)
        incidents = {one.incident.pk: one for one in lock_incidents(incident_ids=sorted(homes.ids))}
        alerts = _kept_quiet().filter(pk__in=[alert.pk for alert in others]).select_for_update(no_key=True)
        heard = [_heard(source, alert, service, homes) for alert in alerts.order_by("pk")]
        placing = Placing(source, homes)
        changed = {one.alert.pk: one.alert for one in heard}
        ledger = Ledger(source, {}, {}, placing, heard_again=heard, changed=changed)
        follow_up(ledger, incidents, actor, now)
    return bool(heard)


def _heard(source: AlertSource, alert: Alert, service: Service | None, homes: Homes) -> Heard:
    alert.source, alert.service = source, service
    service_id = service.pk if service is not None else None
    home = homes.of_group.get(alert.group_key) if alert.group_key else homes.of_service.get(service_id)
    place = Place(service, alert.severity, alert.group_key, home)
    return Heard(alert, place, started_at=alert.first_seen)


def _kept_quiet() -> "QuerySet[Alert]":
    """By maintenance: what a rule suppressed stays so, and a test pages nobody."""
    found = Alert.objects.filter(incident=None, suppressed=False, is_test=False)
    rows: QuerySet[Alert] = found.exclude(status=AlertStatus.RESOLVED)
    return rows


def _group_of(alert: Alert) -> Group:
    return (alert.service_id or 0, alert.source_id, alert.fingerprint == UNREADABLE)
