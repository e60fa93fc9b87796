"""Changing who is on call: overrides, and participants without taking the shift from whoever has it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from oncall.models import Override, OverrideKind, Rotation, RotationMember, Schedule
from oncall.rota import Rota, shift_at


def add_override(
    *,
    schedule: Schedule,
    kind: str,
    membership: Membership,
    starts_at: datetime,
    ends_at: datetime,
    actor: Actor,
    now: datetime,
    replaces: Membership | None = None,
) -> Override:
    """An exception within [starts_at, ends_at); see Override for the kinds. Needs oncall.cover.

    Raises ValidationError for what makes no sense and for another tenant's rows, Conflict where it is all
    past.
    """
    actor.must("oncall.cover")
    with acting(actor, now=now):
        override = Override(
            schedule=schedule,
            kind=kind,
            membership=membership,
            replaces=replaces,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        override.full_clean()
        if ends_at <= now:
            raise Conflict(_("That time is past."))
        if kind != OverrideKind.REMOVE and not membership.is_current:
            raise Conflict(_("%(name)s has left.") % {"name": membership})
        override.save()
        return override


def set_participants(
    *, rotation: Rotation, memberships: Sequence[Membership], actor: Actor, now: datetime
) -> Rotation:
    """The participants in their turns. Whoever has the shift now keeps it, or the next in line takes it.

    Needs oncall.setup.
    """
    actor.must("oncall.setup")
    with acting(actor, now=now), holders_kept([rotation.pk], now):
        # One by one, so that each leaves its trace in the history.
        for row in rotation.participants.all():
            row.delete()
        for position, membership in enumerate(memberships, 1):
            RotationMember.objects.create(rotation=rotation, membership=membership, position=position)
    rotation.refresh_from_db()
    return rotation


@contextmanager
def holders_kept(rotation_ids: Sequence[int], now: datetime) -> Iterator[None]:
    """Around any change of rotations: afterwards each is anchored so that its shift stays with its holder.

    Inside a transaction and `acting`. A holder who was taken off is followed by the next of the old order.
    """
    before = {rotation.pk: _in_line(rotation, now) for rotation in _rotations(rotation_ids)}
    yield
    for rotation in _rotations(rotation_ids):
        _anchor(rotation, before[rotation.pk], now)


def _rotations(rotation_ids: Sequence[int]) -> list[Rotation]:
    rows = Rotation.objects.select_related("schedule").prefetch_related("participants")
    return list(rows.filter(pk__in=rotation_ids))


def _people(rotation: Rotation) -> list[int]:
    return [
        row.membership_id for row in sorted(rotation.participants.all(), key=lambda r: (r.position, r.pk))
    ]


def rota_of(rotation: Rotation) -> Rota:
    """The pure form. Reads the schedule and the participants."""
    return Rota(
        rotation.schedule.zone,
        rotation.start_local,
        rotation.unit,
        rotation.length,
        len(_people(rotation)),
        rotation.anchor_index,
        rotation.anchor_shift,
    )


def _in_line(rotation: Rotation, now: datetime) -> list[int]:
    """Everybody from whoever has the shift now, in turn."""
    people = _people(rotation)
    if not people:
        return []
    turn = shift_at(rota_of(rotation), now).turn
    return people[turn:] + people[:turn]


def _anchor(rotation: Rotation, in_line: list[int], now: datetime) -> None:
    people = _people(rotation)
    if not people:
        return
    holder = next((person for person in in_line if person in people), people[0])
    shift = shift_at(rota_of(rotation), now)
    if people[shift.turn] == holder:
        return  # also of somebody who is in line twice: their turn stays the one it is
    index = people.index(holder)
    rotation.anchor_index, rotation.anchor_shift = index, shift.number
    rotation.save(update_fields=["anchor_index", "anchor_shift"])
