"""A schedule as a whole: made, and changed without taking a shift from whoever has it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from oncall.models import Restriction, Rotation, RotationMember, Schedule
from oncall.operations.onduty import lock_schedule
from oncall.operations.schedules import holders_kept

FIELDS = (
    "name",
    "time_zone",
    "team",
    "coverage_days",
    "coverage_start",
    "coverage_end",
    "tells_gaps",
    "swaps_need_approval",
)
ROTATION_FIELDS = (
    "name",
    "start_date",
    "start_time",
    "unit",
    "length",
    "priority",
    "at_once",
    "count_only_active",
)


def save_schedule(
    *,
    schedule: Schedule,
    changes: Mapping[str, Any],
    rotations: Sequence[Mapping[str, Any]] | None,
    actor: Actor,
    now: datetime,
) -> Schedule:
    """A new one, or `changes` (FIELDS) to it. `rotations`: all that it has from now on; None leaves them.

    A rotation (ROTATION_FIELDS, `participants`: memberships in turn, `restrictions`: days, start, end) that
    has the name of one that is there changes that one, and its shift stays with its holder. Needs
    oncall.setup. Raises ValidationError. Locks the schedule.
    """
    actor.must("oncall.setup")
    with acting(actor, now=now):
        if schedule.pk is not None:
            schedule = lock_schedule(schedule.pk)
        for name in FIELDS:
            if name in changes:
                setattr(schedule, name, changes[name])
        schedule.full_clean()
        schedule.save()
        if rotations is not None:
            _set_rotations(schedule, rotations, now)
    return schedule


def _set_rotations(schedule: Schedule, wanted: Sequence[Mapping[str, Any]], now: datetime) -> None:
    known = {row.name: row for row in Rotation.objects.filter(schedule=schedule)}
    for name in known.keys() - {one["name"] for one in wanted}:
        known[name].delete()
    for one in wanted:
        row = known.get(one["name"], Rotation(schedule=schedule))
        with holders_kept([row.pk] if row.pk else [], now):
            _save_rotation(row, one)


def _save_rotation(row: Rotation, one: Mapping[str, Any]) -> None:
    for name in ROTATION_FIELDS:
        if name in one:
            setattr(row, name, one[name])
    row.full_clean()
    row.save()
    _replace(
        row.participants.all(),
        [
            RotationMember(rotation=row, membership=person, position=place)
            for place, person in enumerate(one["participants"], 1)
        ],
        ("membership_id", "position"),
    )
    _replace(
        row.restrictions.all(),
        [Restriction(rotation=row, **window) for window in one.get("restrictions", ())],
        ("days", "start", "end"),
    )


def _replace(there: Any, wanted: Sequence[Any], fields: tuple[str, ...]) -> None:
    """What stays as it is leaves no trace; the rest one by one, so that each is in the history."""
    kept = {tuple(getattr(row, name) for name in fields): row for row in there}
    fresh = []
    for row in wanted:
        if kept.pop(tuple(getattr(row, name) for name in fields), None) is None:
            fresh.append(row)
    for row in kept.values():
        row.delete()
    for row in fresh:
        row.full_clean()
        row.save()
