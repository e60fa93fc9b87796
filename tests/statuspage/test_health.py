"""The roll-up, the impact and uptime, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuspage import health
from statuspage.health import (
    DEGRADED,
    GRADES,
    MAINTENANCE,
    MAJOR,
    OK,
    PARTIAL,
    Span,
    percent,
    roll_up,
    time_in,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
statuses = st.lists(st.sampled_from(GRADES), max_size=8)


@pytest.mark.parametrize(
    ("components", "indicator", "description"),
    [
        ([], "none", "All Systems Operational"),
        ([OK, OK], "none", "All Systems Operational"),
        ([MAJOR], "critical", "Major System Outage"),
        ([MAJOR, MAJOR], "critical", "Major System Outage"),
        ([MAJOR, OK], "major", "Partial System Outage"),
        ([MAJOR, PARTIAL], "major", "Partial System Outage"),
        ([PARTIAL, PARTIAL], "major", "Partial System Outage"),
        ([PARTIAL, OK], "minor", "Minor Service Outage"),
        ([PARTIAL, DEGRADED], "minor", "Minor Service Outage"),
        ([DEGRADED, DEGRADED], "minor", "Degraded System Service"),
        ([DEGRADED, OK], "minor", "Partially Degraded Service"),
        ([DEGRADED, MAINTENANCE], "minor", "Partially Degraded Service"),
        ([MAINTENANCE, OK], "maintenance", "Service Under Maintenance"),
        ([MAINTENANCE], "maintenance", "Service Under Maintenance"),
    ],
)
def test_the_roll_up_is_the_first_rule_that_fits(
    components: list[str], indicator: str, description: str
) -> None:
    assert roll_up(components) == health.RollUp(indicator, description)


@given(statuses)
def test_only_a_page_without_trouble_or_maintenance_is_all_operational(components: list[str]) -> None:
    assert (roll_up(components).indicator == "none") == (set(components) <= {OK})


@given(statuses)
def test_the_order_of_components_does_not_matter(components: list[str]) -> None:
    assert roll_up(components) == roll_up(components[::-1])


@pytest.mark.parametrize(
    ("affected", "impact"),
    [
        ([], "none"),
        ([OK], "none"),
        ([MAINTENANCE], "none"),
        ([DEGRADED, OK], "minor"),
        ([PARTIAL, DEGRADED], "major"),
        ([MAJOR, PARTIAL], "critical"),
    ],
)
def test_impact_follows_the_worst_component(affected: list[str], impact: str) -> None:
    assert health.impact_of(affected) == impact


def test_the_worse_impact_wins_whichever_comes_first() -> None:
    assert health.worse_impact("critical", "minor") == health.worse_impact("minor", "critical") == "critical"


def test_the_worst_of_nothing_is_operational() -> None:
    assert health.worst([]) == OK


def test_time_is_counted_within_the_window_only() -> None:
    spans = [
        Span(OK, NOON - 10 * HOUR, NOON - HOUR),
        Span(MAJOR, NOON - HOUR, NOON + HOUR),
        Span(OK, NOON + HOUR),
    ]
    assert time_in(spans, NOON, NOON + 3 * HOUR) == {MAJOR: HOUR, OK: 2 * HOUR}


def test_spans_of_one_status_add_up() -> None:
    spans = [
        Span(PARTIAL, NOON, NOON + HOUR),
        Span(OK, NOON + HOUR, NOON + 2 * HOUR),
        Span(PARTIAL, NOON + 2 * HOUR),
    ]
    assert time_in(spans, NOON, NOON + 4 * HOUR)[PARTIAL] == 3 * HOUR


@pytest.mark.parametrize(
    ("lasted", "share"),
    [
        ({OK: 10 * HOUR}, 1.0),
        ({MAJOR: HOUR, OK: 9 * HOUR}, 0.9),
        ({PARTIAL: HOUR, OK: 9 * HOUR}, 0.97),
        ({PARTIAL: 2 * HOUR, MAJOR: HOUR, OK: 7 * HOUR}, 0.84),
        ({DEGRADED: 5 * HOUR, MAINTENANCE: 5 * HOUR}, 1.0),
        ({MAJOR: HOUR}, 0.0),
    ],
)
def test_a_major_outage_counts_whole_a_partial_one_for_a_third_nearly(
    lasted: dict[str, timedelta], share: float
) -> None:
    assert health.uptime(lasted) == pytest.approx(share)


def test_what_is_not_known_has_no_uptime() -> None:
    assert health.uptime({}) is None
    assert health.uptime(time_in([Span(OK, NOON)], NOON - 2 * HOUR, NOON - HOUR)) is None


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1.0, "100"),
        (0.9998, "99.98"),
        (0.999999, "99.99"),
        (0.99996, "99.99"),
        (0.999, "99.9"),
        (0.98, "98"),
        (0.57, "57"),
        (0.0, "0"),
    ],
)
def test_percentages_are_rounded_down(share: float, text: str) -> None:
    assert percent(share) == text


@given(st.integers(min_value=1, max_value=90 * 24 * 3600))
def test_any_outage_of_a_second_shows(down: int) -> None:
    window = timedelta(days=90)
    lasted = {MAJOR: timedelta(seconds=down), OK: window - timedelta(seconds=down)}
    share = health.uptime(lasted)
    assert share is not None
    assert percent(share) != "100"
