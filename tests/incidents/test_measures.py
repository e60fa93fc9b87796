"""The figures of one incident: pure, from its moments."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.measures import Moments, intervals, measures_of, median, p90

START = datetime(2026, 11, 23, 3, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def of(**given: Any) -> Moments:
    return Moments(**{"phase": "resolving", "declared_at": START, "confirmed_at": START, **given})


def test_what_never_happened_has_no_figure() -> None:
    measured = measures_of(of())
    assert measured.counted
    for name in ("to_acknowledge", "to_channels", "to_assess", "to_internal", "to_external", "to_resolve"):
        assert getattr(measured, name) is None
    assert measured.impact is None
    assert measured.found_before_customers is None


def test_spans_count_from_declared_and_words_from_confirmed() -> None:
    measured = measures_of(
        of(
            confirmed_at=at(3),
            acknowledged_at=at(2),
            channels_ready_at=at(4),
            assessed_at=at(6),
            first_internal_at=at(8),
            first_external_at=at(12),
            started_at=at(-10),
            impact_over_at=at(40),
            resolved_at=at(48),
        )
    )
    minutes = {name: getattr(measured, name) / timedelta(minutes=1) for name in SPANS}
    assert minutes == {
        "to_acknowledge": 2,
        "to_channels": 4,
        "to_assess": 6,
        "to_internal": 5,
        "to_external": 9,
        "impact": 50,
        "to_resolve": 48,
    }


SPANS = (
    "to_acknowledge", "to_channels", "to_assess", "to_internal", "to_external", "impact", "to_resolve",
)  # fmt: skip


def test_words_that_went_out_before_it_was_confirmed_took_no_time() -> None:
    measured = measures_of(of(confirmed_at=at(5), first_internal_at=at(1)))
    assert measured.to_internal == timedelta(0)


@pytest.mark.parametrize("given", [{"confirmed_at": None}, {"phase": "cancelled"}, {"phase": "merged"}])
def test_unconfirmed_cancelled_and_merged_ones_are_not_in_the_figures(given: dict[str, Any]) -> None:
    assert not measures_of(of(**given)).counted


@pytest.mark.parametrize(
    ("found_by", "report", "before"),
    [
        ("monitoring", None, True),
        ("team", 5, True),
        ("team", 0, True),
        ("monitoring", -1, False),
        ("customer", None, False),
        ("", None, None),
    ],
)
def test_found_before_the_first_customer_said_something(
    found_by: str, report: float | None, before: bool | None
) -> None:
    moments = of(found_by=found_by, first_report_at=None if report is None else at(report))
    assert measures_of(moments).found_before_customers is before


def test_how_long_it_had_which_severity() -> None:
    changes = [("SEV3", 3, True, START, at(20)), ("SEV1", 1, False, at(20), None)]
    found = intervals(changes, over_at=at(50))
    assert [(one.word, one.lasted) for one in found] == [
        ("SEV3", timedelta(minutes=20)),
        ("SEV1", timedelta(minutes=30)),
    ]


# --- many ---------------------------------------------------------------------------------------------------
def test_nothing_has_no_median() -> None:
    assert median([]) is None
    assert p90([]) is None


@pytest.mark.parametrize(("values", "middle"), [([7], 7), ([1, 9], 5), ([9, 1, 2], 2)])
def test_the_median_is_the_middle(values: list[float], middle: float) -> None:
    assert median(values) == middle


def test_nine_in_ten_stay_below_the_slowest_tenth() -> None:
    assert p90(range(101)) == 90


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_percentiles_stay_between_the_ends_and_in_order(values: list[float]) -> None:
    middle, slow = median(values), p90(values)
    assert middle is not None
    assert slow is not None
    assert min(values) <= middle <= slow + 1e-6
    assert slow <= max(values) + 1e-6
