"""Rotations and windows against a walk along the wall clock, minute by minute, around every jump of it.

`python -m tests.oncall.every_transition [hours]` walks every zone there is; the suite walks some of them,
nearer to the jump. The walk shares no code with what it tests. It reads the clock on the wall and nothing
else: a shift is held from the first minute at which the clock has reached its start; a window is open while
the clock has reached its start and will show a time before its end, now or later.
"""

import sys
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from oncall.roster import Layer, Roster, Window, on_duty, spans
from oncall.rota import Rota

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
EVERY_DAY, WEEKDAYS, WEEKEND = frozenset(range(1, 8)), frozenset(range(1, 6)), frozenset({6, 7})


class Rule(NamedTuple):
    """A layer without its zone."""

    start: datetime
    unit: str
    length: int
    size: int
    windows: tuple[Window, ...] = ()
    count_only_active: bool = False
    at_once: int = 1


NIGHTS = (Window(EVERY_DAY, time(22), time(6, 30)),)
OFFICE = (Window(WEEKDAYS, time(9), time(17)),)
WHOLE_WEEKEND = (Window(WEEKEND, time(0), time(0)),)
SMALL_HOURS = (Window(EVERY_DAY, time(1, 30), time(2, 30)), Window(WEEKEND, time(2), time(4)))
MIDNIGHT = (Window(EVERY_DAY, time(23, 30), time(0, 30)),)
RULES = (
    Rule(datetime(2024, 1, 1, 0, 10), "hour", 1, 3),
    Rule(datetime(2024, 1, 1, 8, 0), "hour", 12, 5),
    Rule(datetime(2024, 1, 1, 2, 30), "hour", 7, 4, NIGHTS, True),
    Rule(datetime(2024, 1, 1, 1, 0), "hour", 1, 5, SMALL_HOURS),
    # Where 02:00 comes twice, open until the second 02:30, in a shift that no window touches on the wall.
    Rule(datetime(2024, 1, 1, 0, 30), "hour", 1, 5, (Window(EVERY_DAY, time(1, 30), time(2, 30)),), True),
    Rule(datetime(2024, 1, 1, 9, 0), "day", 1, 3),
    Rule(datetime(2024, 1, 3, 2, 30), "day", 1, 5, OFFICE, True),
    Rule(datetime(2024, 1, 5, 0, 0), "day", 3, 7, MIDNIGHT, True, 2),
    Rule(datetime(2024, 1, 1, 2, 0), "week", 1, 4, WHOLE_WEEKEND),
    Rule(datetime(2023, 12, 31, 0, 30), "week", 2, 3),
    Rule(datetime(2024, 1, 31, 2, 30), "month", 1, 5),
    Rule(datetime(2023, 12, 29, 3, 0), "month", 5, 2, SMALL_HOURS, True),
)


def step(local: datetime, rule: Rule, number: int) -> datetime:
    """Where shift `number` begins, by the calendar; `local` is where the one before it does."""
    if rule.unit != "month":
        return local + timedelta(**{f"{rule.unit}s": rule.length})
    year, month = rule.start.year, rule.start.month
    for _ in range(number * rule.length):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for day in range(rule.start.day, 0, -1):
        try:
            return rule.start.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise AssertionError


@cache
def shifts(rule: Rule) -> tuple[list[datetime], list[int]]:
    """By counting on from the first: the local start of each shift, and whose turn it is."""
    starts = [rule.start]
    while starts[-1] < LAST.replace(tzinfo=None) + 40 * DAY:
        starts.append(step(starts[-1], rule, len(starts)))
    turns, turn = [], -1  # the first that counts begins the round
    for begins, ends in pairwise(starts):
        if not rule.count_only_active or touched(rule.windows, begins, ends):
            turn += 1
        turns.append(turn % rule.size)
    return starts[:-1], turns


def touched(windows: tuple[Window, ...], begins: datetime, ends: datetime) -> bool:
    """Ten minutes at a time: nothing here begins or ends in between."""
    moment = begins
    while moment < ends:
        if any(shown_open(window, moment) for window in windows):
            return True
        moment += 10 * MINUTE
    return False


def shown_open(window: Window, shown: datetime) -> bool:
    today, yesterday = shown.isoweekday() in window.days, (shown - DAY).isoweekday() in window.days
    if window.start < window.end:
        return today and window.start <= shown.time() < window.end
    return (today and shown.time() >= window.start) or (yesterday and shown.time() < window.end)


