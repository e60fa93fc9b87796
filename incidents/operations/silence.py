"""An alert that its source says nothing about any more went quiet: it is taken as clear (oncall#2335).

Off by default: per source (`AlertSource.quiet_ends_after_minutes`), else per service
(`Service.alerts_end_after_hours`). Tests end so, and what gathered over a limit. `Alert.silent_at` is when
to look: it is set once, and moved on where the source has spoken since: a storm writes no deadline for each
of its posts. While a post of the source waits to be worked, nothing of it is taken as quiet.
"""

from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.deadlines import Deadlines
from incidents.limits import OVER_LIMIT
from incidents.models import Alert, AlertSource, AlertStatus, EntryKind, InboundEvent, Outcome, Service
from incidents.operations.beating import KEY as HEARTBEAT
from incidents.operations.fresh import lasts_in_silence
from incidents.operations.locking import lock_incident
from incidents.operations.recovery import settle
from incidents.operations.timeline import record

DUE = "incidents.silence"
LOOK_AGAIN = timedelta(minutes=1)


def follow_silence(service: Service) -> None:
    """The hours of a service have changed: its open alerts get the deadline, or lose it. Two statements."""
    rows = _ordinary().filter(service=service, source__quiet_ends_after_minutes=None)
    _follow(_locked(rows), _hours(service))


def follow_source(source: AlertSource) -> None:
    """The same where a source's own minutes have changed; without any, its services' hours hold."""
    rows = _locked(_ordinary().filter(source=source))
    if source.quiet_ends_after_minutes:
        _follow(rows, timedelta(minutes=source.quiet_ends_after_minutes))
        return
    _follow(rows.filter(service=None), None)
    for service in Service.objects.filter(pk__in=rows.values("service_id")):
        _follow(rows.filter(service=service), _hours(service))


def _follow(rows: "QuerySet[Alert]", lasts: timedelta | None) -> None:
    rows.update(silent_at=F("last_seen") + lasts if lasts else None)


def _locked(rows: "QuerySet[Alert]") -> "QuerySet[Alert]":
    """The same rows, locked in the order of their ids, as everybody locks alerts."""
    ids = rows.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", flat=True)
    found: QuerySet[Alert] = Alert.objects.filter(pk__in=list(ids)).order_by()
    return found


def _ordinary() -> "QuerySet[Alert]":
    """Open ones that have no end of their own."""
    special = Q(is_test=True) | Q(dedup_key__startswith=OVER_LIMIT) | Q(dedup_key__startswith=HEARTBEAT)
    rows: QuerySet[Alert] = Alert.objects.exclude(special).exclude(status=AlertStatus.RESOLVED)
    return rows


def _hours(service: Service) -> timedelta | None:
    hours = service.alerts_end_after_hours
    return timedelta(hours=hours) if hours else None


def _end_if_silent(alert_id: int, now: datetime) -> bool:
    """Closes the alert; its incident follows as if it had cleared, and a confirmed one stays people's."""
    with acting(ENGINE, now=now, reason="its source went quiet"):
        incident_id = Alert.objects.values_list("incident_id", flat=True).get(pk=alert_id)
        incident = lock_incident(incident_id=incident_id).incident if incident_id is not None else None
        alert = _lock(alert_id)
        if alert.silent_at is None or alert.silent_at > now or alert.incident_id != incident_id:
            return False
        until = _speaks_until(alert)
        if not alert.is_open or until is None or until > now:
            alert.silent_at = until if alert.is_open else None
            alert.save(update_fields=["silent_at"])
            return True
        if _waits_unheard(alert.source, now):
            alert.silent_at = now + LOOK_AGAIN
            alert.save(update_fields=["silent_at"])
            return True
        # Not `now`: what its source said since, and is worked later, is not from before the all-clear.
        alert.status, alert.resolved_at, alert.silent_at = AlertStatus.RESOLVED, until, None
        alert.save(update_fields=["status", "resolved_at", "silent_at"])
        if incident is not None:
            text = _quiet_words(alert)
            data = {"alert": alert.uid, "last_seen": alert.last_seen.isoformat()}
            record(incident=incident, kind=EntryKind.ALERT, text=text, data=data, actor=ENGINE, now=now)
            settle(incident=incident, actor=ENGINE, now=now)
    return True


def _quiet_words(alert: Alert) -> str:
    words = _("Went quiet: %(title)s") % {"title": alert.title}
    if not alert.dedup_key.startswith(OVER_LIMIT):
        return words
    why = _("What came together in it may still fire, so this does not end by itself: people end it.")
    return f"{words}. {why}"


def _speaks_until(alert: Alert) -> datetime | None:
    """None where it stands until it is said to be over."""
    lasts = lasts_in_silence(alert, alert.source, alert.service)
    return alert.last_seen + lasts if lasts else None


def _waits_unheard(source: AlertSource, now: datetime) -> bool:
    """Something of its source came in that no worker has got to: it may say that the alert still fires."""
    rows = InboundEvent.objects.filter(source=source, outcome=Outcome.PENDING, received_at__lte=now)
    # Each by its own partial index.
    return bool(rows.filter(attempts=0).exists() or rows.filter(attempts__gt=0).exists())


def _lock(alert_id: int) -> Alert:
    rows = Alert.objects.select_for_update(no_key=True, of=("self",)).select_related("service", "source")
    found: Alert = rows.get(pk=alert_id)
    return found


WORK = Deadlines(DUE, Alert, "silent_at", _end_if_silent).due_work()
