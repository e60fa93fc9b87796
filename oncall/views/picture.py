"""The picture of one schedule or of all: drawn for a desk and for a phone, and told in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from oncall.drawing import words
from oncall.drawing.blocks import Block, Spoken, Strip, strip
from oncall.drawing.days import Day, days_from, monday_of
from oncall.drawing.lanes import EXCEPTIONS, FINAL, Lane, Stretch
from oncall.drawing.marks import initials, patterns
from oncall.models import Holiday, Schedule
from oncall.operations.resolve import people_by_id
from oncall.views.asked import Asked

# How wide the place of a strip is at least: on a desk from 960 px on, and on a phone of 360 px.
WIDE, NARROW = 780, 300
# Beyond the days that are shown, so that a shift is known by its own bounds.
AROUND = timedelta(days=35)


@dataclass(frozen=True)
class DayHead:
    day: Day
    words: str
    is_today: bool
    odd: str
    holidays: list[str]


@dataclass(frozen=True)
class Row:
    """A lane in a week, or a schedule on a day of the agenda."""

    name: str
    kind: str
    link: str
    strip: Strip


@dataclass(frozen=True)
class Week:
    """`gaps` are those whose words do not fit into the picture."""

    heads: list[DayHead]
    rows: list[Row]
    says: str
    gaps: list[Block]


@dataclass(frozen=True)
class AgendaDay:
    head: DayHead
    rows: list[Row]
    gaps: list[Block]


@dataclass(frozen=True)
class Line:
    """One line of the table: the same as a block, in words."""

    when: str
    schedule: str
    who: str
    why: str
    link: str
    gap: bool


@dataclass(frozen=True)
class Person:
    initials: str
    name: str
    pattern: int


@dataclass(frozen=True)
class Picture:
    weeks: list[Week]
    agenda: list[AgendaDay]
    lines: list[Line]
    people: list[Person]
    several: bool
    ticks: tuple[str, ...] = ("00", "06", "12", "18", "24")


@dataclass(frozen=True)
class Shown:
    """A schedule with its lanes, and where its blocks lead: `address` and the question that was asked."""

    schedule: Schedule
    lanes: list[Lane]
    address: str
    asked: Asked

    @property
    def final(self) -> Lane:
        return self.lanes[-1]

    def link(self, one: Stretch) -> str:
        at = max(one.start, self.asked.start)
        return f"{self.address}{self.asked.query(at=at)}#shift"


def picture_of(shown: Sequence[Shown], asked: Asked, *, one: bool, now: datetime) -> Picture:
    """`one`: a lane for each layer of the only schedule; else one for each schedule. Two queries."""
    days = days_from(asked.first, asked.weeks * 7, asked.zone)
    inside = [(each, lane, s) for each in shown for lane in each.lanes for s in _within(lane, asked)]
    people = people_by_id({p for _each, _lane, s in inside for p in words.people_in(s)})
    names = {pk: str(person) for pk, person in people.items()}
    held = patterns(s.duty.person for _each, _lane, s in inside if s.duty)
    heads = _heads(days, asked, [each.schedule for each in shown])

    def row(each: Shown, lane: Lane, name: str, of: Sequence[Day], pixels: int) -> Row:
        speak = _speaker(each, names)
        drawn = strip(lane, of, pixels=pixels, patterns=held, speak=speak, now=now)
        return Row(name, lane.kind, each.address + asked.query(), drawn)

    def rows(of: Sequence[Day]) -> list[Row]:
        if not one:
            return [row(each, each.final, each.schedule.name, of, WIDE) for each in shown]
        found = [row(each, lane, _lane_name(lane), of, WIDE) for each in shown for lane in each.lanes]
        return [lane for lane in found if not lane.strip.empty]

    return Picture(
        weeks=[_week(days[at : at + 7], heads[at : at + 7], rows) for at in range(0, len(days), 7)],
        agenda=[
            _agenda_day(
                head, [row(each, each.final, each.schedule.name, [head.day], NARROW) for each in shown]
            )
            for head in heads
            if not _is_over(head, asked)
        ],
        lines=_lines(shown, asked, names),
        people=[
            Person(initials(names[pk]), names[pk], held[pk]) for pk in sorted(held, key=lambda pk: names[pk])
        ],
        several=not one,
    )


def _within(lane: Lane, asked: Asked) -> list[Stretch]:
    return [s for row in lane.rows for s in row if s.start < asked.end and s.end > asked.start]


def _speaker(each: Shown, names: dict[int, str]) -> Callable[[Stretch], Spoken]:
    zone, schedule = each.asked.zone, each.schedule.name

    def speak(one: Stretch) -> Spoken:
        said = words.sentence(one, schedule, names, zone)
        return Spoken(words.labels(one, names, zone), said, each.link(one), "" if one.duty else _("Fill it"))

    return speak


def _lane_name(lane: Lane) -> str:
    if lane.kind == FINAL:
        return _("Final")
    return _("Exceptions") if lane.kind == EXCEPTIONS else lane.name


def _week(days: list[Day], heads: list[DayHead], rows: Callable[[Sequence[Day]], list[Row]]) -> Week:
    says = _("Week of %(day)s") % {"day": date_format(days[0].date, "j M Y")}
    found = rows(days)
    return Week(heads, found, says, _gaps(found))


def _agenda_day(head: DayHead, rows: list[Row]) -> AgendaDay:
    return AgendaDay(head, rows, _gaps(rows))


def _is_over(head: DayHead, asked: Asked) -> bool:
    """A phone shows what is ahead of this week first: what was is a tap on "Earlier" away."""
    return asked.first == monday_of(asked.today) and head.day.date < asked.today


def _gaps(rows: Sequence[Row]) -> list[Block]:
    return [block for row in rows for block in row.strip.blocks if block.kind == "gap" and not block.fits]


# --- days ---------------------------------------------------------------------------------------------------
def _heads(days: list[Day], asked: Asked, schedules: Sequence[Schedule]) -> list[DayHead]:
    holidays = holidays_of(days[0].date, days[-1].date, schedules)
    return [
        DayHead(
            day=day,
            words=date_format(day.date, "D j M" if day.date.day == 1 or at == 0 else "D j"),
            is_today=day.date == asked.today,
            odd=_("%(hours)s h") % {"hours": day.odd_hours} if day.odd_hours else "",
            holidays=holidays.get(day.date, []),
        )
        for at, day in enumerate(days)
    ]


def holidays_of(first: date, last: date, schedules: Sequence[Schedule]) -> dict[date, list[str]]:
    """Everybody's, and those of the teams of these schedules. One query."""
    teams = {schedule.team_id for schedule in schedules if schedule.team_id}
    rows = Holiday.objects.filter(Q(team=None) | Q(team__in=teams), day__range=(first, last))
    found: dict[date, list[str]] = {}
    for day, name in rows.order_by("day", "id").values_list("day", "name"):
        if name not in found.setdefault(day, []):
            found[day].append(name)
    return found


# --- the table ----------------------------------------------------------------------------------------------
def _lines(shown: Sequence[Shown], asked: Asked, names: dict[int, str]) -> list[Line]:
    found = [(each, one) for each in shown for one in _within(each.final, asked)]
    return [_line(each, one, names) for each, one in sorted(found, key=lambda pair: pair[1].start)]


def _line(each: Shown, one: Stretch, names: dict[int, str]) -> Line:
    return Line(
        when=words.from_to(one.start, one.end, each.asked.zone),
        schedule=each.schedule.name,
        who=names[one.duty.person] if one.duty else _("Nobody"),
        why=words.why(one.duty, names) if one.duty else "",
        link=each.link(one),
        gap=one.duty is None,
    )


def names_of(found: Sequence[Stretch]) -> tuple[dict[int, Membership], dict[int, str]]:
    """Everybody who is named in these. One query."""
    people = people_by_id({person for one in found for person in words.people_in(one)})
    return people, {pk: str(person) for pk, person in people.items()}
