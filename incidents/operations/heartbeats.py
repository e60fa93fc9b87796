"""Heartbeats, as people set them up: made, changed, kept quiet for a while, deleted. Needs incidents.setup.

Where its alert may end, the tenant's turn is taken before the row is locked, then its incidents (see README).
"""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.models import AlertSource, Heartbeat, HeartbeatState
from incidents.operations.alerts import resolve_alert
from incidents.operations.beating import DUE
from incidents.operations.joining import wait_for_turn
from incidents.operations.missing import awaited_until, dedup_key

MAY = "incidents.setup"
SETTINGS = ("slug", "name", "interval_minutes", "grace_minutes", "severity", "runbook_url")
LONGEST = timedelta(days=366)


def save_heartbeat(*, heartbeat: Heartbeat, actor: Actor, now: datetime) -> Heartbeat:
    """Makes it, or changes one that is there, but for its source: another key is another address.

    An empty `slug` is made of the name. What is awaited follows at once. Raises ValidationError by field;
    AlertSource.DoesNotExist for another tenant's.
    """
    actor.must(MAY)
    with acting(actor, now=now):
        # Locked and read anew: what beats meanwhile must not be undone.
        row = _lock(heartbeat) if heartbeat.pk else Heartbeat(created_at=now)
        if row.pk is None:
            row.source = AlertSource.objects.get(pk=heartbeat.source_id)
        elif row.source_id != heartbeat.source_id:
            raise ValidationError({"source": _("Another source is another address. Make a new heartbeat.")})
        for name in SETTINGS:
            setattr(row, name, getattr(heartbeat, name))
        row.slug = row.slug or slugify(row.name)[:60].strip("-")
        row.full_clean()
        _await(row, now)
    return row


def mute_heartbeat(
    *, heartbeat: Heartbeat, until: datetime, reason: str, actor: Actor, now: datetime
) -> Heartbeat:
    """Its silence is no alert until then; the alert of one that is missing ends. Still silent at that
    moment, it is an alert (again).

    Raises ValidationError without a reason, for a moment that is past, or beyond a year.
    """
    actor.must(MAY)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why, for those who look at it later.")})
    if not now < until <= now + LONGEST:
        raise ValidationError({"until": _("Use a moment to come, within a year.")})
    with acting(actor, now=now, reason=reason):
        row = _lock_in_turn(heartbeat)
        row.muted_until, row.muted_reason = until, reason.strip()
        row.full_clean()
        _await(row, now)
        _end_alert(row, actor, now)
    return row


def unmute_heartbeat(*, heartbeat: Heartbeat, actor: Actor, now: datetime) -> Heartbeat:
    """Listens again: silent for too long, it is an alert at once. A second call changes nothing."""
    actor.must(MAY)
    with acting(actor, now=now):
        row = _lock(heartbeat)
        if row.muted_until is None:
            return row
        row.muted_until, row.muted_reason = None, ""
        _await(row, now)
    return row


def delete_heartbeat(*, heartbeat: Heartbeat, actor: Actor, now: datetime) -> None:
    """Gone, with its address; its alert ends. Raises Heartbeat.DoesNotExist where it is gone already."""
    actor.must(MAY)
    with acting(actor, now=now):
        row = _lock_in_turn(heartbeat)
        _end_alert(row, actor, now)
        row.delete()


def _lock_in_turn(heartbeat: Heartbeat) -> Heartbeat:
    """For what may end its alert. Who waited for the turn with the row would keep its beats waiting."""
    wait_for_turn(Heartbeat.objects.select_related("source").get(pk=heartbeat.pk).source)
    return _lock(heartbeat)


def _lock(heartbeat: Heartbeat) -> Heartbeat:
    rows = Heartbeat.objects.select_for_update(no_key=True, of=("self",)).select_related("source__service")
    found: Heartbeat = rows.get(pk=heartbeat.pk)
    return found


def _await(row: Heartbeat, now: datetime) -> None:
    until = awaited_until(row, now)
    # Never in the past: that would read as a silence nobody was there to hear (missing).
    row.due_at = max(until, now) if until is not None else None
    row.save()
    if row.due_at is not None and row.due_at <= now:
        doorbell.ring(DUE)


def _end_alert(row: Heartbeat, actor: Actor, now: datetime) -> None:
    if row.state == HeartbeatState.MISSING:
        resolve_alert(source=row.source, dedup_key=dedup_key(row), actor=actor, now=now)
