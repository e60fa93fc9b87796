"""The sentence on top."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuspage.banner import banner
from statuspage.health import GRADES

statuses = st.lists(st.sampled_from(GRADES), max_size=9)
steps = st.lists(st.sampled_from(["investigating", "identified", "monitoring"]), max_size=3)


def parts(*statuses: str) -> list[tuple[str, str]]:
    names = ("Checkout", "Search", "Website", "Apps", "Exports", "Mail", "Admin", "Docs", "API")
    return list(zip(names, statuses, strict=False))


OK, MAJOR, PARTIAL, SLOW, WORKS = (
    "operational",
    "major_outage",
    "partial_outage",
    "degraded_performance",
    "under_maintenance",
)


@pytest.mark.parametrize(
    ("components", "level", "sentence"),
    [
        (parts(OK), "ok", "Everything works."),
        ([], "ok", "Everything works."),
        (parts(MAJOR, OK), "major", "Checkout is not working."),
        (parts(MAJOR, MAJOR), "major", "Checkout and Search are not working."),
        (parts(MAJOR, PARTIAL), "major", "Checkout is not working."),
        (parts(PARTIAL, OK), "partial", "Checkout fails for some customers."),
        (
            parts(PARTIAL, PARTIAL, PARTIAL),
            "partial",
            "Checkout, Search and Website fail for some customers.",
        ),
        (parts(SLOW), "degraded", "Checkout is slower than usual."),
        (parts(SLOW, SLOW), "degraded", "Checkout and Search are slower than usual."),
        (parts(SLOW, SLOW, SLOW, SLOW), "degraded", "4 of 4 services have problems."),
        (
            parts(MAJOR, MAJOR, MAJOR, MAJOR, SLOW, OK, OK, OK, WORKS),
            "major",
            "5 of 9 services have problems.",
        ),
        (parts(WORKS, OK), "maintenance", "Planned maintenance: Checkout."),
        (parts(WORKS, SLOW), "degraded", "Search is slower than usual."),
    ],
)
def test_components_are_named_by_the_gravest_first(
    components: list[tuple[str, str]], level: str, sentence: str
) -> None:
    said = banner(components, [])
    assert (said.level, said.sentence) == (level, sentence)


def test_maintenance_says_until_when() -> None:
    said = banner(parts(WORKS), [], "16:00 UTC")
    assert said.sentence == "Planned maintenance: Checkout, until 16:00 UTC."


@pytest.mark.parametrize(
    ("open_incidents", "sentence"),
    [
        (["investigating"], "We are looking into a problem."),
        (["monitoring", "identified"], "We are looking into a problem."),
        (["monitoring"], "A fix is in place. We are keeping an eye on it."),
    ],
)
def test_an_open_incident_over_green_components_is_said(open_incidents: list[str], sentence: str) -> None:
    assert banner(parts(OK, OK), open_incidents).sentence == sentence


def test_an_open_incident_comes_before_maintenance() -> None:
    assert banner(parts(WORKS), ["investigating"]).level == "notice"


def test_only_a_major_outage_promises_that_we_are_on_it() -> None:
    assert banner(parts(MAJOR), []).tail == "We are on it."
    assert banner(parts(PARTIAL), []).tail == ""


@given(statuses, steps)
def test_all_is_well_only_when_all_components_work_and_nothing_is_open(
    components: list[str], open_incidents: list[str]
) -> None:
    said = banner(parts(*components), open_incidents)
    well = set(components) <= {OK} and not open_incidents
    assert (said.level == "ok") == (said.sentence == "Everything works.") == well
