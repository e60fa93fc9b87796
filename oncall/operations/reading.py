"""The stored rules of schedules as the pure Roster. Values, not models: a tenant may have 500 schedules."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, QuerySet, Value

from oncall.models import Absence, Override, Restriction, Rotation, Swap, TemporarySchedule
from oncall.roster import Absence as Away
from oncall.roster import Cover, Layer, Roster, Stint, Temporary, Window
from oncall.rota import Rota


def rosters_of(schedule_ids: Iterable[int], *, since: datetime) -> dict[int, Roster]:
    """The rules as they stand; overrides, swaps, temporary schedules and absences that end after `since`.

    Five queries at most, whatever the number. Every id asked for is in the answer: a schedule that is gone
    has nobody.
    """
    ids = sorted(set(schedule_ids))
    if not ids:
        return {}
    layers = _layers(ids)
    covers, temporaries = _covers(ids, since), _temporaries(ids, since)
    away = _absences({p for of_one in layers.values() for layer in of_one for p in layer.people}, since)
    return {
        pk: roster_from(layers.get(pk, ()), covers.get(pk, ()), temporaries.get(pk, ()), away) for pk in ids
    }


def roster_from(
    layers: Sequence[Layer],
    covers: Sequence[Cover],
    temporaries: Sequence[Temporary],
    away: dict[int, list[Away]],
) -> Roster:
    """`away` is by person; those of nobody in the layers are left out."""
    concerned: tuple[Away, ...] = ()
    if away:
        people = dict.fromkeys(person for layer in layers for person in layer.people)
        concerned = tuple(absence for person in people for absence in away.get(person, ()))
    return Roster(tuple(layers), tuple(covers), tuple(temporaries), concerned)


def layer_from(
    row: tuple[int, str, date, time, str, int, int, int, int, int, bool],
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
_LEFT = Q(participants__membership__ended_at__isnull=False) | Q(
    participants__membership__user__is_active=False
)


def _in_turn(expression: Any, **filters: Any) -> ArrayAgg:
    order = ("participants__position", "participants__id")
    return ArrayAgg(expression, order_by=order, default=Value([]), **filters)


def _layers(schedule_ids: Collection[int]) -> dict[int, list[Layer]]:
    member = "participants__membership_id"
    rows = Rotation.objects.filter(schedule_id__in=schedule_ids).annotate(
        people=_in_turn(member, filter=Q(participants__isnull=False)), left=_in_turn(member, filter=_LEFT)
    )
    fields = ("schedule_id", "schedule__time_zone", *LAYER_FIELDS, "people", "left")
    found: dict[int, list[Layer]] = {}
    windows = _windows(schedule_ids)
    for schedule, zone, *row, people, left in rows.order_by("id").values_list(*fields):
        layer = layer_from(tuple(row), zone=zone, people=people, left=left, windows=windows.get(row[0], ()))
        found.setdefault(schedule, []).append(layer)
    return found


def window_from(days: str, start: time, end: time) -> Window:
    return Window(frozenset(map(int, days)), start, end)


def _windows(schedule_ids: Collection[int]) -> dict[int, list[Window]]:
    """By rotation."""
    found: dict[int, list[Window]] = {}
    rows = Restriction.objects.filter(rotation__schedule_id__in=schedule_ids).order_by("id")
    for rotation, *window in rows.values_list("rotation_id", "days", "start", "end"):
        found.setdefault(rotation, []).append(window_from(*window))
    return found


def _present(person: str) -> Q:
    return Q(**{f"{person}__ended_at": None, f"{person}__user__is_active": True})


def swaps_in_effect() -> QuerySet[Swap, Swap]:
    """Taken, not withdrawn and, where the schedule wants it, approved."""
    rows: QuerySet[Swap, Swap] = Swap.objects.filter(withdrawn_at=None, taken_by__isnull=False)
    return rows.filter(Q(schedule__swaps_need_approval=False) | Q(approved_at__isnull=False))


def _covers(schedule_ids: Collection[int], since: datetime) -> dict[int, list[Cover]]:
    """Overrides, then swaps, each in the order in which they were made. One statement for both."""
    later = Q(schedule_id__in=schedule_ids, ends_at__gt=since)
    overrides = Override.objects.filter(later, _present("membership")).order_by()
    swaps = swaps_in_effect().filter(later, _present("taken_by")).order_by()
    rows = overrides.values_list(
        "schedule_id", "kind", "membership_id", "replaces_id", "starts_at", "ends_at", "id"
    ).union(
        swaps.values_list(
            "schedule_id", Value("swap"), "taken_by_id", "membership_id", "starts_at", "ends_at", "id"
        ),
        all=True,
    )
    found: dict[int, list[Cover]] = {}
    for schedule, *cover in sorted(rows, key=lambda row: (row[1] == "swap", row[-1])):
        found.setdefault(schedule, []).append(Cover(*cover))
    return found


def _temporaries(schedule_ids: Collection[int], since: datetime) -> dict[int, list[Temporary]]:
    rows = TemporarySchedule.objects.filter(schedule_id__in=schedule_ids, ends_at__gt=since)
    shift = ("shifts__membership_id", "shifts__starts_at", "shifts__ends_at")
    left = ("shifts__membership__ended_at", "shifts__membership__user__is_active")
    fields = ("schedule_id", "id", "name", "starts_at", "ends_at", *shift, *left)
    found: dict[int, list[Temporary]] = {}
    listed = rows.order_by("id", "shifts__id").values_list(*fields)
    for (schedule, pk, name, starts, ends), shifts in groupby(listed, key=lambda row: row[:5]):
        stints = tuple(Stint(*row[5:8]) for row in shifts if row[8] is None and row[9])
        found.setdefault(schedule, []).append(Temporary(pk, name, starts, ends, stints))
    return found


def _absences(people: Collection[int], since: datetime) -> dict[int, list[Away]]:
    if not people:
        return {}
    rows = Absence.objects.filter(membership_id__in=people, ends_at__gt=since).order_by("id")
    found: dict[int, list[Away]] = {}
    for absence in rows.values_list("membership_id", "starts_at", "ends_at"):
        found.setdefault(absence[0], []).append(Away(*absence))
    return found
