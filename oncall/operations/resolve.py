"""The one resolver of who is on call, used by the pager, the screens, the API and the commands."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from oncall import roster as pure
from oncall.models import Override, RotationMember, Schedule
from oncall.roster import Cover, Duty, Layer, Roster
from oncall.rota import Rota


@dataclass(frozen=True)
class OnCall:
    """`source` says why, in words ("Weekly", "covers for Anna"); `until` is None where no end is in sight."""

    membership: Membership
    source: str
    until: datetime | None


def on_call_at(*, schedule: Schedule, at: datetime) -> list[OnCall]:
    """Who is on call, by name; empty where nobody is. Three queries. People who left are passed over."""
    return on_call_for(schedules=[schedule], at=at)[schedule.pk]


def on_call_for(*, schedules: Sequence[Schedule], at: datetime) -> dict[int, list[OnCall]]:
    """The same for many schedules, by schedule id. Three queries whatever their number."""
    rosters = rosters_of((schedule.pk for schedule in schedules), since=at)
    duties = {pk: pure.on_duty(roster, at) for pk, roster in rosters.items()}
    people = _people_in(duties.values())
    return {
        pk: _as_on_call(duties[pk], people, {p: pure.until(rosters[pk], p, at) for p in duties[pk]})
        for pk in duties
    }


def next_on_call(*, schedule: Schedule, at: datetime) -> tuple[list[OnCall], datetime] | None:
    """Who is on call after the next change, and when that is (within 62 days). Three queries."""
    roster = rosters_of([schedule.pk], since=at)[schedule.pk]
    change = pure.next_change(roster, at)
    if change is None:
        return None
    moment, duties = change
    ends = {person: pure.until(roster, person, moment) for person in duties}
    return _as_on_call(duties, _people_in([duties]), ends), moment


def rosters_of(schedule_ids: Iterable[int], *, since: datetime) -> dict[int, Roster]:
    """The stored rules of these schedules, with overrides that end after `since`. Two queries.

    Every id asked for is in the answer: a schedule that is gone has nobody.
    """
    ids = sorted(set(schedule_ids))
    if not ids:
        return {}
    layers, covers = _layers(ids), _covers(ids, since)
    return {pk: Roster(tuple(layers.get(pk, ())), tuple(covers.get(pk, ()))) for pk in ids}


def _layers(schedule_ids: Collection[int]) -> dict[int, list[Layer]]:
    # Values, not models: 500 schedules are 500 rotations with thousands of participants.
    rows = RotationMember.objects.filter(rotation__schedule_id__in=schedule_ids).order_by(
        "rotation_id", "position", "id"
    )
    fields = (
        "rotation_id",
        "rotation__schedule_id",
        "rotation__schedule__time_zone",
        "rotation__name",
        "rotation__start_date",
        "rotation__start_time",
        "rotation__unit",
        "rotation__length",
        "rotation__anchor_index",
        "rotation__anchor_shift",
        "membership_id",
        "membership__ended_at",
        "membership__user__is_active",
    )
    found: dict[int, list[Layer]] = {}
    for _rotation, group in groupby(rows.values_list(*fields), key=lambda row: row[0]):
        members = list(group)
        _pk, schedule, zone, name, day, time, unit, length, index, shift, *_person = members[0]
        start = datetime.combine(day, time)
        rota = Rota(ZoneInfo(zone), start, unit, length, len(members), index, shift)
        people = tuple(row[10] for row in members)
        away = frozenset(row[10] for row in members if row[11] is not None or not row[12])
        found.setdefault(schedule, []).append(Layer(name, rota, people, away))
    return found


def _covers(schedule_ids: Collection[int], since: datetime) -> dict[int, list[Cover]]:
    rows = Override.objects.filter(
        schedule_id__in=schedule_ids,
        ends_at__gt=since,
        membership__ended_at=None,
        membership__user__is_active=True,
    ).order_by("id")
    found: dict[int, list[Cover]] = {}
    fields = ("schedule_id", "kind", "membership_id", "replaces_id", "starts_at", "ends_at")
    for schedule, *cover in rows.values_list(*fields):
        found.setdefault(schedule, []).append(Cover(*cover))
    return found


def _people_in(duties: Iterable[dict[int, Duty]]) -> dict[int, Membership]:
    ids = set()
    for of_one in duties:
        for person, duty in of_one.items():
            ids.add(person)
            if duty.cover is not None and duty.cover.instead_of is not None:
                ids.add(duty.cover.instead_of)
    return people_by_id(ids)


def people_by_id(ids: Collection[int]) -> dict[int, Membership]:
    """Memberships with their user, also of people who left. One query, none for no ids."""
    if not ids:
        return {}
    found: dict[int, Membership] = Membership.objects.select_related("user").in_bulk(list(ids))
    return found


def source_of(duty: Duty, people: dict[int, Membership]) -> str:
    """Why somebody is on call, in the reader's language."""
    if duty.cover is None:
        return duty.layer
    if duty.cover.instead_of is None:
        return _("also on call")
    return _("covers for %(name)s") % {"name": people[duty.cover.instead_of]}


def _as_on_call(
    duties: dict[int, Duty], people: dict[int, Membership], ends: dict[int, datetime | None]
) -> list[OnCall]:
    found = [OnCall(people[p], source_of(duty, people), ends[p]) for p, duty in duties.items()]
    return sorted(found, key=lambda on_call: str(on_call.membership))
