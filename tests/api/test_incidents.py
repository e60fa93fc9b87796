"""Incidents over the API: declared, found, listed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from incidents.models import Incident
from tests.api.conftest import Caller, CaptureQueries, act
from tests.conftest import MovedClock
from tests.incidents.leading import Lead

Build = Callable[..., Caller]
Inside = Callable[[], AbstractContextManager[None]]


# --- declaring ----------------------------------------------------------------------------------------------
def test_one_line_declares_an_incident(bram: Caller, shop: Lead) -> None:
    answer = bram.post("incidents/", {"summary": "  Payments   fail "})
    said = answer.json()
    assert answer.status_code == 201
    assert said["key"] == "INC-1"
    assert said["summary"] == "Payments fail"
    assert (said["status"], said["phase"]) == ("open", "detected")
    assert said["next_action"]["code"]
    assert [step["number"] for step in said["steps"]] == [1, 2, 3, 4, 5, 6, 7]
    assert said["facts"]["managers"] == 0


def test_everything_that_can_be_said_with_it(bram: Caller, shop: Lead, moved_clock: MovedClock) -> None:
    said = {
        "summary": "Payments fail",
        "service": shop.checkout.uid,
        "severity": shop.sev[1].uid,
        "severity_provisional": False,
        "found_by": "customer",
        "found_via": "phone",
        "started_at": (moved_clock.now() - timedelta(minutes=9)).isoformat(),
    }
    got = bram.post("incidents/", said).json()
    assert got["service"] == {"uid": shop.checkout.uid, "name": "Checkout"}
    assert got["severity"]["word"] == "SEV1"
    assert not got["severity_provisional"]
    assert (got["found_by"], got["found_via"]) == ("customer", "phone")
    assert got["confirmed_at"] is not None
    assert {call["label"] for call in got["calls"]} >= {"Checkout"}


def test_the_same_idempotency_key_declares_once(
    bram: Caller, as_member: Build, shop: Lead, inside: Inside
) -> None:
    first = bram.call("POST", "incidents/", {"summary": "A"}, **{"Idempotency-Key": "7"})
    again = bram.call("POST", "incidents/", {"summary": "A"}, **{"Idempotency-Key": "7"})
    other = as_member("marc").call("POST", "incidents/", {"summary": "B"}, **{"Idempotency-Key": "7"})
    assert first.json()["key"] == again.json()["key"]
    assert other.json()["key"] != first.json()["key"], "two callers that count from 1 are two callers"
    with inside():
        assert Incident.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "summary"),
        ({"summary": ""}, "summary"),
        ({"summary": "x" * 301}, "summary"),
        ({"summary": "x", "found_by": "a bird"}, "found_by"),
        ({"summary": "x", "service": "AAAAAAAAAAAA"}, "service"),
        ({"summary": "x", "service": 7}, "service"),
        ({"summary": "x", "service": {"uid": "y"}}, "service"),
        ({"summary": "x", "started_at": "2030-01-01T00:00:00Z"}, "started_at"),
        ({"summary": "x\0"}, None),
    ],
)
def test_what_is_wrong_is_said_by_field(bram: Caller, shop: Lead, body: Any, field: str | None) -> None:
    answer = bram.post("incidents/", body)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["message"]
    if field:
        assert error["code"] == "invalid"
        assert list(error["fields"]) == [field]
        assert all(isinstance(word, str) for word in error["fields"][field])


def test_a_viewer_may_declare_and_a_read_key_may_not(
    as_member: Build, with_key: Build, shop: Lead, inside: Inside
) -> None:
    assert as_member("vera").post("incidents/", {"summary": "x"}).status_code == 201
    refused = with_key("read").post("incidents/", {"summary": "y"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    with inside():
        assert Incident.objects.count() == 1


# --- reading ------------------------------------------------------------------------------------------------
def test_an_incident_is_found_by_its_key(bram: Caller, declared: str) -> None:
    assert bram.get(f"incidents/{declared}/").json()["key"] == declared
    assert bram.get(f"incidents/{declared.lower()}").json()["key"] == declared
    for nonsense in ("INC-2", "INC-0", "INC-01", "INC-", "1", "INC-1x", "INC-99999999999", "inc", "INC-¹"):
        answer = bram.get(f"incidents/{nonsense}/")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), nonsense


def test_the_list_is_newest_first_and_pages_by_cursor(bram: Caller, shop: Lead) -> None:
    for number in range(5):
        bram.post("incidents/", {"summary": f"number {number}"})
    seen, address = [], "incidents/?limit=2"
    while address:
        page = bram.get(address.replace("http://127.0.0.1:8000", "")).json()
        seen += [row["key"] for row in page["results"]]
        address = page["next"]
    assert seen == ["INC-5", "INC-4", "INC-3", "INC-2", "INC-1"]


def test_a_cursor_tells_nothing_and_cannot_be_made_up(bram: Caller, shop: Lead) -> None:
    for _ in range(3):
        bram.post("incidents/", {"summary": "x"})
    page = bram.get("incidents/?limit=1").json()
    cursor = page["next"].split("cursor=")[1].split("&")[0]
    assert "INC" not in cursor
    bent = cursor[:-8] + "AAAAAAAA"
    for wrong in (bent, "cD0z", "%00", "x" * 500):
        answer = bram.get(f"incidents/?cursor={wrong}")
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["cursor"])


def test_filters(bram: Caller, shop: Lead, inside: Inside) -> None:
    one = bram.post("incidents/", {"summary": "one", "service": shop.checkout.uid}).json()["key"]
    two = bram.post("incidents/", {"summary": "two", "severity": shop.sev[2].uid}).json()["key"]
    act(bram, two, "cancel")

    def keys(query: str) -> list[str]:
        return [row["key"] for row in bram.get(f"incidents/?{query}").json()["results"]]

    assert keys("status=open") == [one]
    assert keys("status=cancelled") == [two]
    assert keys("status=open&status=cancelled") == [two, one]
    assert keys("phase=cancelled") == [two]
    assert keys(f"service={shop.checkout.uid}") == [one]
    assert keys("service=AAAAAAAAAAAA") == []
    assert keys(f"severity={shop.sev[2].uid}") == [two]
    assert keys("declared_before=2020-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query", ["statos=open", "status=nonsense", "ordering=-id", "id=1", "tenant=1", "q=x"]
)
def test_a_filter_that_is_not_there_is_an_error(bram: Caller, shop: Lead, query: str) -> None:
    answer = bram.get(f"incidents/?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [query.split("=")[0]]


def test_a_list_costs_the_same_however_long(bram: Caller, shop: Lead, django_assert_num_queries: Any) -> None:
    def cost() -> int:
        with CaptureQueries() as queries:
            bram.get("incidents/")
        return len(queries)

    bram.post("incidents/", {"summary": "first", "service": shop.checkout.uid})
    one = cost()
    for number in range(7):
        key = bram.post("incidents/", {"summary": f"{number}", "service": shop.checkout.uid}).json()["key"]
        act(bram, key, "acknowledge")
    assert cost() == one


def test_a_detail_costs_the_same_however_much_happened(bram: Caller, shop: Lead, declared: str) -> None:
    def cost() -> int:
        with CaptureQueries() as queries:
            bram.get(f"incidents/{declared}/")
        return len(queries)

    act(bram, declared, "acknowledge")
    act(bram, declared, "call_in", people=[shop.people["marc"].uid])
    act(bram, declared, "channel", kind="chat", place="#payments")
    few = cost()
    act(bram, declared, "call_in", people=[shop.people["carla"].uid, shop.people["anna"].uid])
    act(bram, declared, "channel", kind="video", place="https://meet.example.org/x")
    for number in range(5):
        act(bram, declared, "note", text=f"note {number}")
    assert cost() == few
