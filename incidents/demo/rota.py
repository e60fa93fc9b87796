"""The weeks ahead of Harbour Goods, as they really are: another layer by day, a cover, a swap, leave."""

from datetime import date, datetime, time, timedelta

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from oncall.drawing.days import midnight, monday_of
from oncall.drawing.lanes import Stretch, stretches
from oncall.models import Holiday, OverrideKind, Restriction, Rotation, RotationMember, RotationUnit, Schedule
from oncall.operations.absences import add_absence
from oncall.operations.overrides import add_override, cover
from oncall.operations.resolve import rosters_of
from oncall.operations.swaps import ask
from oncall.roster import spans

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def plan_ahead(*, members: dict[str, Membership], actor: Actor, now: datetime) -> None:
    """On the schedules of `cast`, from now on. By the operations that people use."""
    shop, platform = (Schedule.objects.get(name=f"{team} on call") for team in ("Shop", "Platform"))
    with acting(actor, now=now):
        _by_day(shop, [members["anna"], members["eva"]], now)
        Holiday.objects.create(day=date(now.year, 12, 25), name="Christmas Day")
    _cover_an_evening(shop, members, actor, now)
    _ask_for_a_night(shop, now)
    monday = midnight(monday_of(now.date()) + 7 * DAY, shop.zone)
    add_absence(
        membership=members["joost"],
        starts_at=monday + 7 * DAY,
        ends_at=monday + 12 * DAY,
        note="Skiing",
        actor=members["joost"].as_actor(),
        now=now,
    )
    _leave_a_hole(platform, actor, now)


def _by_day(schedule: Schedule, people: list[Membership], now: datetime) -> None:
    """In office hours those who are at their desks anyway, a day each."""
    layer = Rotation.objects.create(
        schedule=schedule,
        name="Office hours",
        start_date=monday_of(now.date()),
        start_time=time(9),
        unit=RotationUnit.DAY,
        priority=1,
    )
    Restriction.objects.create(rotation=layer, days="12345", start=time(9), end=time(17))
    for position, person in enumerate(people):
        RotationMember.objects.create(rotation=layer, membership=person, position=position)


def _ahead(schedule: Schedule, now: datetime, days: int) -> list[Stretch]:
    """Who is on call in so many days from tomorrow on."""
    roster = rosters_of([schedule.pk], since=now)[schedule.pk]
    return [one for one in stretches(spans(roster, now + DAY, now + days * DAY)) if one.duty]


def _cover_an_evening(
    schedule: Schedule, members: dict[str, Membership], actor: Actor, now: datetime
) -> None:
    night = next(one for one in _ahead(schedule, now, 7) if one.end - one.start > 12 * HOUR)
    assert night.duty is not None
    person = next(members[name] for name in ("bram", "eva") if members[name].pk != night.duty.person)
    cover(
        schedule=schedule,
        membership=person,
        starts_at=night.start + HOUR,
        ends_at=night.start + 6 * HOUR,
        note="School evening",
        actor=person.as_actor(),
        now=now,
    )


def _ask_for_a_night(schedule: Schedule, now: datetime) -> None:
    """The last night of the coming two weeks, of whoever has it."""
    night = [one for one in _ahead(schedule, now, 14) if one.end - one.start > 12 * HOUR][-1]
    assert night.duty is not None
    person = Membership.objects.select_related("user").get(pk=night.duty.person)
    ask(
        schedule=schedule,
        membership=person,
        starts_at=night.start,
        ends_at=night.end,
        note="Concert",
        actor=person.as_actor(),
        now=now,
    )


def _leave_a_hole(schedule: Schedule, actor: Actor, now: datetime) -> None:
    """Four hours of a night without anybody: what the calendar is for."""
    day = midnight(now.astimezone(schedule.zone).date() + 3 * DAY, schedule.zone)
    roster = rosters_of([schedule.pk], since=now)[schedule.pk]
    there = stretches(spans(roster, day + 2 * HOUR, day + 6 * HOUR))
    for one in there:
        if one.duty is not None:
            person = Membership.objects.select_related("user").get(pk=one.duty.person)
            add_override(
                schedule=schedule,
                kind=OverrideKind.REMOVE,
                membership=person,
                starts_at=one.start,
                ends_at=one.end,
                note="Night train",
                actor=actor,
                now=now,
            )