def is_open(windows: tuple[Window, ...], reached: datetime, still: datetime) -> bool:
    """The clock has reached a start, and a time before that window's end is shown now or will be."""
    for window in windows:
        for back in (-1, 0, 1, 2):
            day: date = reached.date() - back * DAY
            begins = datetime.combine(day, window.start)
            ends = datetime.combine(day if window.end > window.start else day + DAY, window.end)
            if day.isoweekday() in window.days and begins <= reached and still < ends:
                return True
    return False


class Walk(NamedTuple):
    """Each minute with the latest time the wall has shown so far, and the earliest it shows from then on."""

    minutes: list[datetime]
    reached: list[datetime]
    still: list[datetime]


def walk(zone: ZoneInfo, start: datetime, end: datetime) -> Walk:
    """Nothing is known of the three hours before and after: no jump may lie in them."""
    minutes = [start + number * MINUTE for number in range((end - start) // MINUTE)]
    shown = [minute.astimezone(zone).replace(tzinfo=None) for minute in minutes]
    still = list(accumulate(reversed(shown), min))
    return Walk(minutes, list(accumulate(shown, max)), still[::-1])


def walked(rule: Rule, steps: Walk) -> list[tuple[datetime, frozenset[int]]]:
    """From when on who is on call, by the walk."""
    starts, turns = shifts(rule)
    found: list[tuple[datetime, frozenset[int]]] = []
    for minute, reached, still in zip(*steps, strict=True):
        who: frozenset[int] = frozenset()
        if not rule.windows or is_open(rule.windows, reached, still):
            turn = turns[bisect_right(starts, reached) - 1]
            who = frozenset((turn + more) % rule.size for more in range(rule.at_once))
        if not found or found[-1][1] != who:
            found.append((minute, who))
    return found


def roster_of(rule: Rule, zone: ZoneInfo) -> Roster:
    rota = Rota(zone, rule.start, rule.unit, rule.length, rule.size)
    layer = Layer(
        "Layer",
        rota,
        tuple(range(rule.size)),
        at_once=rule.at_once,
        windows=rule.windows,
        count_only_active=rule.count_only_active,
    )
    return Roster((layer,))


def check(rule: Rule, zone: ZoneInfo, steps: Walk) -> int:
    """How many changes there were. The spans are those of the walk; so is who is on call at each edge."""
    start, end = steps.minutes[0], steps.minutes[-1] + MINUTE
    roster = roster_of(rule, zone)
    expected = walked(rule, steps)
    swept = spans(roster, start, end)
    by_people = groupby(swept, key=lambda span: frozenset(span.duties))
    found = [(next(same).start, people) for people, same in by_people]
    assert found == expected, (zone, rule, found, expected)
    assert [span.end for span in swept] == [*(span.start for span in swept[1:]), end]
    for (_begun, before), (moment, after) in pairwise(expected):
        assert set(on_duty(roster, moment - timedelta(microseconds=1))) == before, (zone, rule, moment)
        assert set(on_duty(roster, moment)) == after, (zone, rule, moment)
    return len(expected) - 1


def jumps(zone: ZoneInfo) -> Iterator[datetime]:
    """The minutes from FIRST to LAST from which the clock of `zone` is set otherwise."""
    moment, offset = FIRST, FIRST.astimezone(zone).utcoffset()
    while moment < LAST:
        moment += HOUR
        if moment.astimezone(zone).utcoffset() != offset:
            first = moment - HOUR
            while first.astimezone(zone).utcoffset() == offset:
                first += MINUTE
            yield first
            offset = moment.astimezone(zone).utcoffset()


def check_zone(name: str, around: timedelta) -> tuple[int, int]:
    """(jumps, changes of who is on call near them)."""
    zone, found, changed = ZoneInfo(name), 0, 0
    for jump in [*jumps(zone), datetime(2027, 5, 31, 22, tzinfo=UTC)]:
        steps = walk(zone, jump - around, jump + around)
        changed += sum(check(rule, zone, steps) for rule in RULES)
        found += 1
    return found, changed


def main() -> None:
    around = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    total = 0
    for name in sorted(available_timezones() - {"localtime", "Factory"}):
        found, changed = check_zone(name, around * HOUR)
        total += found
        print(f"{name}: {found - 1} jumps, {changed} changes of who is on call", flush=True)
    print(f"{total} moments, {2 * around} hours around each, {len(RULES)} rotations: all as walked.")


if __name__ == "__main__":
    main()
