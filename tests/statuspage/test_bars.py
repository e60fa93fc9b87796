"""Ninety days of one component."""

import re
from datetime import timedelta

from statuspage.health import DEGRADED, MAJOR, OK, PARTIAL, Span
from statuspage.render import bars
from statuspage.render.assets import assets
from statuspage.render.moments import Moments
from tests.statuspage.samples import DAY, HOUR, MIN, NOW, OLD

BOUNDS = Moments("Europe/Amsterdam", NOW).bounds(bars.DAYS)


def days(*spans: Span) -> list[bars.Day]:
    return bars.days_of(spans, BOUNDS, NOW)


def test_a_day_is_its_gravest_status_however_short() -> None:
    short = NOW - 3 * DAY
    found = days(
        Span(OK, OLD, short),
        Span(MAJOR, short, short + timedelta(seconds=10)),
        Span(OK, short + timedelta(seconds=10)),
    )
    assert [day.status for day in found].count(MAJOR) == 1
    assert found[-4].status == MAJOR
    assert found[-4].lasted[MAJOR] == timedelta(seconds=10)


def test_a_trouble_over_midnight_counts_on_both_days() -> None:
    midnight = BOUNDS[-1][1]
    found = days(
        Span(OK, OLD, midnight - HOUR),
        Span(PARTIAL, midnight - HOUR, midnight + MIN),
        Span(OK, midnight + MIN),
    )
    assert found[-2].lasted[PARTIAL] == HOUR
    assert found[-1].lasted[PARTIAL] == MIN


def test_days_before_the_first_span_have_no_data() -> None:
    found = days(Span(OK, NOW - 20 * DAY))
    assert bars.known(found) == 21
    assert [day.status for day in found[:69]] == [None] * 69
    assert bars.share(found) == 1


def test_a_component_without_any_span_is_not_known() -> None:
    assert bars.share(days()) is None


def test_today_counts_up_to_now_only() -> None:
    found = days(Span(OK, OLD))
    assert found[-1].lasted[OK] == NOW - BOUNDS[-1][1]


def test_time_that_a_span_had_before_the_window_does_not_count() -> None:
    found = days(Span(MAJOR, OLD, BOUNDS[0][1] + HOUR), Span(OK, BOUNDS[0][1] + HOUR))
    assert found[0].lasted[MAJOR] == HOUR


def test_the_drawing_gives_each_kind_its_own_height_and_a_cross_below_a_major_outage() -> None:
    kinds = [OK, DEGRADED, PARTIAL, MAJOR]
    found = [bars.Day(bound[0], {kind: HOUR}) for bound, kind in zip(BOUNDS, kinds, strict=False)]
    drawn = bars.drawing([*found, bars.Day(BOUNDS[4][0])])
    lines = dict(re.findall(r'class="b-(ok|degraded|partial|major)" d="M\d+ ([\d.]+)', drawn))
    # A line of that width round its middle stands on the foot, at 40.
    assert {kind: 2 * (40 - float(middle)) for kind, middle in lines.items()} == {
        "ok": 40,
        "degraded": 14,
        "partial": 27,
        "major": 40,
    }
    assert 'class="b-cross" d="M24 40H32v8H24z"' in drawn
    assert "b-none" in drawn


def test_the_style_sheet_draws_lines_of_those_heights() -> None:
    style = next(body for name, body in assets().files.items() if name.endswith(".css")).decode()
    for status, height in bars.HEIGHTS.items():
        rule = re.search(rf"\.bars \.{bars.CLASSES[status]}{{[^}}]*stroke-width:(\d+)", style)
        assert rule is not None
        assert int(rule[1]) == height


def test_a_good_quarter_year_is_drawn_in_a_few_bytes() -> None:
    assert len(bars.drawing(days(Span(OK, OLD)))) < 200
