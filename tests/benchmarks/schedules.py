"""Who is on call: a sweep of 30 and of 365 days, one moment, a whole tenant (PERFORMANCE, schedules).

`python -m tests.benchmarks.schedules`. The floor is plain arithmetic over the same boundaries: each handover
made UTC the straight way, then by division who has each turn and by comparison which overrides hold. It knows
no windows, skipped hours, absences or reasons.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from oncall.roster import Cover, Layer, Roster, on_duty, spans, until
from oncall.rota import Rota, _shift_around
from tests.benchmarks.rig import Rig, median, rig, table

ROUNDS = 40
ZONE = ZoneInfo("Europe/Amsterdam")
START = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)


def roster(together: bool, days: int) -> Roster:
    """Three daily layers, handing over together or at three times; twelve overrides spread over the days."""
    layers = tuple(
        Layer(
            f"Layer {n}",
            Rota(ZONE, datetime(2026, 1, 1, 9 if together else 8 + n, 0), "day", 1, 4 + n),
            tuple(range(10 * n, 10 * n + 4 + n)),
        )
        for n in range(3)
    )
    covers = []
    for number in range(12):
        kind = ("add", "remove", "replace")[number % 3]
        begins = START + number * days // 12 * DAY + timedelta(hours=3)
        instead_of = 10 + number % 5 if kind == "replace" else None
        covers.append(Cover(kind, number, instead_of, begins, begins + timedelta(hours=30)))
    return Roster(layers, tuple(covers))


def plain(of: Roster, start: datetime, end: datetime) -> list[tuple[datetime, datetime, list[int]]]:
    cuts = {start, end}
    for layer in of.layers:
        since = start.astimezone(ZONE).replace(tzinfo=None) - layer.rota.start_local
        local = layer.rota.start_local + since // DAY * DAY
        while (moment := local.replace(tzinfo=ZONE).astimezone(UTC)) < end:
            if moment > start:
                cuts.add(moment)
            local += DAY
    cuts.update(edge for cover in of.covers for edge in (cover.start, cover.end) if start < edge < end)
    found = []
    for begins, ends in pairwise(sorted(cuts)):
        local = begins.astimezone(ZONE).replace(tzinfo=None)
        on = [one.people[(local - one.rota.start_local) // DAY % len(one.people)] for one in of.layers]
        for cover in of.covers:
            if cover.start <= begins < cover.end:
                _apply(cover, on)
        found.append((begins, ends, on))
    return found


def _apply(cover: Cover, on: list[int]) -> None:
    if cover.kind == "add":
        on.append(cover.person)
    elif cover.kind == "remove" and cover.person in on:
        on.remove(cover.person)
    elif cover.instead_of in on:
        on[on.index(cover.instead_of)] = cover.person


def timed(*deeds: Callable[[], object]) -> list[float]:
    """The median of each, taken in turn so that a slow moment of the machine strikes them all."""
    times: list[list[float]] = [[] for _ in deeds]
    for _ in range(ROUNDS):
        for taken, deed in zip(times, deeds, strict=True):
            begun = time.perf_counter()
            deed()
            taken.append(time.perf_counter() - begun)
    return [median(taken) for taken in times]


def pair(ours: Callable[[], object], floor: Callable[[], object]) -> tuple[float, float]:
    first, second = timed(ours, floor)
    return first, second


def line(what: str, times: tuple[float, float], goal: float) -> list[str]:
    ours, floor = times
    ratio = ours / floor
    said = f"<= {goal:g}x {'yes' if ratio <= goal else 'NO'}"
    return [what, f"{ours * 1000:.3f} ms", f"{floor * 1000:.3f} ms", f"{ratio:.2f}x", said]


def sweeps() -> list[list[str]]:
    lines = []
    for together in (True, False):
        for days in (30, 365):
            end = START + days * DAY
            made = roster(together, days)

            def ours(end: datetime = end, made: Roster = made) -> object:
                # Nothing is remembered from the round before.
                _shift_around.cache_clear()
                fresh = tuple(Layer(one.name, one.rota, one.people) for one in made.layers)
                return spans(Roster(fresh, made.covers), START, end)

            def floor(end: datetime = end, made: Roster = made) -> object:
                return plain(made, START, end)

            what = f"{days} days, handing over {'together' if together else 'at three times'}"
            lines.append(line(f"{what}: {len(plain(made, START, end))} stretches", pair(ours, floor), 2))
    return lines


def moments() -> list[list[str]]:
    made = roster(True, 30)
    at = START + timedelta(hours=4)
    person = next(iter(on_duty(made, at)))
    end = at + timedelta(microseconds=1)
    now, ends, floor = timed(
        lambda: on_duty(made, at), lambda: until(made, person, at), lambda: plain(made, at, end)
    )
    return [line("now, 3 layers and 12 overrides", (now, floor), 2), line("until when", (ends, floor), 10)]


def rows(bench: Rig, schedules: int) -> list[list[str]]:
    """With PostgreSQL: a schedule as in `roster`, then a tenant with many of one rotation each."""
    import django

    django.setup()
    from config.tenancy.scoping import tenant_scope
    from oncall.models import Schedule
    from oncall.operations.reading import rosters_of
    from oncall.operations.resolve import on_call_for

    [tenant] = bench.tenants(1)
    with tenant_scope(tenant["id"]):
        fill(schedules)
        everything = list(Schedule.objects.filter(name__startswith="Schedule ").order_by("id"))
        one = everything[0]
        statements = floor_of(everything[:1])
        lines = []
        for days, goal in ((30, 2.0), (365, 6.0)):
            end = START + days * DAY

            def sweep(end: datetime = end) -> object:
                return spans(rosters_of([one.pk], since=START)[one.pk], START, end)

            lines.append(goal_line(f"{days} days of one schedule", pair(sweep, statements), goal))
        now = pair(lambda: on_call_for(schedules=[one], at=START), statements)
        lines.append(goal_line("who is on call now, one schedule", now, 1.0, beyond=True))
        everybody = pair(lambda: on_call_for(schedules=everything, at=START), floor_of(everything))
        lines.append(goal_line(f"who is on call now, {len(everything)} schedules", everybody, 15.0))
    return lines


def floor_of(schedules: list[Any]) -> Callable[[], object]:
    """The same rows by the same number of statements, prepared text without any ORM: an index look-up."""
    from django.db import connection

    from oncall.operations.resolve import on_call_for

    said: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, given: Any, many: bool, context: Any) -> Any:
        said.append((sql, given))
        return execute(sql, given, many, context)

    with connection.execute_wrapper(note):
        on_call_for(schedules=schedules, at=START)

    def again() -> None:
        with connection.cursor() as cursor:
            for sql, given in said:
                cursor.execute(sql, given)
                cursor.fetchall()

    return again


def goal_line(what: str, times: tuple[float, float], goal: float, beyond: bool = False) -> list[str]:
    """`beyond`: the goal is of our own work, without the statements."""
    ours, floor = times
    counted = ours - floor if beyond else ours
    kept = "yes" if counted * 1000 <= goal else "NO"
    of = " beyond them" if beyond else ""
    return [what, f"{ours * 1000:.2f} ms", f"{floor * 1000:.2f} ms", f"<= {goal:g} ms{of}: {kept}"]


def fill(schedules: int) -> None:
    """The first as in `roster`; the others one weekly rotation of five, two overrides each, some ahead."""
    from django.contrib.auth import get_user_model

    from config.tenancy.actors import ENGINE
    from config.tenancy.audit import acting
    from config.tenancy.models import Membership
    from oncall.models import Override, Rotation, RotationMember, Schedule

    with acting(ENGINE, now=START):
        people = []
        for number in range(40):
            user = get_user_model().objects.create(
                email=f"p{number}@bench.test", name=f"Person {number}", created_at=START
            )
            people.append(Membership.objects.create(user=user, role="responder", joined_at=START))
        made = Schedule.objects.bulk_create(
            Schedule(name=f"Schedule {number}", time_zone=ZONE.key) for number in range(schedules)
        )
        first = roster(True, 365)
        rotations = [(made[0], layer.rota, len(layer.people)) for layer in first.layers]
        weekly = Rota(ZONE, datetime(2026, 1, 5, 9, 0), "week", 1, 5)
        rotations += [(schedule, weekly, 5) for schedule in made[1:]]
        rows = Rotation.objects.bulk_create(
            Rotation(
                schedule=schedule,
                name=f"Rotation {number}",
                start_date=rota.start_local.date(),
                start_time=rota.start_local.time(),
                unit=rota.unit,
            )
            for number, (schedule, rota, _size) in enumerate(rotations)
        )
        RotationMember.objects.bulk_create(
            RotationMember(rotation=row, membership=people[(number * 3 + place) % 40], position=place + 1)
            for number, (row, (_schedule, _rota, size)) in enumerate(zip(rows, rotations, strict=True))
            for place in range(size)
        )
        covers = [(made[0], cover.start, cover.end) for cover in first.covers]
        covers += [
            (schedule, START + n * DAY, START + (n + 1) * DAY) for schedule in made[1:] for n in (0, 9)
        ]
        Override.objects.bulk_create(
            Override(
                schedule=schedule,
                kind="add",
                membership=people[number % 40],
                starts_at=start,
                ends_at=end,
            )
            for number, (schedule, start, end) in enumerate(covers)
        )


def main(schedules: int = 500) -> int:
    head = ["what", "ours", "plain arithmetic", "ratio", "goal"]
    lines = [*sweeps(), *moments()]
    table("Schedules, pure: medians of interleaved rounds", head, lines)
    with rig() as bench:
        stored = rows(bench, schedules)
    table("Schedules, stored", ["what", "all", "its statements alone", "goal"], stored)
    return int(any("NO" in one[-1] for one in [*lines, *stored]))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
