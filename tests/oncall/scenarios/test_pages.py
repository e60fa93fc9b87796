"""The plain ladder: one step, several, several people, again; and what is missing is no hole in it."""

from tests.oncall.policies import SLACK, channel
from tests.oncall.scenarios.house import House, step
from tests.oncall.scenarios.named import scenario


@scenario("simple page")
def test_one_alert_is_one_page_and_acknowledged_it_is_silent(house: House) -> None:
    house.paged_by(["bram"])
    house.alert()
    page = house.message("bram", "email", "[SEV1?] INC-1 Checkout: Checkout fails d1", "since 11:00")
    house.alert()  # the monitor says it again
    assert "You have it, 11:00." in house.press(page, "ack")
    house.later(minutes=15)
    assert house.heard() == []


@scenario("multistep page")
def test_each_step_has_its_minute_and_the_end_is_loud(house: House) -> None:
    house.paged_by(["bram"], ["marc"], ["carla"])
    house.alert()
    assert house.heard() == ["bram email page"]
    house.later(minutes=4, seconds=59)
    assert house.heard() == []
    house.later(seconds=1)
    house.message("marc", "email", "Your turn: Bram did not answer.", "Next: Carla at 11:10.")
    house.later(minutes=5)
    assert house.heard() == ["carla email page"]
    house.later(minutes=5)
    house.message("anna", "email", "[Nobody answered]", "Called: Bram, Carla and Marc.")
    house.later(hours=2)
    assert house.heard() == []


@scenario("multiuser page")
def test_all_of_a_step_are_paged_at_once_and_hear_who_has_it(house: House) -> None:
    with house.inside():
        ops = channel(house.pager, "#ops", SLACK)
    house.paged_by(["bram", "marc", ops], ["anna"])
    house.alert()
    page = house.message("marc", "email", "INC-1")
    assert sorted(house.heard()) == ["bram email page", "ops slack page"]
    house.later(minutes=2)
    house.press(page, "ack")
    house.message("bram", "email", "INC-1 taken by Marc at 11:02. Nothing for you to do.")
    assert house.heard() == ["ops slack taken"]


@scenario("repeat")
def test_it_begins_again_as_often_as_it_says(house: House) -> None:
    house.paged_by(step("bram", delay_minutes=5), step("marc", delay_minutes=10), repeat=2)
    house.alert()
    assert house.heard() == ["bram email page"]
    for _round in range(2):
        house.later(minutes=5)
        assert house.heard() == ["marc email page"]
        house.later(minutes=10)
        assert house.heard() == ["bram email page"]
    house.later(minutes=5)
    house.message("marc", "email", "Paged again, round 3: nobody has it.")
    house.later(minutes=10)
    assert house.heard() == ["anna email nobody"]


@scenario("gap in step numbers")
def test_numbers_that_are_missing_are_no_steps(house: House) -> None:
    policy = house.paged_by(["bram"])
    house.admin(
        f"oncall/escalationpolicy/{policy.pk}/change/",
        **{
            "steps-0-position": "3",
            "steps-TOTAL_FORMS": "2",
            "steps-1-position": "9",
            "steps-1-delay_minutes": "5",
            "steps-1-targets": [f"person:{house.people['marc'].pk}"],
        },
    )
    house.alert()
    assert house.heard() == ["bram email page"]
    house.later(minutes=5)
    assert house.heard() == ["marc email page"]
    house.later(minutes=5)
    assert house.heard() == ["anna email nobody"]


@scenario("empty user data")
def test_who_has_no_name_no_contact_and_no_rule_is_paged_all_the_same(house: House) -> None:
    with house.inside():
        vera = house.people["vera"]
        vera.user.name = ""
        vera.user.save()
    house.paged_by(["vera"], ["bram"])
    house.alert()
    page = house.message("vera", "email", "INC-1", "Next: Bram at 11:05.")
    house.later(minutes=5)
    house.message("bram", "email", "Your turn: vera@acme.test did not answer.")
    house.later(minutes=2)
    assert "You have it" in house.press(page, "ack")
    house.message("bram", "email", "INC-1 taken by vera@acme.test")
