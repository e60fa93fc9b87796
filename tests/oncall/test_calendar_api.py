"""Schedules made and changed, swaps, absences, temporary schedules, coverage and fairness over the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from oncall.models import Absence, Override, Rotation, Schedule, Swap, TemporarySchedule
from oncall.operations.resolve import on_call_at
from tests.api.conftest import Caller, as_member, make_key, with_key  # noqa: F401  (fixtures)
from tests.conftest import START
from tests.oncall.conftest import Pager
from tests.people import World

Key = Callable[..., Caller]
DAY = timedelta(days=1)
TIMES = {"starts_at": "2026-11-24T09:00:00Z", "ends_at": "2026-11-25T09:00:00Z"}


@pytest.fixture
def shop(pager: Pager) -> Schedule:
    for name in ("anna", "bram"):
        pager.contact(name)
    return pager.schedule("anna", "bram")


@pytest.fixture
def foreign(world: World) -> Schedule:
    with tenant_scope(world.other.tenant.pk), acting(ENGINE, now=START):
        return Schedule.objects.create(name="Theirs", time_zone="UTC")


def who(schedule: Schedule, days: float) -> list[str]:
    return [str(one.membership) for one in on_call_at(schedule=schedule, at=START + days * DAY)]


def test_a_schedule_is_made_and_changed_and_the_holder_stays(pager: Pager, with_key: Key) -> None:  # noqa: F811
    anna, bram = pager.people["anna"].uid, pager.people["bram"].uid
    body: dict[str, Any] = {
        "name": "Shop",
        "time_zone": "Europe/Amsterdam",
        "coverage_days": "12345",
        "coverage_start": "09:00",
        "coverage_end": "17:00",
        "rotations": [
            {"name": "Weekly", "start_date": "2026-11-23", "participants": [anna, bram]},
            {
                "name": "Nights", "start_date": "2026-11-23", "unit": "day", "priority": 5, "at_once": 2,
                "restrictions": [{"days": "12345", "start": "22:00", "end": "06:00"}],
                "participants": [bram, anna],
            },
        ],
    }  # fmt: skip
    made = with_key("admin").post("schedules", body)
    assert made.status_code == 201, made.json()
    answer = made.json()
    assert (answer["coverage_start"], answer["tells_gaps"]) == ("09:00:00", True)
    layers = [(r["name"], r["priority"], r["at_once"], len(r["restrictions"])) for r in answer["rotations"]]
    assert layers == [("Nights", 5, 2, 1), ("Weekly", 0, 1, 0)]
    schedule = Schedule.objects.get(uid=answer["uid"])
    assert who(schedule, 0) == ["Anna"]

    changed = with_key("admin").call(
        "PATCH",
        f"schedules/{schedule.uid}",
        {
            "swaps_need_approval": True,
            "rotations": [{"name": "Weekly", "start_date": "2026-11-23", "participants": [bram, anna]}],
        },
    )
    assert changed.status_code == 200, changed.json()
    assert changed.json()["swaps_need_approval"] is True
    assert [r["name"] for r in changed.json()["rotations"]] == ["Weekly"]
    assert who(schedule, 0) == ["Anna"]
    assert who(schedule, 8) == ["Bram"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"time_zone": "Nowhere"},
        {"coverage_days": "178"},
        {"coverage_start": "09:00"},
        {"rotations": [{"name": "x"}]},
        {"rotations": [{"name": "x", "start_date": "0001-01-01", "participants": []}]},
        {"rotations": [{"name": "x", "start_date": "2026-11-23", "participants": ["AAAAAAAAAAAA"]}]},
        {"rotations": [{"name": "x", "start_date": "2026-11-23", "participants": [], "restrictions": [
            {"days": "x", "start": "09:00", "end": "17:00"}]}]},
        {"uid": "x"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_a_400(pager: Pager, shop: Schedule, with_key: Key, change: Any) -> None:  # noqa: F811
    answer = with_key("admin").call("PATCH", f"schedules/{shop.uid}", change)
    assert answer.status_code == 400, answer.json()
    assert Rotation.objects.get().name == "Weekly"


def test_who_may(pager: Pager, shop: Schedule, with_key: Key) -> None:  # noqa: F811
    assert with_key("write").call("PATCH", f"schedules/{shop.uid}", {"name": "x"}).status_code == 403
    assert with_key("write").post("schedules", {"name": "x"}).status_code == 403
    assert with_key("read").post("swaps", {}).status_code == 403
    assert with_key("read").post("absences", {}).status_code == 403
    assert with_key("write").post("temporary-schedules", {}).status_code == 403


def test_an_override_is_taken_back(pager: Pager, shop: Schedule, with_key: Key) -> None:  # noqa: F811
    made = with_key("write").post(
        "overrides",
        {"schedule": shop.uid, "kind": "replace", "member": pager.people["bram"].uid,
         "replaces": pager.people["anna"].uid, "note": "dentist", **TIMES},
    )  # fmt: skip
    assert made.json()["note"] == "dentist"
    assert who(shop, 1) == ["Bram"]
    assert with_key("read").call("DELETE", f"overrides/{made.json()['uid']}").status_code == 403
    assert with_key("write").call("DELETE", f"overrides/{made.json()['uid']}").status_code == 204
    assert who(shop, 1) == ["Anna"]
    assert not Override.objects.exists()


def test_the_pager_is_taken_with_what_rings(pager: Pager, shop: Schedule, as_member: Key) -> None:  # noqa: F811
    escalation = pager.start(pager.policy([shop], delay=60))
    path = f"schedules/{shop.uid}/take_pager"
    assert as_member("vera").post(path, {}).status_code == 403
    taken = as_member("marc").post(path, {})
    assert taken.status_code == 200, taken.json()
    assert [one["member"]["name"] for one in taken.json()] == ["Marc"]
    assert who(shop, 0) == ["Marc"]
    escalation.refresh_from_db()
    assert str(escalation.acknowledged_by) == "Marc"


def test_a_swap_from_asking_to_giving_back(pager: Pager, shop: Schedule, as_member: Key) -> None:  # noqa: F811
    anna, bram = as_member("anna"), as_member("bram")
    made = anna.post("swaps", {"schedule": shop.uid, "asked_of": pager.people["bram"].uid, **TIMES})
    assert made.status_code == 201, made.json()
    assert (made.json()["state"], made.json()["member"]["name"]) == ("open", "Anna")
    uid = made.json()["uid"]
    taken = bram.post(f"swaps/{uid}/take", {})
    assert (taken.json()["state"], taken.json()["taken_by"]["name"]) == ("taken", "Bram")
    assert who(shop, 1) == ["Bram"]
    assert bram.post(f"swaps/{uid}/give_back", {}).json()["state"] == "open"
    assert anna.post(f"swaps/{uid}/withdraw", {}).json()["state"] == "withdrawn"
    assert anna.post(f"swaps/{uid}/approve", {}).status_code == 409
    assert as_member("vera").post(f"swaps/{uid}/take", {}).status_code == 403
    assert [row["uid"] for row in as_member("vera").get("swaps", schedule=shop.uid).json()["results"]] == [
        uid
    ]


def test_a_key_says_for_whom(pager: Pager, shop: Schedule, with_key: Key) -> None:  # noqa: F811
    for path, body in (("swaps", {"schedule": shop.uid, **TIMES}), ("absences", TIMES)):
        answer = with_key("admin").post(path, body)
        assert answer.status_code == 400
        assert "member" in answer.json()["error"]["fields"]
    assert (
        with_key("admin").post("absences", {"member": pager.people["anna"].uid, **TIMES}).status_code == 201
    )


def test_away_and_back(pager: Pager, shop: Schedule, as_member: Key) -> None:  # noqa: F811
    anna = as_member("anna")
    made = anna.post("absences", {"note": "skiing", **TIMES})
    assert made.json()["from_calendar"] is False
    assert who(shop, 1) == ["Bram"]
    assert len(anna.get("absences", member=pager.people["anna"].uid).json()["results"]) == 1
    assert as_member("bram").call("DELETE", f"absences/{made.json()['uid']}").status_code == 403
    assert anna.call("DELETE", f"absences/{made.json()['uid']}").status_code == 204
    assert who(shop, 1) == ["Anna"]


def test_a_temporary_schedule(pager: Pager, shop: Schedule, with_key: Key) -> None:  # noqa: F811
    carla = pager.people["carla"].uid
    made = with_key("admin").post(
        "temporary-schedules",
        {"schedule": shop.uid, "name": "Fair", "shifts": [{"member": carla, **TIMES}], **TIMES},
    )
    assert made.status_code == 201, made.json()
    assert who(shop, 1) == ["Carla"]
    assert with_key("admin").call("DELETE", f"temporary-schedules/{made.json()['uid']}").status_code == 204
    assert not TemporarySchedule.objects.exists()


def test_coverage_and_fairness(pager: Pager, shop: Schedule, with_key: Key) -> None:  # noqa: F811
    with acting(ENGINE, now=START):
        Override.objects.create(
            schedule=shop, kind="remove", membership=pager.people["anna"],
            starts_at=START + DAY, ends_at=START + DAY + timedelta(hours=4),
        )  # fmt: skip
    pager.schedule(called="Empty")
    both = with_key("read").get("coverage").json()
    assert [row["schedule"]["name"] for row in both] == ["Checkout", "Empty"]
    row = with_key("read").get("coverage", schedule=shop.uid).json()[0]
    assert row["first_gap"] == {
        "starts_at": "2026-11-24T11:00:00+01:00",
        "ends_at": "2026-11-24T15:00:00+01:00",
    }
    assert [gap["member"] for gap in row["gaps"]] == [None]
    assert row["covered_percent"] == 99.81
    assert 90 < row["score"] < 100
    rows = with_key("read").get("fairness", schedule=shop.uid, **{"from": "2026-11-23T10:00:00Z"}).json()
    assert {one["member"]["name"] for one in rows} == {"Anna", "Bram"}
    for query in (
        {"from": "x"},
        {"from": "0001-01-01T00:00:00Z"},
        {"until": "2030-01-01T00:00:00Z"},
        {"x": "1"},
    ):
        assert with_key("read").get("fairness", **query).status_code == 400


def test_the_outsiders_rows_do_not_exist_here(
    pager: Pager,
    shop: Schedule,
    foreign: Schedule,
    with_key: Key,  # noqa: F811
) -> None:
    admin = with_key("admin")
    for uid in (foreign.uid, "AAAAAAAAAAAA"):
        assert admin.call("PATCH", f"schedules/{uid}", {"name": "x"}).status_code == 404
        assert admin.get("coverage", schedule=uid).json() == []
        assert admin.get("fairness", schedule=uid).json() == []
        answer = admin.post("swaps", {"schedule": uid, "member": pager.people["anna"].uid, **TIMES})
        assert answer.json()["error"]["fields"]["schedule"] == ["That choice does not exist here."]
        body = {"schedule": uid, "name": "x", "shifts": [], **TIMES}
        assert admin.post("temporary-schedules", body).status_code == 400
    assert not Swap.objects.exists()
    assert not Absence.objects.exists()
