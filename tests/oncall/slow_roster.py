"""Who is on call, said as slowly and plainly as it can be. Shares no code with what it is held against."""

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from oncall.roster import Cover, Layer, Roster
from tests.oncall.every_transition import DAY, Rule, is_open, shifts, touched

QUARTER = timedelta(minutes=15)


@cache
def seen(zone: ZoneInfo, at: datetime) -> tuple[datetime, datetime]:
    """The latest time the wall has shown until `at`, and the earliest it shows from then on.

    Every jump of a clock nowadays is at a quarter of an hour. It is looked at just before each, and at each.
    """
    quarter = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    past = [quarter - number * QUARTER - timedelta(microseconds=1) for number in range(14)]
    coming = [quarter + number * QUARTER for number in range(1, 14)]
    reached = max(moment.astimezone(zone).replace(tzinfo=None) for moment in [at, *past])
    return reached, min(moment.astimezone(zone).replace(tzinfo=None) for moment in [at, *coming])


def shift_in(rule: Rule, reached: datetime) -> int:
    """The number of the shift: by counting from the start, one by one."""
    starts, _turns = shifts(rule)
    return max(number for number, start in enumerate(starts) if start <= reached)


@cache
def worked(rule: Rule, number: int) -> int:
    """How many shifts after the first that a window touches it touches too, up to `number`."""
    starts, _turns = shifts(rule)
    ends = [*starts[1:], datetime.max]
    return sum(touched(rule.windows, starts[k], ends[k]) for k in range(number + 1)) - 1


def of_layer(layer: Layer, at: datetime, absent: set[int]) -> list[int]:
    rota, people = layer.rota, layer.people
    if not people:
        return []
    reached, still = seen(rota.zone, at)
    if layer.windows and not is_open(layer.windows, reached, still):
        return []
    rule = Rule(rota.start_local, rota.unit, rota.length, rota.size, layer.windows)
    number = shift_in(rule, reached)
    passed = number
    if layer.windows and layer.count_only_active:
        passed = worked(rule, number)
    found: list[int] = []
    for step in range(len(people)):
        person = people[(passed + step) % len(people)]
        if person in layer.away or person in absent or person in found:
            continue
        found.append(person)
    return found[: layer.at_once]


def by_layers(roster: Roster, at: datetime) -> set[int]:
    absent = {one.person for one in roster.absences if one.start <= at < one.end}
    for priority in sorted({layer.priority for layer in roster.layers}, reverse=True):
        on: set[int] = set()
        for layer in roster.layers:
            if layer.priority == priority:
                on |= set(of_layer(layer, at, absent))
        if on:
            return on
    return set()


def who(roster: Roster, at: datetime) -> set[int]:
    on = None
    for temporary in roster.temporaries:
        if temporary.start <= at < temporary.end:
            on = {stint.person for stint in temporary.shifts if stint.start <= at < stint.end}
    if on is None:
        on = by_layers(roster, at)
    covers = [cover for cover in roster.covers if cover.start <= at < cover.end]
    for kind in ("remove", "replace", "add", "swap"):
        for cover in covers:
            if cover.kind == kind:
                on = covered(on, cover)
    return on


def covered(on: set[int], cover: Cover) -> set[int]:
    if cover.kind == "remove":
        return on - {cover.person}
    if cover.kind == "add":
        return on | {cover.person}
    return on - {cover.instead_of} | {cover.person} if cover.instead_of in on else on


__all__ = ["DAY", "QUARTER", "who"]
