"""The shifts that a feed shows, each with a name that stays the same and when its rules last changed."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Max

from config.tenancy.models import Membership
from config.tenancy.scoping import bound_tenant_id
from oncall import models
from oncall.drawing.lanes import Stretch, stretches
from oncall.drawing.words import people_in, why
from oncall.duty import REPLACE, SWAP
from oncall.models import CalendarFeed, Schedule
from oncall.operations.coverage import people_of
from oncall.operations.resolve import people_by_id, rosters_of
from oncall.operations.whole import spans_of_all
from oncall.roster import Roster, Span

PAST, AHEAD = timedelta(days=30), timedelta(days=180)
WEEK = timedelta(weeks=1)
MOST_SHIFTS = 3000
# A Monday. What began before the feed does is cut at one of these, so that its name changes once a week.
FIRST_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


class Shift(NamedTuple):
    """`uid` is unique in the world and stays; `changed_at` is when the rules behind it last changed."""

    uid: str
    start: datetime
    end: datetime
    schedule: Schedule
    person: Membership
    instead_of: Membership | None
    is_swap: bool
    why: str
    changed_at: datetime


def shifts_of(feed: CalendarFeed, *, now: datetime) -> list[Shift]:
    """By start. A fixed number of queries, whatever the number of schedules. In the active language."""
    schedules = list(Schedule.objects.all()) if feed.schedule is None else [feed.schedule]
    whose = feed.membership_id if feed.schedule is None else None
    start, end = _on_monday(now - PAST), _on_monday(now + AHEAD)
    rosters = rosters_of((schedule.pk for schedule in schedules), since=now)
    spans = spans_of_all(rosters.keys(), start, end, now=now, rosters=rosters)
    found = {pk: _stretches(of_one, whose, now - PAST) for pk, of_one in spans.items()}
    people = people_by_id({p for of_one in found.values() for one in of_one for p in people_in(one)})
    changed = changed_at({pk: rosters[pk] for pk, of_one in found.items() if of_one})
    shifts = [
        _shift(one, schedule, people, changed.get(schedule.pk) or feed.made_at)
        for schedule in schedules
        for one in found[schedule.pk]
    ]
    return sorted(shifts, key=lambda shift: (shift.start, shift.uid))[:MOST_SHIFTS]


def _on_monday(moment: datetime) -> datetime:
    return FIRST_MONDAY + (moment - FIRST_MONDAY) // WEEK * WEEK


def _stretches(found: list[Span], whose: int | None, after: datetime) -> list[Stretch]:
    """Of everybody, or of one; without those that ended before `after`."""
    return [
        one
        for one in stretches(found)
        if one.duty is not None and one.end > after and whose in (None, one.duty.person)
    ]


def _shift(one: Stretch, schedule: Schedule, people: dict[int, Membership], changed: datetime) -> Shift:
    assert one.duty is not None
    person, cover = people[one.duty.person], one.duty.cover
    replaced = cover is not None and cover.kind in (REPLACE, SWAP) and cover.instead_of is not None
    return Shift(
        uid=f"{schedule.uid}-{person.uid}-{one.start:%Y%m%dT%H%M%SZ}".lower(),
        start=one.start,
        end=one.end,
        schedule=schedule,
        person=person,
        instead_of=people[cover.instead_of] if cover and replaced and cover.instead_of else None,
        is_swap=cover is not None and cover.kind == SWAP,
        why=why(one.duty, {pk: str(member) for pk, member in people.items()}),
        changed_at=changed,
    )


# --- when the rules last changed ----------------------------------------------------------------------------
OF_SCHEDULE: Sequence[Any] = (models.Rotation, models.Override, models.Swap, models.TemporarySchedule)
OF_ROTATION: Sequence[Any] = (models.RotationMember, models.Restriction)


def changed_at(rosters: dict[int, Roster]) -> dict[int, datetime]:
    """When anything of these schedules was last changed, by schedule id, from their history."""
    found: dict[int, datetime] = {}

    def note(schedule: int, moment: datetime | None) -> None:
        if moment is not None and schedule in rosters:
            found[schedule] = max(found.get(schedule, moment), moment)

    for pk, moment in _latest(models.Schedule, "id", rosters):
        note(pk, moment)
    for model in OF_SCHEDULE:
        for pk, moment in _latest(model, "schedule_id", rosters):
            note(pk, moment)
    rotations = {layer.id: pk for pk, roster in rosters.items() for layer in roster.layers}
    for model in OF_ROTATION:
        for rotation, moment in _latest(model, "rotation_id", rotations):
            note(rotations[rotation], moment)
    wholes = {whole.id: pk for pk, roster in rosters.items() for whole in roster.temporaries}
    for whole, moment in _latest(models.TemporaryShift, "temporary_id", wholes):
        note(wholes[whole], moment)
    people = {person for roster in rosters.values() for person in people_of([roster])}
    absences = dict(_latest(models.Absence, "membership_id", people))
    for pk, roster in rosters.items():
        for person in people_of([roster]):
            note(pk, absences.get(person))
    return found


def _latest(model: Any, key: str, ids: Collection[int]) -> list[tuple[int, datetime]]:
    """(id, when) of the newest version in the history of `model`, for each value of `key`. One query."""
    if not ids:
        return []
    rows = model.history.model.objects.filter(tenant_id=bound_tenant_id(), **{f"{key}__in": list(ids)})
    return list(rows.order_by().values_list(key).annotate(Max("history_date")))
