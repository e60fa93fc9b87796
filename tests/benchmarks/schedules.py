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
from zoneinfo import ZoneInfo

from oncall.roster import Cover, Layer, Roster, on_duty, spans, standing
from oncall.rota import Rota
from tests.benchmarks.rig import median, table

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


def line(what: str, ours: float, floor: float, goal: float) -> list[str]:
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
                # A roster of its own: nothing is remembered from the round before.
                fresh = tuple(Layer(one.name, one.rota, one.people) for one in made.layers)
                return spans(Roster(fresh, made.covers), START, end)

            def floor(end: datetime = end, made: Roster = made) -> object:
                return plain(made, START, end)

            what = f"{days} days, handing over {'together' if together else 'at three times'}"
            lines.append(line(f"{what}: {len(plain(made, START, end))} stretches", *timed(ours, floor), 2))
    return lines


def moments() -> list[list[str]]:
    made = roster(True, 30)
    at = START + timedelta(hours=4)
    end = at + timedelta(microseconds=1)
    now, until, floor = timed(
        lambda: on_duty(made, at), lambda: standing(made, at), lambda: plain(made, at, end)
    )
    return [
        line("now, 3 layers and 12 overrides", now, floor, 2),
        line("now and until when", until, floor, 10),
    ]


def main() -> int:
    head = ["what", "ours", "plain arithmetic", "ratio", "goal"]
    lines = [*sweeps(), *moments()]
    table("Schedules, pure: medians of interleaved rounds", head, lines)
    return int(any("NO" in one[-1] for one in lines))


if __name__ == "__main__":
    sys.exit(main())
