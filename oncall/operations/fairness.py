"""Who carries how much: hours, nights, weekends, holidays and shifts on call, times called and woken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from config.tenancy.models import Membership
from oncall import coverage
from oncall.drawing.days import midnight
from oncall.drawing.lanes import Stretch, stretches
from oncall.models import Holiday, Schedule
from oncall.operations.load import NIGHT_BEGINS, NIGHT_ENDS, load_of
from oncall.operations.resolve import people_by_id
from oncall.operations.whole import spans_of_all
from oncall.roster import Span, Window
from oncall.windows import Week

HOUR = timedelta(hours=1)
NO_TIME = timedelta(0)
EVERY_DAY = frozenset(range(1, 8))
NIGHTS = Week.of((Window(EVERY_DAY, time(NIGHT_BEGINS), time(NIGHT_ENDS)),))
WEEKENDS = Week.of((Window(frozenset({6, 7}), time(0), time(0)),))


@dataclass(frozen=True)
class Burden:
    """Of one person. Hours are whole numbers, rounded; nights, weekends and holidays are on the person's own
    clock. `called` and `woken` are of all schedules and call-ins.
    """

    membership: Membership
    hours: int
    night_hours: int
    weekend_hours: int
    holiday_hours: int
    shifts: int
    called: int
    woken: int


def fairness(*, schedules: Sequence[Schedule], start: datetime, end: datetime, now: datetime) -> list[Burden]:
    """Everybody who is on call on these within [start, end), the one with the most hours first.

    Until now by who really was on call, from now on by the rules as they stand.
    Time on call at two schedules at once is one time for the person. A fixed number of queries.
    """
    found = spans_of_all([schedule.pk for schedule in schedules], start, end, now=now)
    by_person = _by_person(found.values())
    people = people_by_id(by_person.keys())
    days = _holidays(schedules, start, end)
    load = {one.membership.pk: one for one in load_of(begins_at=start, ends_at=end)}
    burdens = []
    for person, own in by_person.items():
        member, times = people[person], _merged(own)
        zone = ZoneInfo(member.user.time_zone)
        rang = load.get(person)
        burdens.append(
            Burden(
                membership=member,
                hours=_hours(times),
                night_hours=_hours(_inside(times, NIGHTS.openings(start, end, zone))),
                weekend_hours=_hours(_inside(times, WEEKENDS.openings(start, end, zone))),
                holiday_hours=_hours(_inside(times, _of_days(days, zone))),
                shifts=len(own),
                called=rang.called if rang else 0,
                woken=rang.woken if rang else 0,
            )
        )
    return sorted(burdens, key=lambda one: (-one.hours, str(one.membership)))


def _by_person(of_each: Iterable[list[Span]]) -> dict[int, list[Stretch]]:
    found: dict[int, list[Stretch]] = {}
    for spans in of_each:
        for one in stretches(spans):
            if one.duty is not None:
                found.setdefault(one.duty.person, []).append(one)
    return found


def _merged(own: Iterable[Stretch]) -> list[Span]:
    times: list[Span] = []
    for one in sorted(own, key=lambda each: each.start):
        if times and one.start <= times[-1].end:
            times[-1] = times[-1]._replace(end=max(times[-1].end, one.end))
        else:
            times.append(Span(one.start, one.end, {}))
    return times


def _inside(times: list[Span], openings: Iterable[tuple[datetime, datetime]]) -> list[Span]:
    return list(coverage.within(times, openings))


def _hours(times: Iterable[Span]) -> int:
    return round(sum((one.end - one.start for one in times), NO_TIME) / HOUR)


def _holidays(schedules: Sequence[Schedule], start: datetime, end: datetime) -> list[date]:
    teams = {schedule.team_id for schedule in schedules if schedule.team_id}
    days = Holiday.objects.filter(
        Q(team=None) | Q(team__in=teams), day__range=(start.date() - timedelta(days=1), end.date())
    )
    return sorted(set(days.values_list("day", flat=True)))


def _of_days(days: list[date], zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    return [(midnight(day, zone), midnight(day + timedelta(days=1), zone)) for day in days]
