"""The stored rules of schedules as the pure Roster.

Two statements of its own, whatever the number of schedules: each page, screen and list asks this, and for one
schedule the ORM spent longer on composing its statements than the database on answering them.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from config.tenancy.scoping import bound_tenant_id
from oncall.duty import SWAP
from oncall.operations.rules_sql import LAYERS, TIMED
from oncall.roster import Absence, Cover, Layer, Roster, Stint, Temporary, Window
from oncall.rota import Rota

# Of a Rotation, as layer_from wants them.
LAYER_FIELDS = (
    "id",
    "name",
    "start_date",
    "start_time",
    "unit",
    "length",
    "anchor_index",
    "anchor_shift",
    "priority",
    "at_once",
    "count_only_active",
)


def rosters_of(schedule_ids: Iterable[int], *, since: datetime) -> dict[int, Roster]:
    """The rules as they stand; overrides, swaps, temporary schedules and absences that end after `since`.

    Two queries whatever the number. Every id asked for is in the answer: a schedule that is gone has nobody.
    Raises NoTenant outside a tenant.
    """
    ids = sorted(set(schedule_ids))
    if not ids:
        return {}
    rotations = _rows(LAYERS, schedules=ids)
    timed = _timed(ids, {person for row in rotations for person in row[-2]}, since)
    layers = _layers(rotations, timed.gone)
    return {
        pk: roster_from(
            layers.get(pk, ()), timed.covers.get(pk, ()), timed.temporaries.get(pk, ()), timed.away
        )
        for pk in ids
    }


def _layers(rotations: Sequence[tuple[Any, ...]], gone: Collection[int]) -> dict[int, list[Layer]]:
    found: dict[int, list[Layer]] = {}
    for schedule, zone, *row, people, windows in rotations:
        layer = layer_from(
            row,
            zone=zone,
            people=people,
            left=gone and [person for person in people if person in gone],
            windows=[_window(text) for text in windows],
        )
        found.setdefault(schedule, []).append(layer)
    return found


def _window(text: str) -> Window:
    days, start, end = text.split()
    return window_from(days, time.fromisoformat(start), time.fromisoformat(end))


class _Timed(NamedTuple):
    """By schedule, by schedule, by person; and who can no longer be on call."""

    covers: dict[int, list[Cover]]
    temporaries: dict[int, list[Temporary]]
    away: dict[int, list[Absence]]
    gone: set[int]


def _timed(schedule_ids: Sequence[int], people: Collection[int], since: datetime) -> _Timed:
    covers: dict[int, list[Cover]] = {}
    swaps: dict[int, list[Cover]] = {}
    wholes: dict[int, list[Temporary]] = {}
    shifts: dict[int, list[Stint]] = {}
    away: dict[int, list[Absence]] = {}
    rows = _rows(TIMED, schedules=schedule_ids, people=list(people), since=since)
    gone = {row[3] for row in rows if row[0] == "gone"}
    for kind, pk, of, person, other, start, end, name in rows:
        if person in gone and kind != "away":
            continue
        starts, ends = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
        if kind == "away":
            away.setdefault(person, []).append(Absence(person, starts, ends))
        elif kind == "shift":
            shifts.setdefault(of, []).append(Stint(person, starts, ends))
        elif kind == "whole":
            wholes.setdefault(of, []).append(Temporary(pk, name, starts, ends, ()))
        else:
            into = swaps if kind == SWAP else covers
            into.setdefault(of, []).append(Cover(kind, person, other, starts, ends, pk))
    for of, swapped in swaps.items():
        covers.setdefault(of, []).extend(swapped)
    temporaries = {
        of: [whole._replace(shifts=tuple(shifts.get(whole.id, ()))) for whole in each]
        for of, each in wholes.items()
    }
    return _Timed(covers, temporaries, away, gone)


def _rows(statement: str, **given: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given | {"tenant": bound_tenant_id()})
        return cursor.fetchall()


def roster_from(
    layers: Sequence[Layer],
    covers: Sequence[Cover],
    temporaries: Sequence[Temporary],
    away: dict[int, list[Absence]],
) -> Roster:
    """`away` is by person; those of nobody in the layers are left out."""
    concerned: tuple[Absence, ...] = ()
    if away:
        people = dict.fromkeys(person for layer in layers for person in layer.people)
        concerned = tuple(absence for person in people for absence in away.get(person, ()))
    return Roster(tuple(layers), tuple(covers), tuple(temporaries), concerned)


def layer_from(
    row: Sequence[Any],
    *,
    zone: str,
    people: Sequence[int],
    left: Collection[int],
    windows: Sequence[Window],
) -> Layer:
    """`row`: a Rotation's LAYER_FIELDS."""
    pk, name, day, at, unit, length, index, shift, priority, at_once, count_only_active = row
    rota = Rota(ZoneInfo(zone), datetime.combine(day, at), unit, length, len(people), index, shift)
    return Layer(
        name,
        rota,
        tuple(people),
        frozenset(left),
        pk,
        priority,
        at_once,
        tuple(windows),
        count_only_active,
    )


def window_from(days: str, start: time, end: time) -> Window:
    return Window(frozenset(map(int, days)), start, end)
