"""The picture, without a screen: days, lanes, rows, blocks and words."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.drawing.blocks import HIGH, ROW, Spoken, strip
from oncall.drawing.days import days_from, monday_of, place
from oncall.drawing.lanes import EXCEPTIONS, FINAL, LAYER, Stretch, final_lane, lanes_of, rows_of, stretches
from oncall.drawing.marks import fitting, initials, patterns
from oncall.drawing.words import from_to, labels, sentence, why
from oncall.roster import Cover, Duty, Layer, Roster, Skipped, Span, Stint, Temporary, spans
from oncall.rota import Rota

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NAMES = {1: "Anna", 2: "Bram de Wit", 3: "Eva Lindqvist"}


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "short"),
    [("Anna", "AN"), ("Bram de Wit", "BW"), ("eva lind", "EL"), ("o@acme.test", "OT"), ("", "?"), ("Ö", "Ö")],
)
def test_initials(name: str, short: str) -> None:
    assert initials(name) == short


def test_a_pattern_each_and_the_ninth_begins_again() -> None:
    assert patterns([7, 3, 3]) == {3: 0, 7: 1}
    assert patterns(range(9))[8] == 0


def test_each_day_is_equally_wide_also_one_of_25_hours() -> None:
    days = days_from(date(2026, 10, 24), 3, AMSTERDAM)
    assert [day.odd_hours for day in days] == ["", "25", ""]
    assert place(days, days[1].start) == pytest.approx(100 / 3)
    assert place(days, days[1].start + timedelta(hours=12.5)) == pytest.approx(50)
    assert place(days, days[1].end) == pytest.approx(200 / 3)
    assert (place(days, at(1)), place(days, datetime(2026, 1, 1, tzinfo=UTC))) == (100, 0)
    assert [day.odd_hours for day in days_from(date(2026, 3, 29), 1, AMSTERDAM)] == ["23"]
    assert [day.odd_hours for day in days_from(date(2026, 4, 5), 1, ZoneInfo("Australia/Lord_Howe"))] == [
        "24.5"
    ]
    assert monday_of(date(2026, 11, 29)) == date(2026, 11, 23)


def test_what_goes_on_for_the_same_reason_is_one_stretch() -> None:
    weekly, covering = Duty(1, "Weekly"), Duty(2, "Weekly", Cover("replace", 2, 1, at(2), at(3)))
    found = stretches(
        [
            Span(at(1), at(2), {1: weekly}),
            Span(at(2), at(3), {1: weekly, 2: covering}),
            Span(at(3), at(4), {}),
            Span(at(4), at(5), {1: weekly}),
        ]
    )
    assert found == [
        Stretch(at(1), at(3), weekly),
        Stretch(at(2), at(3), covering),
        Stretch(at(3), at(4), None),
        Stretch(at(4), at(5), weekly),
    ]
    assert [len(row) for row in rows_of(found)] == [3, 1]


def test_lanes_stand_in_order_and_the_last_is_final() -> None:
    def layer(name: str, priority: int, person: int) -> Layer:
        rota = Rota(AMSTERDAM, datetime(2026, 11, 2, 9), "week", 1, 1)
        return Layer(name, rota, (person,), id=priority, priority=priority)

    cover = Cover("replace", 3, 2, at(3, 8), at(3, 12))
    fair = Temporary(1, "Fair", at(4), at(5), (Stint(1, at(4, 6), at(5)),))
    roster = Roster((layer("Night", 0, 1), layer("Day", 5, 2)), (cover,), (fair,))
    lanes = lanes_of(roster, spans(roster, at(2), at(9)), at(2), at(9), layers_from=at(3))
    assert lanes[0].rows[0][0].start == at(3)
    assert [(lane.kind, lane.name) for lane in lanes] == [
        (LAYER, "Day"), (LAYER, "Night"), (EXCEPTIONS, ""), (FINAL, ""),
    ]  # fmt: skip
    final = [(one.start, one.duty.person if one.duty else None) for one in lanes[-1].rows[0]]
    assert final == [(at(2), 2), (at(3, 8), 3), (at(3, 12), 2), (at(4), None), (at(4, 6), 1), (at(5), 2)]
    plain = lanes_of(Roster((layer("Day", 0, 1),)), [], at(2), at(9), layers_from=at(2))
    assert [lane.kind for lane in plain] == [LAYER, FINAL]  # no lane for no exceptions


def speak(one: Stretch) -> Spoken:
    return Spoken(labels(one, NAMES, AMSTERDAM), sentence(one, "Checkout", NAMES, AMSTERDAM), "?at=x")


def test_blocks_are_cut_to_their_days_and_say_what_fits() -> None:
    duty = Duty(2, "Weekly", Cover("replace", 2, 1, at(1), at(9)))
    lane = final_lane(
        [
            Span(at(1), at(24, 1), {2: duty}),
            Span(at(24, 1), at(24, 5), {}),
            Span(at(24, 5), at(30), {1: Duty(1, "Weekly")}),
        ]
    )
    days = days_from(date(2026, 11, 24), 1, AMSTERDAM)
    drawn = strip(lane, days, pixels=326, patterns={1: 0, 2: 1}, speak=speak, now=at(24, 11))
    assert (drawn.height, drawn.now) == (HIGH, "50.000%")
    assert [(b.kind, b.x, b.width, b.label, b.notch) for b in drawn.blocks] == [
        ("duty", "0.000%", "8.333%", "", True),
        ("gap", "8.333%", "16.667%", "!", False),
        ("duty", "25.000%", "75.000%", "Anna", False),
    ]
    wide = strip(lane, days, pixels=1150, patterns={1: 0, 2: 1}, speak=speak, now=at(1))
    assert [b.label for b in wide.blocks] == ["BW for AN", "Nobody 02:00–06:00", "Anna"]
    assert wide.now == ""


def test_two_at_once_stand_below_each_other_and_a_gap_is_as_high_as_both() -> None:
    both = {1: Duty(1, "Weekly"), 2: Duty(2, "Day")}
    lane = final_lane([Span(at(24), at(24, 12), both), Span(at(24, 12), at(25), {})])
    days = days_from(date(2026, 11, 24), 1, ZoneInfo("UTC"))
    drawn = strip(lane, days, pixels=326, patterns={1: 0, 2: 1}, speak=speak, now=at(1))
    assert drawn.height == ROW + HIGH
    assert {(b.kind, b.y, b.height) for b in drawn.blocks} == {
        ("duty", 0, HIGH), ("duty", ROW, HIGH), ("gap", 0, ROW + HIGH),
    }  # fmt: skip


def test_the_longest_that_fits() -> None:
    assert fitting(["Bram de Wit", "BW"], 300) == "Bram de Wit"
    assert fitting(["Bram de Wit", "BW"], 40) == "BW"
    assert fitting(["Bram de Wit", "BW"], 10) == ""


def test_words() -> None:
    zone = AMSTERDAM
    assert from_to(at(24, 1), at(24, 5), zone) == "Tue 24 Nov 02:00 to 06:00"
    assert from_to(at(24, 1), at(25, 5), zone) == "Tue 24 Nov 02:00 to Wed 25 Nov 06:00"
    gap = Stretch(at(24, 1), at(24, 5), None)
    assert (
        sentence(gap, "Checkout", NAMES, zone) == "Nobody is on call for Checkout, Tue 24 Nov 02:00 to 06:00."
    )
    skipping = Duty(2, "Weekly", skipped=(Skipped(1, "left"), Skipped(3, "away")))
    assert sentence(Stretch(at(24, 1), at(24, 5), skipping), "Checkout", NAMES, zone) == (
        "Bram de Wit is on call for Checkout, Tue 24 Nov 02:00 to 06:00: layer Weekly; Anna has left, "
        "Eva Lindqvist is away."
    )
    swap = Cover("swap", 2, 1, at(24), at(25))
    assert why(Duty(2, "Weekly", swap), NAMES) == "by swap with Anna"
    assert why(Duty(2, cover=Cover("add", 2, None, at(24), at(25))), NAMES) == "also on call"
    off = Stretch(at(24), at(25), Duty(1, cover=Cover("remove", 1, None, at(24), at(25))))
    assert labels(off, NAMES, zone)[0] == "without Anna"
    fair = Duty(1, temporary=Temporary(1, "Fair", at(24), at(25), ()))
    assert why(fair, NAMES) == "temporary schedule Fair"
