"""What becomes of a rung at a moment, for any ladder: which fires, which waits until when."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall import ladder, verdicts
from oncall.hours import Hours
from oncall.ladder import FOOT, Ladder, Place, Rung, Target
from oncall.verdicts import FIRES, HELD, PASSED, TAKES, Seen
from tests.conftest import START
from tests.oncall.conftest import MINUTE

NIGHTS = Hours(True, "1234567", "22:00", "06:00", "Europe/Amsterdam")
OFFICE = Hours(True, "12345", "09:00", "17:00", "Europe/Amsterdam", waits=True)


@dataclass(frozen=True)
class FakeCrew:
    """By the id of its first target: minutes after START at which somebody is there, as [from, to)."""

    there: dict[int, list[tuple[int, int]]]

    def _of(self, rung: Rung) -> list[tuple[datetime, datetime]]:
        spans = self.there.get(rung.targets[0].id, []) if rung.targets else []
        return [(START + start * MINUTE, START + end * MINUTE) for start, end in spans]

    def presence(self, rung: Rung, at: datetime, loop: int) -> str:
        here = any(start <= at < end for start, end in self._of(rung))
        return verdicts.PEOPLE if here else verdicts.NOBODY

    def somebody_from(self, rung: Rung, at: datetime) -> datetime | None:
        return min((start for start, end in self._of(rung) if start > at and end > start), default=None)


ALWAYS = [(0, 10_000_000)]
rungs = st.builds(
    Rung,
    delay_minutes=st.integers(1, 600),
    targets=st.integers(1, 3).map(lambda pk: (Target("schedule", pk, str(pk)),)),
    if_empty=st.sampled_from(["skip", "wait", "hold"]),
    severity_up_to=st.one_of(st.none(), st.integers(1, 3)),
    hours=st.lists(
        st.sampled_from([NIGHTS, OFFICE, replace(NIGHTS, waits=True), replace(OFFICE, within=False)]),
        max_size=2,
    ).map(tuple),
)
ladders = st.builds(
    Ladder,
    name=st.just("x"),
    repeat=st.integers(0, 3),
    rungs=st.lists(rungs, min_size=1, max_size=4).map(tuple),
    forever=st.booleans(),
)
crews = st.dictionaries(
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 900)).map(lambda s: (s[0], sum(s))), max_size=3),
).map(FakeCrew)


def course(some: Ladder, crew: FakeCrew, severity: int, most: int = 60) -> list[Seen]:
    seen = verdicts.foresee(some, FOOT, severity=severity, at=START, crew=crew)
    return list(islice(seen, most))


@settings(deadline=None)
@given(ladders, crews, st.integers(1, 3))
def test_nothing_fires_without_people_outside_its_hours_or_at_another_severity(
    some: Ladder, crew: FakeCrew, severity: int
) -> None:
    for at, place, verdict in course(some, crew, severity):
        rung = some.rungs[place.rung]
        if verdict.kind == FIRES:
            assert crew.presence(rung, at, place.loop) == verdicts.PEOPLE
            assert all(hours.are_open(at) for hours in rung.hours)
            assert rung.severity_up_to is None or severity <= rung.severity_up_to
        if verdict.kind == HELD:
            assert verdict.until is not None
            assert verdict.until > at


@settings(deadline=None)
@given(ladders, crews, st.integers(1, 3))
def test_no_rung_is_forgotten_and_each_takes_the_time_it_should(
    some: Ladder, crew: FakeCrew, severity: int
) -> None:
    seen = course(some, crew, severity)
    for (at, place, verdict), (later, following, _) in pairwise(seen):
        if verdict.kind == HELD:
            assert (later, following) == (verdict.until, place)
            continue
        assert following == ladder.after(some, place)
        took = timedelta(0) if verdict.kind == PASSED else some.rungs[place.rung].delay
        assert later == at + took


@settings(deadline=None)
@given(ladders, crews, st.integers(1, 3))
def test_one_pass_looks_at_each_rung_once_and_stops_at_the_first_that_is_not_passed_over(
    some: Ladder, crew: FakeCrew, severity: int
) -> None:
    seen = verdicts.look(some, FOOT, severity=severity, at=START, crew=crew)
    assert [one.place for one in seen] == [(number, 0) for number in range(len(seen))]
    assert all(one.verdict.kind == PASSED for one in seen[:-1])
    if len(seen) < len(some.rungs):
        assert seen[-1].verdict.kind != PASSED


@given(ladders)
def test_with_everybody_there_at_all_times_every_rung_fires_in_its_time(some: Ladder) -> None:
    plain = replace(
        some, forever=False, rungs=tuple(replace(r, hours=(), severity_up_to=None) for r in some.rungs)
    )
    seen = course(plain, FakeCrew({1: ALWAYS, 2: ALWAYS, 3: ALWAYS}), 3)
    assert {one.verdict.kind for one in seen} == {FIRES}
    assert len(seen) == len(plain.rungs) * (plain.repeat + 1)
    last = seen[-1]
    one_round = sum((rung.delay for rung in plain.rungs), timedelta(0))
    assert last.at + plain.rungs[last.place.rung].delay == START + one_round * (plain.repeat + 1)


@settings(deadline=None)
@given(ladders, crews, st.integers(1, 3))
def test_it_knows_whether_a_round_will_wake_anybody(some: Ladder, crew: FakeCrew, severity: int) -> None:
    round_of_it, left = [], len(some.rungs)
    for seen in course(some, crew, severity):
        round_of_it.append(seen.verdict.kind)
        left -= seen.verdict.kind != HELD
        if not left:
            break
    wakes = verdicts.wakes_somebody(some, FOOT, severity=severity, at=START, crew=crew)
    assert wakes == (FIRES in round_of_it)


def one(rung: Rung, crew: FakeCrew, severity: int = 1, at: datetime = START) -> tuple[str, str]:
    verdict = verdicts.verdict(rung, severity=severity, at=at, loop=0, crew=crew)
    return verdict.kind, verdict.why


def test_an_empty_rung_is_passed_over_waited_out_or_held_as_it_says() -> None:
    rung = Rung(5, (Target("schedule", 1, "x"),))
    later = FakeCrew({1: [(60, 120)]})
    assert one(rung, later) == (PASSED, "empty")
    assert one(replace(rung, if_empty="wait"), later) == (TAKES, "empty")
    held = verdicts.verdict(replace(rung, if_empty="hold"), severity=1, at=START, loop=0, crew=later)
    assert held == (HELD, "empty", START + 60 * MINUTE)


def test_what_would_be_held_for_ever_is_passed_over() -> None:
    rung = Rung(5, (Target("schedule", 1, "x"),), if_empty="hold")
    assert one(rung, FakeCrew({})) == (PASSED, "empty")
    closed = Rung(5, rung.targets, hours=(Hours(True, "", "09:00", "17:00", "UTC", waits=True),))
    assert one(closed, FakeCrew({1: ALWAYS})) == (PASSED, "hours")


def test_what_a_severity_rules_out_is_not_waited_for() -> None:
    rung = Rung(5, (Target("schedule", 1, "x"),), severity_up_to=1, hours=(replace(NIGHTS, waits=True),))
    assert one(rung, FakeCrew({1: ALWAYS}), severity=2) == (PASSED, "severity")


def test_hours_that_are_never_open_together_are_not_waited_for() -> None:
    rung = Rung(5, (Target("schedule", 1, "x"),), hours=(replace(NIGHTS, waits=True), OFFICE))
    assert one(rung, FakeCrew({1: ALWAYS})) == (PASSED, "hours")


def test_one_condition_that_passes_over_is_stronger_than_one_that_waits() -> None:
    rung = Rung(5, (Target("schedule", 1, "x"),), hours=(NIGHTS, replace(OFFICE, within=False)))
    assert one(rung, FakeCrew({1: ALWAYS})) == (PASSED, "hours")


def test_a_ladder_for_ever_counts_its_rounds_only_so_far() -> None:
    endless = Ladder("x", 0, (Rung(1, (Target("schedule", 1, "x"),)),), forever=True)
    assert ladder.at(endless, Place(0, 9999)) is not None
    assert ladder.after(endless, Place(0, 9999)) == (0, 9999)


def test_a_snapshot_of_an_older_version_loads() -> None:
    stored = {
        "name": "Default",
        "repeat": 1,
        "fallback": None,
        "rungs": [{"delay_minutes": 5, "targets": [{"kind": "person", "id": 1, "name": "Anna"}]}],
    }
    assert Ladder.from_json(stored) == Ladder("Default", 1, (Rung(5, (Target("person", 1, "Anna"),)),))


@given(ladders)
def test_a_snapshot_survives_storage_with_all_it_knows(some: Ladder) -> None:
    import json

    assert Ladder.from_json(json.loads(json.dumps(some.as_json()))) == some
