"""What the world does to a page: refuses it, is slow, is away, or loses it. It arrives anyhow."""

from collections import Counter

import pytest

from tests.oncall.scenarios.house import House, step
from tests.oncall.scenarios.named import scenario
from tests.oncall.wire import refuse, slow


@pytest.fixture
def texted(house: House) -> House:
    """Bram by text message, and ten minutes later by push. Nobody comes after him for an hour."""
    house.reached("bram", "sms", ("push", 10))
    house.paged_by(step("bram", delay_minutes=60))
    return house


@scenario("carrier: 429 with Retry-After")
def test_too_many_requests_the_other_method_goes_now_and_the_wish_is_heard(texted: House) -> None:
    texted.wire.answers("sms", refuse(429, retry_after=90))
    texted.alert()
    assert texted.heard() == ["bram push page"]
    texted.later(seconds=89)
    assert texted.heard() == []
    texted.later(seconds=2)
    assert texted.heard() == ["bram sms page"]
    texted.later(minutes=30)
    assert texted.heard() == []


@scenario("carrier: 500")
def test_errors_are_tried_again_within_seconds_and_mail_goes_as_well(texted: House) -> None:
    texted.wire.answers("sms", refuse(500), refuse(503))
    texted.alert()
    assert texted.heard() == ["bram push page"]
    texted.later(seconds=20)
    assert sorted(texted.heard()) == ["bram email page", "bram sms page"]
    texted.later(minutes=30)
    assert texted.heard() == []


@scenario("carrier: slow")
def test_who_answers_nothing_is_given_up_for_now_and_nothing_waits_behind_it(texted: House) -> None:
    texted.reached("marc", "push")
    texted.paged_by(["marc"], service="Exports")
    texted.wire.answers("sms", slow())
    begun = texted.now
    texted.alert()
    assert (texted.now - begun).total_seconds() <= 15
    assert texted.heard() == ["bram push page"]
    texted.alert(service="Exports")
    assert texted.heard() == ["marc push page"]
    texted.later(seconds=5)
    assert texted.heard() == ["bram sms page"]
    texted.later(minutes=4)
    assert texted.heard() == []


@scenario("carrier: down for half an hour")
def test_half_an_hour_without_a_carrier_loses_nobody(house: House) -> None:
    """Round after round falls due meanwhile. When the carrier is back, each is told once."""
    for name in ("bram", "marc"):
        house.reached(name, "sms")
    house.paged_by(["bram"], ["marc"], repeat=9)
    house.wire.down("sms", minutes=30)
    house.alert()
    house.later(seconds=20)
    assert house.heard() == ["bram email page"]
    house.clock.move(minutes=5)
    house.run()
    house.later(seconds=20)
    assert "marc email page" in house.heard()
    house.half_an_hour()
    back = Counter(told for told in house.heard() if "sms" in told)
    # One for all that had waited, whatever rounds have gone by; and the step that fired right now.
    assert set(back) == {"bram sms page", "marc sms page"}
    assert max(back.values()) <= 2, back


@scenario("carrier: accepted but never delivered")
def test_no_word_that_it_arrived_and_the_next_method_goes(texted: House) -> None:
    texted.arrives = False
    texted.alert()
    assert texted.heard() == ["bram sms page"]
    texted.later(seconds=59)
    assert texted.heard() == []
    texted.later(seconds=1)
    assert texted.heard() == ["bram push page"]
    texted.later(minutes=50)
    assert texted.heard() == []


@scenario("throttle: says so, never the first page")
def test_the_sixth_text_message_waits_and_says_so_but_the_first_of_another_does_not(house: House) -> None:
    house.reached("bram", "sms")
    house.reached("bram", "sms", urgency="low")
    house.paged_by(step("bram", delay_minutes=2), repeat=9)
    house.paged_by(step("bram", delay_minutes=60), service="Database")
    house.alert(severity="error")
    for _ in range(4):
        house.later(minutes=2)
    assert house.heard() == ["bram sms page"] * 5
    house.later(minutes=2)
    assert house.heard() == []  # 11:10: the limit is five in a quarter of an hour
    house.alert(service="Database")  # worse, and new: it is not held back
    house.message("bram", "sms", "SEV1? INC-2 Database")
    house.later(minutes=4, seconds=59)
    assert house.heard() == []
    house.later(minutes=30)
    house.message("bram", "sms", "INC-1", "Delayed by limit.")
    house.wire.take()


@scenario("throttle: bundles, drops nothing")
def test_what_waits_for_the_limit_comes_in_one_message(house: House) -> None:
    for name in ("bram", "marc"):
        house.reached(name, "sms")
    calls = []
    for service in ("One", "Two", "Three"):
        house.paged_by(step("bram", "marc", delay_minutes=90), service=service)
        house.alert(service=service)
        calls.append(house.message("bram", "sms"))
        assert house.heard() == ["marc sms page"]
        house.later(minutes=6)
    for call in calls:
        house.press(call, "ack")
    assert house.heard() == ["marc sms taken"]
    house.later(minutes=2)
    house.message("marc", "sms", "INC-2 and INC-3 taken by Bram")
    house.later(minutes=5)
    assert house.heard() == []
