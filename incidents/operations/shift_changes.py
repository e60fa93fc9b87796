"""Open incidents at the change of a shift: who hands over what to whom. Reads; the rule: incidents.shifts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from config.tenancy.models import Membership
from incidents import shifts
from incidents.models import Incident, RoleAssignment
from oncall.models import Schedule
from oncall.operations.resolve import people_by_id, rosters_of
from oncall.roster import Roster


@dataclass(frozen=True)
class Rosters:
    schedules: list[Schedule]
    of: dict[int, Roster]


@dataclass(frozen=True)
class ShiftChange:
    """Those who leave a schedule at `at`, and those who take over from them."""

    schedule: Schedule
    at: datetime
    is_past: bool
    leaving: frozenset[int]
    arriving: list[Membership]


@dataclass(frozen=True)
class Handover:
    """`given` is whose role it is now; `to` takes over when the shift changes."""

    given: RoleAssignment
    to: Membership
    change: ShiftChange

    @property
    def incident(self) -> Incident:
        incident: Incident = self.given.incident
        return incident

    def concerns(self, membership: Membership) -> bool:
        return membership.pk in (self.given.membership_id, self.to.pk)


def read_rosters(*, now: datetime) -> Rosters:
    """Every schedule, as of half an hour ago: three queries."""
    schedules = list(Schedule.objects.all())
    since = now - shifts.AROUND
    return Rosters(schedules, rosters_of((schedule.pk for schedule in schedules), since=since))


def shift_changes(rosters: Rosters, *, now: datetime) -> list[ShiftChange]:
    """Around now, in order of the schedules. One query, none where nobody is relieved."""
    found = [
        (schedule, change)
        for schedule in rosters.schedules
        for change in shifts.changes_around(rosters.of[schedule.pk], now)
    ]
    people = people_by_id({person for _schedule, change in found for person in change.arriving})
    return [
        ShiftChange(
            schedule=schedule,
            at=change.at,
            is_past=change.is_past(now),
            leaving=change.leaving,
            arriving=[people[person] for person in change.arriving],
        )
        for schedule, change in found
    ]


def handovers(held: Iterable[RoleAssignment], changes: list[ShiftChange]) -> list[Handover]:
    """What those who leave still have, with the first of those who take over. One change a role is enough.

    `held` are current roles of open incidents. Where the one who takes over has the role already, it is done.
    """
    held = list(held)
    has = {(given.incident_id, given.role_id, given.membership_id) for given in held}
    found: dict[int, Handover] = {}
    for given in held:
        for change in changes:
            to = change.arriving[0]
            done = (given.incident_id, given.role_id, to.pk) in has
            if given.membership_id in change.leaving and not done:
                found.setdefault(given.pk, Handover(given, to, change))
    return list(found.values())


def next_shift(
    rosters: Rosters, membership: Membership, *, now: datetime
) -> tuple[datetime, Schedule] | None:
    """The soonest that this person is on call again and where; None within two months. No query."""
    starts = [
        (start, schedule)
        for schedule in rosters.schedules
        if (start := shifts.next_shift(rosters.of[schedule.pk], membership.pk, now)) is not None
    ]
    return min(starts, key=lambda one: one[0]) if starts else None
