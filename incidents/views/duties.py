"""Who has which schedule now, who is next, and the hours ahead in which nobody has it. One statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.tenancy.models import Membership
from incidents.operations.shift_changes import Rosters
from oncall import roster as pure
from oncall.coverage import missing
from oncall.models import Schedule
from oncall.operations.coverage import people_of, pieces
from oncall.operations.resolve import people_by_id
from oncall.roster import Roster

AHEAD = timedelta(hours=24)


@dataclass(frozen=True)
class Gap:
    """Nobody from `start` until `end`; None where no end is in sight within a day."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Duty:
    """`then` are the people after the next change at `until`; both empty where no change is in sight."""

    schedule: Schedule
    people: list[Membership]
    until: datetime | None
    then: list[Membership]
    gaps: list[Gap]
    unreachable: list[Membership]


def duties(read: Rosters, *, now: datetime, reachable: set[int]) -> list[Duty]:
    """One a schedule, by name. `reachable` are the memberships with a verified way to be reached."""
    schedules, rosters = read.schedules, read.of
    changes = {pk: pure.next_change(roster, now) for pk, roster in rosters.items()}
    present = {pk: list(pure.on_duty(roster, now)) for pk, roster in rosters.items()}
    following = {pk: list(change[1]) if change else [] for pk, change in changes.items()}
    ids = {person for of_one in (*present.values(), *following.values()) for person in of_one}
    people = people_by_id(ids)
    found = []
    for schedule in schedules:
        change, there = changes[schedule.pk], present[schedule.pk]
        found.append(
            Duty(
                schedule=schedule,
                people=[people[person] for person in there],
                until=change[0] if change else None,
                then=[people[person] for person in following[schedule.pk]],
                gaps=gaps_in(schedule, rosters[schedule.pk], now),
                unreachable=[people[person] for person in there if person not in reachable],
            )
        )
    return found


def gaps_in(schedule: Schedule, roster: Roster, now: datetime) -> list[Gap]:
    """The stretches within the next 24 hours without anybody that the schedule should cover, in order."""
    until = now + AHEAD
    found = missing(pieces(schedule, roster, now, until), people_of([roster]))
    return [Gap(one.start, one.end if one.end < until else None) for one in found if one.person is None]
