"""Coverage against a walk from minute to minute, and its figures."""

import random
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from oncall import coverage
from oncall.roster import Absence, Cover, Layer, Roster, Span, Stint, Temporary, Window, on_duty, spans
from oncall.rota import Rota

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ZONES = ["Europe/Amsterdam", "Australia/Lord_Howe", "Africa/Casablanca", "America/New_York"]


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def span(start: datetime, end: datetime, *people: int) -> Span:
    return Span(start, end, dict.fromkeys(people))  # type: ignore[arg-type]


def _roster(chance: random.Random, zone: ZoneInfo, begins: datetime) -> Roster:
    """Layers with windows, people away, covers, a temporary schedule with a hole."""
    layers = []
    for place in range(chance.randint(1, 2)):
        unit, length = chance.choice([("hour", 12), ("day", 1), ("week", 1)])
        people = tuple(chance.sample(range(1, 6), chance.randint(1, 3)))
        windows = ()
        if chance.random() < 0.7:
            days = frozenset(chance.sample(range(1, 8), chance.randint(2, 6)))
            windows = (Window(days, time(chance.randint(0, 23)), time(chance.randint(0, 23), 30)),)
        rota = Rota(zone, datetime(2026, 1, 5, 9), unit, length, len(people))
        layers.append(Layer(f"layer {place}", rota, people, id=place, priority=place, windows=windows))

    def stretch() -> tuple[datetime, datetime]:
        start = begins + timedelta(minutes=chance.randint(-600, 2600))
        return start, start + timedelta(minutes=chance.randint(1, 900))

    covers = tuple(
        Cover(kind, person, instead, *stretch())
        for kind, person, instead in [("remove", 1, None), ("replace", 2, 3), ("add", 4, None)]
        if chance.random() < 0.6
    )
    start, end = stretch()
    stint = Stint(5, start + (end - start) / 4, end)
    temporaries = (Temporary(1, "fair", start, end, (stint,)),) if chance.random() < 0.4 else ()
    absences = (Absence(2, *stretch()),)
    return Roster(tuple(layers), covers, temporaries, absences)


@pytest.mark.parametrize("seed", range(24))
def test_no_luck_is_needed_every_minute_says_the_same(seed: int) -> None:
    """Two days around a change of the clock: nobody, cannot be woken, and would wake nobody, each minute."""
    chance = random.Random(seed)
    zone = ZoneInfo(chance.choice(ZONES))
    begins = chance.choice(
        [
            datetime(2026, 3, 28, tzinfo=UTC),
            datetime(2026, 10, 24, tzinfo=UTC),
            datetime(2026, 4, 4, tzinfo=UTC),
            datetime(2026, 3, 7, 12, tzinfo=UTC),
            datetime(2027, 2, 6, tzinfo=UTC),
        ]
    )
    ends = begins + timedelta(days=2)
    roster, wakeable = _roster(chance, zone, begins), set(chance.sample(range(1, 6), 3))
    days = "".join(sorted(chance.sample("1234567", chance.randint(3, 7))))
    opens, closes = chance.choice([(None, None), (time(8), time(18)), (time(22), time(6, 30))])

    openings = coverage.declared(days, opens, closes, zone, begins, ends)
    pieces = list(coverage.within(spans(roster, begins, ends), openings))
    missing = coverage.missing(pieces, wakeable)
    asleep = list(coverage.asleep(pieces, wakeable))

    covered = whole = 0
    moment = begins
    while moment < ends:
        present = set(on_duty(roster, moment))
        wanted = _declared_by_the_clock(days, opens, closes, zone, moment)
        gone = {None} if not present else present - wakeable
        assert {m.person for m in missing if m.start <= moment < m.end} == (gone if wanted else set()), moment
        nobody = wanted and not present & wakeable
        assert any(start <= moment < end for start, end in asleep) is nobody, moment
        whole, covered = whole + wanted, covered + (wanted and not nobody)
        moment += MINUTE
    assert coverage.share_covered(pieces, wakeable) == pytest.approx(covered / whole if whole else 1)
    assert all(a.end < b.start for a, b in pairwise(missing) if a.person == b.person)


def _declared_by_the_clock(
    days: str, opens: time | None, closes: time | None, zone: ZoneInfo, moment: datetime
) -> bool:
    """By reading the clock on the wall. The hour that comes twice counts both times."""
    local = moment.astimezone(zone)
    today, yesterday = str(local.isoweekday()), str((local - timedelta(days=1)).isoweekday())
    if opens is None or closes is None:
        return today in days
    clock = local.time()
    if opens < closes:
        return today in days and opens <= clock < closes
    return (today in days and clock >= opens) or (yesterday in days and clock < closes)


def test_office_hours_are_looked_at_and_the_nights_are_not() -> None:
    openings = coverage.declared("12345", time(9), time(17), ZoneInfo("UTC"), at(23), at(30))
    assert openings == [(at(day, 9), at(day, 17)) for day in range(23, 28)]
    pieces = list(coverage.within([span(at(23), at(25)), span(at(25), at(30), 1)], openings))
    assert coverage.missing(pieces, {1}) == [
        coverage.Missing(at(23, 9), at(23, 17)),
        coverage.Missing(at(24, 9), at(24, 17)),
    ]
    assert coverage.share_covered(pieces, {1}) == pytest.approx(3 / 5)


def test_one_of_two_who_sleeps_is_said_and_is_no_hour_without_anybody() -> None:
    pieces = [span(at(23), at(24), 1, 2), span(at(24), at(25), 2), span(at(25), at(26), 1)]
    assert coverage.missing(pieces, {1}) == [coverage.Missing(at(23), at(25), 2)]
    assert list(coverage.asleep(pieces, {1})) == [(at(24), at(25))]


def test_balance_is_the_mean_over_pairs() -> None:
    shares = {1: 4 * HOUR, 2: 2 * HOUR, 3: 1 * HOUR}
    assert coverage.balance(shares) == pytest.approx((0.5 + 0.25 + 0.5) / 3)
    assert coverage.balance({1: HOUR}) == 1
    assert coverage.balance({}) == 1


def test_a_hundred_is_whole() -> None:
    assert coverage.score(1, 1) == 100
    assert coverage.score(0.99999, 1) == 99
    assert coverage.score(0, 0) == 0
