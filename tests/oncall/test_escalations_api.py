"""Calls for help over the API: who was paged, who has it, and the answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from oncall.models import Escalation
from tests.api.conftest import Caller, with_key  # noqa: F401  (a fixture)
from tests.oncall.conftest import Pager
from tests.oncall.policies import policy_of, step, team_of
from tests.people import World

Key = Callable[..., Caller]


def test_a_call_says_who_was_paged_and_who_is_next(pager: Pager, with_key: Key) -> None:  # noqa: F811
    pager.start(policy_of(pager, step("bram", answers_needed=2), step("marc")))
    pager.acknowledge(Escalation.objects.get(), "bram")
    (listed,) = with_key("read").get("escalations").json()["results"]
    assert (listed["state"], [p["name"] for p in listed["paged"]]) == ("paging", ["Bram"])
    assert ([p["name"] for p in listed["answers"]], listed["answers_needed"]) == (["Bram"], 2)
    shown = with_key("read").get(f"escalations/{listed['uid']}").json()
    assert shown["next"]["names"] == ["Marc"]
    assert shown["held"] is None


def test_a_private_one_is_not_there(pager: Pager, with_key: Key) -> None:  # noqa: F811
    pager.start(policy_of(pager, step("bram")), private=True, title="", service="")
    assert with_key("read").get("escalations").json()["results"] == []
    uid = Escalation.objects.get().uid
    assert with_key("write").post(f"escalations/{uid}/snooze", {}).status_code == 404


def test_answers_ask_for_what_the_operations_ask_for(pager: Pager, with_key: Key) -> None:  # noqa: F811
    escalation = pager.start(policy_of(pager, step("bram"), step("marc")))
    at, bram = f"escalations/{escalation.uid}", {"member": pager.people["bram"].uid}
    assert with_key("read").post(f"{at}/acknowledge", bram).status_code == 403
    respond = with_key("write")
    assert respond.post(f"{at}/acknowledge", {}).status_code == 400  # a key must say whose
    escalated = respond.post(f"{at}/escalate", bram | {"asked_at": pager.now.isoformat()})
    assert escalated.status_code == 200, escalated.content
    pager.engine.run()
    assert pager.mailed() == ["bram", "marc"]
    old = (pager.now - timedelta(minutes=1)).isoformat()
    respond.post(f"{at}/escalate", bram | {"asked_at": old})
    pager.engine.run()
    assert pager.mailed() == []
    taken = respond.post(f"{at}/acknowledge", bram).json()
    assert (taken["state"], taken["acknowledged_by"]["name"]) == ("acknowledged", "Bram")
    assert respond.post(f"{at}/renew", {}).status_code == 200
    until = (pager.now + timedelta(hours=1)).isoformat()
    assert respond.post(f"{at}/snooze", {"until": until}).json()["state"] == "snoozed"
    given = respond.post(f"{at}/reassign", {"members": [pager.people["carla"].uid]})
    assert given.json()["state"] == "paging"
    assert respond.post(f"{at}/reassign", {}).status_code == 400


def test_another_tenants_people_and_policies_are_missing_ones(
    pager: Pager,
    world: World,
    with_key: Key,  # noqa: F811
) -> None:
    escalation = pager.start(policy_of(pager, step("bram")))
    olga = world.other.members["olga"].uid
    at = f"escalations/{escalation.uid}"
    for path, body in (("acknowledge", {"member": olga}), ("reassign", {"members": [olga]})):
        assert with_key("write").post(f"{at}/{path}", body).status_code == 400


def test_a_policy_tells_its_targets_of_every_kind(pager: Pager, with_key: Key) -> None:  # noqa: F811
    team = team_of(pager, "bram")
    policy_of(pager, step(team, "marc", strategy="in_turn", severity_up_to=2), repeat_forever=True)
    (policy,) = with_key("read").get("escalation-policies").json()["results"]
    (first,) = policy["steps"]
    targets: list[dict[str, Any]] = first["targets"]
    assert policy["repeat_forever"] is True
    assert [(one["kind"], one["name"]) for one in targets] == [("team", "Database"), ("person", "Marc")]
    assert (targets[0]["uid"], first["strategy"], first["severity_up_to"]) == (team.uid, "in_turn", 2)
