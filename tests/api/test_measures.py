"""Figures through the API: for programs the same as on the screen, and the same refusals."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from tests.api.conftest import Caller, CaptureQueries
from tests.incidents.leading import Lead
from tests.incidents.measuring import any_incidents, make

Inside = Callable[[], AbstractContextManager[None]]


def test_the_figures_of_one_incident_are_seconds_and_null(bram: Caller, declared: str) -> None:
    said = bram.get(f"incidents/{declared}/measures/").json()
    assert said["counted"] is True
    assert said["to_resolve"] is None
    assert said["severities"] == []


def test_a_private_incident_has_no_figures_outside_its_circle(
    bram: Caller, shop: Lead, inside: Inside, with_key: Callable[..., Caller]
) -> None:
    with inside():
        shop.declare(private=True, by="anna", service=None)
    missing = bram.get("incidents/INC-99/measures/")
    for caller in (bram, with_key("read")):
        answer = caller.get("incidents/INC-1/measures/")
        assert answer.status_code == 404
        assert answer.content == missing.content
    assert with_key("read").get("measures/").json()["private"] == 1


def test_a_period_by_severity_service_and_week(bram: Caller, shop: Lead, inside: Inside) -> None:
    with inside():
        now = shop.now
        make(
            now,
            {"severity": shop.sev[1], "confirmed_at": now, "acknowledged_at": now + timedelta(minutes=2)},
            {"service": shop.checkout},
        )
    said = bram.get("measures/").json()
    assert (said["total"]["opened"], said["total"]["counted"]) == (2, 1)
    by_severity = {(row["severity"] or {}).get("word"): row for row in said["by_severity"]}
    assert by_severity["SEV1"]["to_acknowledge"] == {"median": 120, "p90": 120}
    assert by_severity[None]["to_acknowledge"] is None
    assert {(row["service"] or {}).get("name") for row in said["by_service"]} == {"Checkout", None}
    assert [row["monday"] for row in said["by_week"]] == ["2026-11-23"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"days": "7"}, "days"),
        ({"from": "yesterday"}, "from"),
        ({"severity": "AAAAAAAAAAAA"}, "severity"),
        ({"wrong": "1"}, "wrong"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(bram: Caller, query: dict[str, str], field: str) -> None:
    answer = bram.get("measures/", **query)
    assert answer.status_code == 400
    assert field in answer.content.decode()


def test_as_many_statements_for_many_as_for_few(bram: Caller, shop: Lead, inside: Inside) -> None:
    counts = []
    for first, count in ((1, 10), (11, 400)):
        with inside():
            given = any_incidents(shop.now, count, severities=shop.sev.values(), services=[shop.checkout])
            make(shop.now, *given, first=first)
        with CaptureQueries() as asked:
            assert bram.get("measures/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
