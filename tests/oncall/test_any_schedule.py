"""Any schedule at any quarter of an hour: exactly those on call who should be. Against a slow reference."""

import os
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from oncall.roster import (
    Absence,
    Cover,
    Layer,
    Roster,
    Span,
    Stint,
    Temporary,
    Window,
    changes,
    gaps,
    next_change,
    on_duty,
    spans,
    sweep,
    until,
)
from oncall.rota import Rota
from tests.oncall.slow_roster import DAY, QUARTER, who

# More of them by MUSTER_SCHEDULES. None is made smaller: with so slow a reference that takes minutes.
EXAMPLES = int(os.environ.get("MUSTER_SCHEDULES", "80"))
SETTINGS = settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.generate])
JUST_BEFORE = timedelta(microseconds=1)
LENGTH = timedelta(days=3)
PEOPLE = st.integers(1, 6)
# Where a clock jumps, by zone: the days begin at noon before.
BEGINNINGS = [
    ("Europe/Amsterdam", datetime(2026, 3, 27, 12, tzinfo=UTC)),
    ("Europe/Amsterdam", datetime(2026, 10, 23, 12, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 10, 31, 0, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 3, 12, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 10, 23, 12, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2026, 10, 28, 12, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 6, 5, 0, tzinfo=UTC)),
]
QUARTERS = int(LENGTH / QUARTER)

walls = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))
windows = st.builds(Window, st.frozensets(st.integers(1, 7), min_size=1), walls, walls)


@st.composite
def bounds(draw: st.DrawFn, start: datetime) -> tuple[datetime, datetime]:
    begins = draw(st.integers(-20, QUARTERS))
    return start + begins * QUARTER, start + (begins + draw(st.integers(1, 150))) * QUARTER


@st.composite
def layers(draw: st.DrawFn, zone: ZoneInfo, start: datetime) -> Layer:
    people = tuple(draw(st.lists(PEOPLE, max_size=5)))
    unit, length = draw(
        st.sampled_from([("hour", 1), ("hour", 7), ("hour", 12), ("day", 1), ("day", 2), ("week", 1)])
    )
    began = start.replace(tzinfo=None) - draw(st.integers(1, 12)) * DAY
    first = datetime.combine(began, draw(walls))
    return Layer(
        "Layer",
        Rota(zone, first, unit, length, len(people)),
        people,
        draw(st.frozensets(PEOPLE, max_size=2)),
        priority=draw(st.integers(0, 1)),
        at_once=draw(st.integers(1, 3)),
        windows=tuple(draw(st.lists(windows, max_size=2))),
        count_only_active=draw(st.booleans()),
    )


@st.composite
def covers(draw: st.DrawFn, start: datetime) -> Cover:
    kind = draw(st.sampled_from(["add", "remove", "replace", "replace", "swap"]))
    other = draw(PEOPLE) if kind in ("replace", "swap") else None
    return Cover(kind, draw(PEOPLE), other, *draw(bounds(start)))


@st.composite
def temporaries(draw: st.DrawFn, start: datetime) -> Temporary:
    stints = st.builds(lambda person, when: Stint(person, *when), PEOPLE, bounds(start))
    return Temporary(1, "Holidays", *draw(bounds(start)), tuple(draw(st.lists(stints, max_size=3))))


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Roster, datetime]:
    zone, start = draw(st.sampled_from(BEGINNINGS))
    absences = st.builds(lambda person, when: Absence(person, *when), PEOPLE, bounds(start))
    roster = Roster(
        tuple(draw(st.lists(layers(ZoneInfo(zone), start), max_size=3))),
        tuple(draw(st.lists(covers(start), max_size=5))),
        tuple(draw(st.lists(temporaries(start), max_size=2))),
        tuple(draw(st.lists(absences, max_size=3))),
    )
    return roster, start


def assert_whole(found: list[Span], start: datetime, end: datetime) -> None:
    assert (found[0].start, found[-1].end) == (start, end)
    for one, following in pairwise(found):
        assert one.start < one.end == following.start
        assert one.duties != following.duties


TWO = Layer("L", Rota(ZoneInfo("UTC"), datetime(2026, 3, 20), "day", 1, 2), (1, 2), at_once=2)


@SETTINGS
@given(schedules())
@example(
    (Roster((TWO,), (), (), (Absence(1, *[BEGINNINGS[0][1] + n * DAY for n in (0, 1)]),)), BEGINNINGS[0][1])
)
def test_at_every_quarter_exactly_those_are_on_call_who_should_be(drawn: tuple[Roster, datetime]) -> None:
    roster, start = drawn
    end = start + LENGTH
    found = spans(roster, start, end)
    assert_whole(found, start, end)
    ahead = iter(found)
    span = next(ahead)
    for number in range(QUARTERS):
        moment = start + number * QUARTER
        while span.end <= moment:
            span = next(ahead)
        should = who(roster, moment)
        assert set(span.duties) == should, (moment, roster)
        assert all(duty.person == person for person, duty in span.duties.items())


@SETTINGS
@given(schedules(), st.lists(st.timedeltas(timedelta(0), LENGTH - JUST_BEFORE), max_size=20))
def test_whoever_asks_for_a_moment_hears_what_the_sweep_says(
    drawn: tuple[Roster, datetime], moments: list[timedelta]
) -> None:
    roster, start = drawn
    end = start + LENGTH
    found = spans(roster, start, end)
    for span in found:
        for edge in (span.start, span.end - JUST_BEFORE):
            assert on_duty(roster, edge) == span.duties
    for moment in moments:
        [span] = [span for span in found if span.start <= start + moment < span.end]
        assert on_duty(roster, start + moment) == span.duties
        # A sweep that begins in the middle goes on as one that began before.
        assert next(sweep(roster, start + moment, end)) == Span(start + moment, span.end, span.duties)


@SETTINGS
@given(schedules())
def test_what_is_asked_about_the_future_is_what_the_sweep_shows(drawn: tuple[Roster, datetime]) -> None:
    roster, start = drawn
    end = start + LENGTH
    found = spans(roster, start, end)
    assert list(changes(roster, start, end)) == [span.start for span in found[1:]]
    nobody = sum((span.end - span.start for span in found if not span.duties), timedelta(0))
    assert sum((ends - begins for begins, ends in gaps(roster, start, end)), timedelta(0)) == nobody
    others = [span for span in found if set(span.duties) != set(found[0].duties)]
    change = next_change(roster, start)
    if others:
        assert change == (others[0].start, others[0].duties)
    ends = {person: until(roster, person, start) for person in found[0].duties}
    for person, moment in ends.items():
        off = [span.start for span in found if person not in span.duties]
        assert moment == off[0] if off else moment is None or moment >= end
