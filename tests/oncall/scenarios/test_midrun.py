"""What is edited while a ladder runs: it goes on, and nobody is paged who should not be."""

from oncall.models import Rotation
from tests.oncall.policies import add_step
from tests.oncall.scenarios.house import House, step
from tests.oncall.scenarios.named import scenario


@scenario("step deleted mid-run")
def test_a_deleted_step_is_still_paged_by_what_runs_and_by_nothing_after(house: House) -> None:
    policy = house.paged_by(["bram"], ["marc"], ["carla"])
    house.paged_by(service="Exports")
    house.alert()
    assert house.heard() == ["bram email page"]
    house.admin(f"oncall/escalationpolicy/{policy.pk}/change/", **{"steps-1-DELETE": "on"})
    house.later(minutes=5)
    assert house.heard() == ["marc email page"]
    house.later(minutes=5)
    assert house.heard() == ["carla email page"]
    house.later(minutes=5)
    assert house.heard() == ["anna email nobody"]
    with house.inside():
        house.services["Exports"].policy = policy
        house.services["Exports"].save()
    house.alert(service="Exports")
    assert house.heard() == ["bram email page"]
    house.later(minutes=5)
    assert house.heard() == ["carla email page"]


@scenario("person switched off mid-run")
def test_who_is_switched_off_is_paged_no_more_and_the_next_is_at_once(house: House) -> None:
    house.paged_by(["bram"], ["marc"], repeat=1)
    house.reached("bram", "email", ("push", 3))
    house.alert()
    assert house.heard() == ["bram email page"]
    house.later(minutes=1)
    house.platform(f"tenancy/user/{house.people['bram'].user.pk}/change/", is_active=None)
    assert house.heard() == ["marc email page"]
    house.later(minutes=9)
    assert house.heard() == ["marc email page"]  # the second round, which has no Bram
    house.later(minutes=5)
    assert house.heard() == ["anna email nobody"]


@scenario("person left mid-run")
def test_who_left_with_it_in_hand_leaves_it_to_the_others(house: House) -> None:
    house.paged_by(["bram"], ["marc"])
    house.alert()
    house.press(house.message("bram"), "ack")
    house.later(minutes=10)
    house.admin_action("tenancy/membership/", "end_memberships", house.people["bram"])
    house.message("marc", "email", "Bram had it, and has not been heard of since. Nobody has it now.")
    house.later(minutes=5)
    assert house.heard() == ["anna email nobody"]


@scenario("rotation deleted mid-run")
def test_a_deleted_rotation_is_an_empty_step_not_the_end(house: House) -> None:
    duty = house.schedule("carla", "bram")
    house.paged_by(["marc"], step(duty), ["vera"])
    house.alert()
    house.message("marc", "email", "Next: Carla at 11:05.")
    with house.inside():
        rotation = Rotation.objects.get(schedule=duty)
    house.admin(f"oncall/rotation/{rotation.pk}/delete/", post="yes")
    house.later(minutes=5)
    assert house.heard() == ["vera email page"]
    house.later(minutes=5)
    assert house.heard() == ["anna email nobody"]


@scenario("policy reassigned mid-run: only the active one pages")
def test_given_to_another_policy_only_that_one_pages(house: House) -> None:
    house.paged_by(["bram"], ["carla"])
    other = house.paged_by(["marc"], ["vera"], service="Database")
    house.reached("bram", "email", ("push", 4))
    house.alert()
    page = house.message("bram")
    house.later(minutes=2)
    house.api("bram", f"escalations/{house.ladder().uid}/reassign", policy=other.uid)
    assert sorted(house.heard()) == ["bram email given", "marc email page"]
    house.later(minutes=5)
    assert house.heard() == ["vera email page"]
    house.press(page, "pass_on", drawn=house.now.isoformat())  # his old page moves nobody's step
    house.later(minutes=5)
    assert house.heard() == ["anna email nobody"]


@scenario("rule added after the cycle began")
def test_a_rule_counts_from_the_next_time_somebody_is_paged(house: House) -> None:
    house.paged_by(step("bram", delay_minutes=10), repeat=1)
    house.reached("bram", "push")
    [mail, _push] = house.reached("bram", "email", "push")
    house.reached("bram", "push")
    house.alert()
    assert house.heard() == ["bram push page"]
    house.later(minutes=1)
    house.api("bram", "notification-rules", contact=mail.uid, urgency="high", delay_minutes=3)
    house.later(minutes=8)
    assert house.heard() == []
    house.later(minutes=1)
    assert house.heard() == ["bram push page"]
    house.later(minutes=3)
    assert house.heard() == ["bram email page"]


@scenario("apply to open alerts")
def test_what_runs_goes_on_by_the_changed_policy_once_that_is_asked_for(house: House) -> None:
    policy = house.paged_by(["bram"], ["marc"])
    house.alert()
    house.alert(service="Checkout", key="d2")
    assert house.heard() == ["bram email page"]
    with house.inside():
        add_step(house.pager, policy, 3, step("vera"))
    house.admin(
        f"oncall/escalationpolicy/{policy.pk}/change/",
        **{"steps-1-targets": [f"person:{house.people['carla'].pk}"]},
    )
    house.admin_action("oncall/escalationpolicy/", "use_for_what_is_running", policy)
    assert house.heard() == []  # nobody is paged by the edit itself
    house.later(minutes=5)
    assert house.heard() == ["carla email page"]
    house.later(minutes=5)
    assert house.heard() == ["vera email page"]
