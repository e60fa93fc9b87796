"""Heartbeats that are due to be looked at: silent for too long, or heard from again (ONCALL 4.9).

| state   | heard in time            | silent, and to be quiet | silent                               |
|---------|--------------------------|-------------------------|--------------------------------------|
| beating | waits for the next beat  | until the quiet ends    | missing: an alert                    |
| missing | beating: its alert ends  | until the quiet ends    | the quiet is over: an alert          |

In one transaction with the alert, under the lock of the row, which is looked at again: exactly once, by
however many workers. A missing one is looked at again only when it beats, is changed, or its quiet ends.

Looked at long after it was due, nobody was there to hear it either: Muster was down, or the tenant closed. It
is given as long again as nobody looked, at least AT_LEAST and at most its patience, and only once for each
silence: what is truly dead is an alert after that.

The tenant's turn is taken before any row: who waits for it with rows in hand keeps their beats waiting at the
door. Heartbeats of a source that was revoked rest, and begin with their next beat.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from config.tenancy.audit import acting
from config.tenancy.deadlines import BATCH, Deadlines
from config.tenancy.scoping import all_tenants, tenant_scope
from incidents.adapters import Action, IncomingAlert
from incidents.models import AlertSource, Heartbeat, HeartbeatState
from incidents.operations import joining
from incidents.operations.alerts import take_alerts
from incidents.operations.beating import DUE, KEY
from incidents.operations.ledger import Report
from incidents.times import duration_words

log = structlog.get_logger(__name__)

AT_ONCE = 200
# Looked at so long after it was due, it may have beaten at a door that was closed.
NOBODY_LOOKED = timedelta(minutes=2)
# Time for what tries its beat again, as the line to copy does.
AT_LEAST = timedelta(minutes=15)


def dedup_key(heartbeat: Heartbeat) -> str:
    return f"{KEY}{heartbeat.uid}"


def awaited_until(heartbeat: Heartbeat, now: datetime) -> datetime | None:
    """When it is to be looked at next, as it stands; None: when it beats. Reads its source."""
    if heartbeat.last_seen is None or heartbeat.state == HeartbeatState.NEW:
        return None
    if heartbeat.source.revoked_at is not None:
        return None
    silent_from = heartbeat.last_seen + heartbeat.patience
    quiet = heartbeat.muted_until if is_quiet(heartbeat, now) else None
    if heartbeat.state == HeartbeatState.MISSING:
        # One that waits for something, and not for the end of its quiet any more, is looked at now.
        unsaid = quiet is None and heartbeat.due_at is not None
        return now if silent_from > now or unsaid else quiet
    return max(silent_from, quiet or silent_from)


def is_quiet(heartbeat: Heartbeat, now: datetime) -> bool:
    return heartbeat.muted_until is not None and heartbeat.muted_until > now


# --- due work -----------------------------------------------------------------------------------------------
def _look(heartbeat_id: int, now: datetime) -> bool:
    """Works all that are due of the same source: a net that is down silences many. Two statements where
    others have done it.
    """
    due = Heartbeat.objects.filter(due_at__lte=now)
    one = due.filter(pk=heartbeat_id).select_related("source__service").first()
    if one is None:
        return False
    try:
        return _work(one.source, due.filter(source=one.source), now)
    except Exception:
        # One that cannot be worked must not keep the others of its source silent.
        log.exception("heartbeats_one_by_one", source=one.source_id)
    return _work(one.source, due.filter(pk=heartbeat_id), now)


def _work(source: AlertSource, rows: QuerySet[Heartbeat], now: datetime) -> bool:
    """In one transaction. Those that somebody else has in hand are left to them."""
    actor = source.as_actor()
    with acting(actor, now=now):
        joining.wait_for_turn(source)
        locked = rows.select_for_update(no_key=True, skip_locked=True, of=("self",))
        due = list(locked.order_by("due_at", "pk")[:AT_ONCE])
        if source.revoked_at is not None:
            _lay_down(due)
            return bool(due)
        for one in due:
            one.source = source
        again = {one.pk for one in due if _nobody_looked(one, now)}
        reports = [report for one in due if one.pk not in again for report in _followed(one, now)]
        for one in due:
            if one.pk in again:
                one.due_at = _once_more(one, now)
        if again:
            log.warning("heartbeats_given_time_again", source=source.pk, heartbeats=len(again))
        if reports:
            take_alerts(source=source, reports=reports, actor=actor, now=now)
        # Neither is part of the history.
        Heartbeat.objects.bulk_update(due, ["state", "due_at"])
    return bool(due)


def _nobody_looked(heartbeat: Heartbeat, now: datetime) -> bool:
    """Its silence fell due while nobody could hear it. False where that was granted already: it is then due
    later than its beats and its quiet say.
    """
    last, due = heartbeat.last_seen, heartbeat.due_at
    if heartbeat.state != HeartbeatState.BEATING or last is None or due is None:
        return False
    first_due = max(last + heartbeat.patience, heartbeat.muted_until or last)
    silent = last + heartbeat.patience <= now and not is_quiet(heartbeat, now)
    return silent and due <= first_due and due + NOBODY_LOOKED < now


def _once_more(heartbeat: Heartbeat, now: datetime) -> datetime:
    looked_away = now - (heartbeat.due_at or now)
    return now + min(heartbeat.patience, max(AT_LEAST, looked_away))


def rest_with(source: AlertSource) -> None:
    """Those of a source that was revoked await nothing: nobody can beat there. An open alert stays as it is.

    Within the transaction that revokes it. Two statements.
    """
    rows = Heartbeat.objects.select_for_update(no_key=True, of=("self",)).filter(source=source)
    _lay_down(list(rows.order_by("pk")))


def _lay_down(rows: list[Heartbeat]) -> None:
    for one in rows:
        one.due_at = None
        if one.state == HeartbeatState.BEATING:
            one.state = HeartbeatState.NEW
    # Neither is part of the history.
    Heartbeat.objects.bulk_update(rows, ["state", "due_at"])


def _followed(heartbeat: Heartbeat, now: datetime) -> Sequence[Report]:
    """Sets its state and when it is looked at next; what that says to its alert."""
    was_missing = heartbeat.state == HeartbeatState.MISSING
    last = heartbeat.last_seen
    heard = last is not None and last + heartbeat.patience > now
    if last is None or heard or is_quiet(heartbeat, now):
        if heard:
            heartbeat.state = HeartbeatState.BEATING
        heartbeat.due_at = awaited_until(heartbeat, now)
        return [Report(_all_clear(heartbeat), now)] if was_missing and heard else []
    heartbeat.state, heartbeat.due_at = HeartbeatState.MISSING, None
    return [Report(_alarm(heartbeat, last, now), now)]


def _all_clear(heartbeat: Heartbeat) -> IncomingAlert:
    return IncomingAlert(action=Action.RESOLVE, dedup_key=dedup_key(heartbeat))


def _alarm(heartbeat: Heartbeat, last: datetime, now: datetime) -> IncomingAlert:
    words = {
        "name": heartbeat.name,
        "time": duration_words(now - last),
        "last": f"{last:%Y-%m-%d %H:%M:%S} UTC",
        "every": duration_words(heartbeat.patience),
    }
    return IncomingAlert(
        action=Action.TRIGGER,
        dedup_key=dedup_key(heartbeat),
        title=_("No heartbeat from %(name)s for %(time)s") % words,
        severity=heartbeat.severity,
        summary=_("Last beat: %(last)s. It is waited for at most %(every)s.") % words,
        labels={"heartbeat": heartbeat.slug},
        payload={
            "heartbeat": heartbeat.slug,
            "name": heartbeat.name,
            "last_seen": last.isoformat(),
            "interval_minutes": heartbeat.interval_minutes,
            "grace_minutes": heartbeat.grace_minutes,
        },
        runbook_url=heartbeat.runbook_url,
        # It should have come by then.
        started_at=last + timedelta(minutes=heartbeat.interval_minutes),
    )


def repair(now: datetime) -> int:
    """Gives those a deadline that beat and have none: nobody would notice their silence."""
    with all_tenants("repair heartbeats"):
        rows = Heartbeat.objects.filter(due_at=None, state=HeartbeatState.BEATING, tenant__closed_at=None)
        lost = list(rows.order_by("pk").values_list("tenant_id", "pk")[:BATCH])
    for tenant_id, pk in lost:
        with tenant_scope(tenant_id):
            Heartbeat.objects.filter(pk=pk, due_at=None).update(due_at=now)
            log.warning("heartbeat_deadline_was_missing", heartbeat=pk)
    return len(lost)


WORK = Deadlines(DUE, Heartbeat, "due_at", _look).due_work(repair)
