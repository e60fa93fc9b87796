"""Changing rotations without taking the shift from whoever has it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from oncall.models import Rotation, RotationMember
from oncall.operations.overrides import add_override
from oncall.operations.reading import LAYER_FIELDS, layer_from, window_from
from oncall.roster import Layer
from oncall.rota import shift_number

__all__ = ["add_override", "holders_kept", "layer_of", "set_participants"]


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
    before = {rotation.pk: _line_now(rotation, now) for rotation in _rotations(rotation_ids)}
    yield
    for rotation in _rotations(rotation_ids):
        _anchor(rotation, before[rotation.pk], now)


def _rotations(rotation_ids: Sequence[int]) -> list[Rotation]:
    rows = Rotation.objects.select_related("schedule").prefetch_related("participants", "restrictions")
    return list(rows.filter(pk__in=rotation_ids))


def layer_of(rotation: Rotation) -> Layer:
    """The pure form, without who has left. Reads the schedule, the participants and the restrictions."""
    members = sorted(rotation.participants.all(), key=lambda row: (row.position, row.pk))
    return layer_from(
        [getattr(rotation, name) for name in LAYER_FIELDS],
        zone=rotation.schedule.time_zone,
        people=[row.membership_id for row in members],
        left=(),
        windows=[window_from(row.days, row.start, row.end) for row in rotation.restrictions.all()],
    )


@dataclass(frozen=True)
class _Line:
    """Everybody from whoever has the shift now, in turn; the first of them have it. Absences change nothing:
    whoever stands in today is not whose turn it is.
    """

    people: tuple[int, ...] = ()
    holders: frozenset[int] = frozenset()


def _line(layer: Layer, turn: int) -> _Line:
    people = tuple(dict.fromkeys(layer.people[turn:] + layer.people[:turn]))
    return _Line(people, frozenset(islice(people, layer.at_once)))


def _line_now(rotation: Rotation, now: datetime) -> _Line:
    layer = layer_of(rotation)
    return _line(layer, layer.due(shift_number(layer.rota, now))) if layer.people else _Line()


def _anchor(rotation: Rotation, before: _Line, now: datetime) -> None:
    """As many as can be of those who had it have it still; the first of them, or the next in line, first.

    The turn stays the one it is where that does as well, also for somebody who is in line twice.
    """
    layer = layer_of(rotation)
    if not layer.people:
        return
    number = shift_number(layer.rota, now)
    turn = layer.due(number)
    first = next((person for person in before.people if person in layer.people), layer.people[0])

    def kept(index: int) -> tuple[int, bool, bool, int]:
        still = len(_line(layer, index).holders & before.holders)
        return still, layer.people[index] == first, index == turn, -index

    index = max(range(len(layer.people)), key=kept)
    if index == turn:
        return
    rotation.anchor_index, rotation.anchor_shift = index, number
    rotation.save(update_fields=["anchor_index", "anchor_shift"])
