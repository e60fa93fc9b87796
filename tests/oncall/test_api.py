"""Schedules, who is on call, overrides and policies over the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from oncall.models import Override, Schedule
from tests.api.conftest import Caller, make_key, with_key  # noqa: F401  (a fixture)
from tests.oncall.conftest import Pager
from tests.people import World

Key = Callable[..., Caller]


def test_who_is_on_call_now_and_then(pager: Pager, with_key: Key) -> None:  # noqa: F811
    pager.schedule("bram", "marc")
    pager.schedule(called="Nobody's")
    answer = with_key("read").get("who-is-on-call")
    assert answer.status_code == 200
    assert [
        (row["schedule"]["name"], [p["member"]["name"] for p in row["on_call"]]) for row in answer.json()
    ] == [
        ("Checkout", ["Bram"]),
        ("Nobody's", []),
    ]
    assert answer.json()[0]["on_call"][0] == {
        "member": {"uid": pager.people["bram"].uid, "name": "Bram"},
        "why": "Weekly",
        "until": "2026-11-30T09:00:00+01:00",
    }
    later = with_key("read").get("who-is-on-call", at="2026-12-01T00:00:00Z")
    assert later.json()[0]["on_call"][0]["member"]["name"] == "Marc"


@pytest.mark.parametrize("at", ["nonsense", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "2026-13-01"])
def test_a_moment_that_is_none_is_a_400(pager: Pager, with_key: Key, at: str) -> None:  # noqa: F811
    answer = with_key("read").get("who-is-on-call", at=at)
    assert answer.status_code == 400
    assert "at" in answer.json()["error"]["fields"]


def test_the_queries_do_not_grow_with_the_schedules(
    pager: Pager,
    with_key: Key,  # noqa: F811
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(12):
        pager.schedule("bram", "marc", called=f"S{number}")
    caller = with_key("read")
    caller.get("who-is-on-call")
    with django_assert_max_num_queries(14):
        caller.get("who-is-on-call")
    with django_assert_max_num_queries(14):
        caller.get("schedules")


def test_schedules_and_policies_are_read_whole(pager: Pager, with_key: Key) -> None:  # noqa: F811
    schedule = pager.schedule("bram", "marc")
    pager.policy([schedule], ["carla"], repeat=2)
    caller = with_key("read")
    rotation = caller.get("schedules").json()["results"][0]["rotations"][0]
    assert [person["name"] for person in rotation["participants"]] == ["Bram", "Marc"]
    policy = caller.get("escalation-policies").json()["results"][0]
    assert [
        (step["delay_minutes"], [s["name"] for s in step["schedules"]], [m["name"] for m in step["members"]])
        for step in policy["steps"]
    ] == [(5, ["Checkout"], []), (5, [], ["Carla"])]


def wanted(pager: Pager, of: Schedule, **changes: Any) -> dict[str, Any]:
    return {
        "schedule": of.uid,
        "kind": "replace",
        "member": pager.people["carla"].uid,
        "replaces": pager.people["bram"].uid,
        "starts_at": pager.now.isoformat(),
        "ends_at": (pager.now + timedelta(hours=2)).isoformat(),
        **changes,
    }


def test_an_override_is_made_and_holds(pager: Pager, with_key: Key) -> None:  # noqa: F811
    schedule = pager.schedule("bram")
    caller = with_key("write")
    answer = caller.post("overrides", wanted(pager, schedule))
    assert answer.status_code == 201, answer.content
    assert answer.json()["member"]["name"] == "Carla"
    on_call = caller.get("who-is-on-call").json()[0]["on_call"][0]
    assert (on_call["member"]["name"], on_call["why"]) == ("Carla", "covers for Bram")
    assert caller.get("overrides", schedule=schedule.uid).json()["results"][0]["uid"] == answer.json()["uid"]
    assert Override.objects.get().history.get().actor_kind == "key"


def test_a_key_for_reading_makes_no_override(pager: Pager, with_key: Key) -> None:  # noqa: F811
    answer = with_key("read").post("overrides", wanted(pager, pager.schedule("bram")))
    assert answer.status_code == 403
    assert not Override.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "add"}, None),
        ({"replaces": None}, None),
        ({"ends_at": "2026-11-23T09:00:00Z"}, None),
        ({"member": "AAAAAAAAAAAA"}, "member"),
        ({"tenant": 1}, "tenant"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused_in_words(
    pager: Pager,
    with_key: Key,  # noqa: F811
    changes: dict[str, Any],
    field: str | None,
) -> None:
    answer = with_key("write").post("overrides", wanted(pager, pager.schedule("bram"), **changes))
    assert answer.status_code == 400, answer.content
    assert field is None or field in answer.json()["error"]["fields"]
    assert not Override.objects.exists()


def test_an_override_wholly_in_the_past_is_a_conflict(pager: Pager, with_key: Key) -> None:  # noqa: F811
    past = {"starts_at": "2026-11-20T00:00:00Z", "ends_at": "2026-11-21T00:00:00Z"}
    answer = with_key("write").post("overrides", wanted(pager, pager.schedule("bram"), **past))
    assert answer.status_code == 409


def test_another_tenants_schedule_and_people_are_missing_ones(
    pager: Pager,
    world: World,
    with_key: Key,  # noqa: F811
) -> None:
    mine = pager.schedule("bram")
    with tenant_scope(world.other.tenant.pk), acting(ENGINE, now=pager.now):
        theirs = Schedule.objects.create(name="Checkout")
    caller = with_key("write")
    answers = [
        caller.post("overrides", wanted(pager, mine, schedule=uid)) for uid in (theirs.uid, "AAAAAAAAAAAA")
    ]
    assert answers[0].content == answers[1].content
    olga = world.other.members["olga"].uid
    answers = [caller.post("overrides", wanted(pager, mine, member=uid)) for uid in (olga, "AAAAAAAAAAAA")]
    assert answers[0].content == answers[1].content
    pages = [caller.get(f"schedules/{uid}") for uid in (theirs.uid, "AAAAAAAAAAAA")]
    assert (pages[0].status_code, pages[0].content) == (404, pages[1].content)
    assert caller.get("who-is-on-call", schedule=theirs.uid).json() == []
