"""Temporary schedules: for a while, shifts of their own stand in the place of all rotations."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from oncall.models import Schedule, TemporarySchedule, TemporaryShift
from oncall.operations.onduty import lock_schedule, must_be_current, time_ahead


class Planned(NamedTuple):
    """One person on call within a temporary schedule."""

    membership: Membership
    starts_at: datetime
    ends_at: datetime


def set_temporary(
    *,
    schedule: Schedule,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    shifts: Sequence[Planned],
    actor: Actor,
    now: datetime,
    temporary: TemporarySchedule | None = None,
) -> TemporarySchedule:
    """A new one, or `temporary` with these bounds and shifts instead of its own. Needs oncall.setup.

    Where it has no shift nobody is on call. Raises ValidationError for a shift that leaves its bounds and for
    another tenant's rows, Conflict where all is past, somebody has left, or another one stands in that time.
    Locks the schedule.
    """
    actor.must("oncall.setup")
    with acting(actor, now=now):
        schedule = lock_schedule(schedule.pk)
        time_ahead(starts_at, ends_at, now)
        found = TemporarySchedule(schedule=schedule)
        if temporary is not None:
            found = TemporarySchedule.objects.get(pk=temporary.pk, schedule=schedule)
        found.name, found.starts_at, found.ends_at = name, starts_at, ends_at
        found.full_clean()
        _must_stand_alone(found)
        found.save()
        _set_shifts(found, shifts)
        return found


def _must_stand_alone(temporary: TemporarySchedule) -> None:
    others = TemporarySchedule.objects.filter(
        schedule=temporary.schedule, starts_at__lt=temporary.ends_at, ends_at__gt=temporary.starts_at
    ).exclude(pk=temporary.pk)
    other = others.first()
    if other is not None:
        raise Conflict(_("The temporary schedule %(name)s stands in that time.") % {"name": other.name})


def _set_shifts(temporary: TemporarySchedule, shifts: Sequence[Planned]) -> None:
    """What stays as it is leaves no trace; the rest one by one, so that each is in the history."""
    kept = {(row.membership_id, row.starts_at, row.ends_at): row for row in temporary.shifts.all()}
    for membership, starts_at, ends_at in shifts:
        if kept.pop((membership.pk, starts_at, ends_at), None) is not None:
            continue
        must_be_current(membership)
        row = TemporaryShift(temporary=temporary, membership=membership, starts_at=starts_at, ends_at=ends_at)
        row.full_clean()
        row.save()
    for row in kept.values():
        row.delete()


def end_temporary(*, temporary: TemporarySchedule, actor: Actor, now: datetime) -> None:
    """The rotations take over again: one that has begun ends now, one to come goes. Needs oncall.setup.

    Raises Conflict where it is past, TemporarySchedule.DoesNotExist where it is gone, or another tenant's.
    """
    actor.must("oncall.setup")
    with acting(actor, now=now):
        rows = TemporarySchedule.objects.select_for_update(no_key=True, of=("self",))
        found: TemporarySchedule = rows.get(pk=temporary.pk)
        if found.ends_at <= now:
            raise Conflict(_("That time is past."))
        for shift in found.shifts.filter(ends_at__gt=now):
            _cut(shift, now)
        _cut(found, now)


def _cut(row: TemporarySchedule | TemporaryShift, now: datetime) -> None:
    if row.starts_at >= now:
        row.delete()
        return
    row.ends_at = now
    row.save(update_fields=["ends_at"])
