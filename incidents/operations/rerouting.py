"""Alerts that maintenance kept from opening an incident, and that still fire when it is over."""

from datetime import datetime
from itertools import groupby

import structlog
from django.db.models import QuerySet

from config.tenancy.audit import acting
from incidents.models import Alert, AlertSource, AlertStatus, Incident, MaintenanceWindow
from incidents.operations import joining
from incidents.operations.cards import refresh_cards
from incidents.operations.ledger import UNREADABLE
from incidents.operations.locking import lock_incidents
from incidents.operations.maintained import covers, split_suppressed

log = structlog.get_logger(__name__)

Group = tuple[int, int, bool]


def reroute(window: MaintenanceWindow, now: datetime) -> int:
    """Each service's alerts join its open incident, or open one. Returns how many incidents that touched.

    A transaction for each service (or source without one): the lock on its turn comes before any row's.
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
    actor = source.as_actor()
    with acting(actor, now=now, reason="maintenance is over"):
        joining.wait_for_turn(source)
        rows = _kept_quiet().filter(pk__in=ids).select_related("source")
        _kept, others = split_suppressed(source.service, rows, now)
        if not others:
            return False
        ids = [alert.pk for alert in others]
        unreadable = any(alert.fingerprint == UNREADABLE for alert in others)
        home = joining.incident_to_join(source, unreadable=unreadable)
        if home is not None:
            home = lock_incidents(incident_ids=[home.pk])[0].incident
        alerts = list(_kept_quiet().filter(pk__in=ids).select_for_update(no_key=True).order_by("pk"))
        if not alerts:
            return False
        if home is not None and home.is_open and not home.private:
            _hang(alerts, home)
            joining.say_joined(home, alerts, actor=actor, now=now)
            joining.page_if_news(home, alerts, [], actor=actor, now=now)
            return True
        started_at = min(alert.first_seen for alert in alerts)
        opened = joining.open_for(source, alerts, started_at=started_at, actor=actor, now=now)
        _hang(alerts, opened)
        joining.say_joined(opened, alerts, actor=actor, now=now)
        refresh_cards(incident=opened, actor=actor, now=now)
    return True


def _hang(alerts: list[Alert], incident: Incident) -> None:
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(incident=incident)


def _kept_quiet() -> "QuerySet[Alert]":
    """By maintenance: what a rule suppressed stays so, and a test pages nobody."""
    found = Alert.objects.filter(incident=None, suppressed=False, is_test=False)
    rows: QuerySet[Alert] = found.exclude(status=AlertStatus.RESOLVED)
    return rows


def _group_of(alert: Alert) -> Group:
    unreadable = alert.fingerprint == UNREADABLE
    return (alert.service_id, 0, unreadable) if alert.service_id else (0, alert.source_id, unreadable)
