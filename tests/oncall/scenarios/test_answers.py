"""What people answer: several of them, in turn, by text message and by telephone, late, and not at all."""

import pytest

from config.tenancy.scoping import tenant_scope
from oncall.operations.paging import take_pager
from tests.oncall.scenarios.house import House, code_in, step
from tests.oncall.scenarios.named import scenario


@scenario("status updates: reminder, still on it, expiry")
def test_who_has_it_is_asked_by_every_way_and_silence_pages_again(house: House) -> None:
    house.paged_by(["bram"], ["marc"])
    house.reached("bram", "push", "sms")
    house.reached("bram", "email")  # his rule; the other two are contacts without one
    house.alert()
    page = house.message("bram")
    house.press(page, "ack")
    house.later(minutes=24)
    assert house.heard() == []
    house.later(minutes=1)
    asked = house.message("bram", "email", "Your acknowledgement of INC-1 runs out at 11:30: still on it?")
    assert sorted(house.heard()) == ["bram push reminder", "bram sms reminder"]
    house.press(asked, "still_on_it")
    house.later(minutes=24)
    assert house.heard() == []
    house.later(minutes=1)
    assert sorted(house.heard()) == ["bram email reminder", "bram push reminder", "bram sms reminder"]
    house.later(minutes=5)
    house.message("bram", "email", "Bram had it, and has not been heard of since. Nobody has it now.")
    assert house.ladder().state == "paging"
    house.later(minutes=5)
    assert house.heard() == ["marc email page"]


@scenario("several must acknowledge")
def test_one_answer_of_two_stops_only_ones_own_pages(house: House) -> None:
    house.paged_by(step("bram", "marc", answers_needed=2), ["carla"])
    house.reached("bram", "email", ("push", 2))
    house.reached("marc", "email", ("push", 2))
    house.alert()
    first, second = house.message("bram"), house.message("marc")
    house.later(minutes=1)
    house.press(first, "ack")
    house.later(minutes=1)
    assert house.heard() == ["marc push page"]
    house.press(second, "ack")
    house.later(minutes=10)
    assert house.heard() == []
    assert house.ladder().state == "acknowledged"


@scenario("round robin")
def test_each_call_for_help_pages_the_next_of_them(house: House) -> None:
    policy = house.paged_by(step("bram", "marc", "carla", strategy="in_turn"), ["vera"])
    for name in ("Two", "Three", "Four"):
        house.paged_by(service=name)
        with house.inside():
            house.services[name].policy = policy
            house.services[name].save()
    came = []
    for service in ("Checkout", "Two", "Three", "Four"):
        house.alert(service=service)
        [call] = house.wire.calls
        came += house.heard()
        house.press(call, "ack")
    assert came == ["bram email page", "marc email page", "carla email page", "bram email page"]


@scenario("branch by severity")
@pytest.mark.parametrize(("severity", "who"), [("critical", "marc"), ("error", "bram")])
def test_a_step_for_the_worst_is_for_the_worst(house: House, severity: str, who: str) -> None:
    house.paged_by(step("marc", severity_up_to=1), ["bram"])
    house.alert(severity=severity)
    assert house.heard() == [f"{who} email page"]


@scenario("take the pager")
def test_who_takes_the_pager_has_what_rings_and_what_comes(house: House) -> None:
    duty = house.schedule("bram")
    house.paged_by(step(duty), ["anna"])
    house.paged_by(step(duty), ["anna"], service="Exports")
    house.alert()
    assert house.heard() == ["bram email page"]
    house.later(minutes=2)
    marc = house.people["marc"]
    with tenant_scope(house.tenant.pk):
        take_pager(schedule=duty, membership=marc, actor=marc.as_actor(), now=house.now)
    house.run()
    house.message("bram", "email", "INC-1 taken by Marc at 11:02.")
    house.later(minutes=10)
    assert house.heard() == []
    house.alert(service="Exports")
    assert house.heard() == ["marc email page"]


class TestTextMessages:
    @pytest.fixture
    def texted(self, house: House) -> House:
        for name in ("bram", "marc"):
            house.reached(name, "sms")
        house.paged_by(["bram"], ["marc"])
        house.alert()
        return house

    @scenario("SMS reply: code")
    def test_the_code_of_a_page_answers_it(self, texted: House) -> None:
        code = code_in(texted.message("bram", "sms", "SEV1? INC-1 Checkout"))
        assert texted.text("bram", code) == "You have INC-1. Marc was not called."
        texted.later(minutes=20)
        assert texted.heard() == []

    @scenario("SMS reply: last page")
    def test_ok_answers_the_last_page(self, texted: House) -> None:
        texted.message("bram", "sms")
        assert texted.text("bram", "ok") == "You have INC-1. Marc was not called."
        texted.later(minutes=20)
        assert texted.heard() == []

    @scenario("SMS reply: ignored")
    def test_what_is_no_answer_is_not_taken_for_one(self, texted: House) -> None:
        code = code_in(texted.message("bram", "sms"))
        assert texted.text("bram", "who is this?").startswith("Not understood.")
        assert texted.text("marc", code).startswith(f"{code} is not yours or is over.")
        texted.later(minutes=5)
        assert texted.heard() == ["marc sms page"]

    @scenario("SMS reply: limit")
    def test_who_guesses_is_heard_no_more_for_an_hour(self, texted: House) -> None:
        code = code_in(texted.message("bram", "sms"))
        wrong = [str(guess) for guess in range(1000, 1012) if str(guess) != code]
        said = [texted.text("bram", guess) for guess in wrong]
        assert [words.startswith("Too many wrong codes") for words in said] == [False] * 10 + [True] * len(
            said[10:]
        )
        assert texted.text("bram", code).startswith("Too many wrong codes")
        texted.later(minutes=5)
        assert texted.heard() == ["marc sms page"]

    @scenario("SMS reply: trailing space")
    def test_spaces_that_a_telephone_adds_do_not_matter(self, texted: House) -> None:
        code = code_in(texted.message("bram", "sms"))
        assert texted.text("bram", f" {code} \n") == "You have INC-1. Marc was not called."

    @scenario("late SMS pass-on does not double-escalate")
    def test_a_late_not_me_skips_nobody(self, texted: House) -> None:
        code = code_in(texted.message("bram", "sms"))
        texted.later(minutes=5)
        assert texted.heard() == ["marc sms page"]
        texted.later(minutes=1)
        texted.text("bram", f"{code}N")
        texted.text("bram", f"{code}N")
        texted.later(minutes=3)
        assert texted.heard() == []
        texted.later(minutes=1)
        assert texted.heard() == ["anna email nobody"]


class TestTelephone:
    @pytest.fixture
    def called(self, house: House) -> House:
        for name in ("bram", "marc"):
            house.reached(name, "voice")
        house.paged_by(["bram"], ["marc"])
        house.alert()
        return house

    @scenario("voice: acknowledge")
    def test_four_has_it(self, called: House) -> None:
        ringing = called.message("bram", "voice")
        assert called.picks_up(ringing).startswith("Severity one, maybe. Checkout: Checkout fails d1.")
        assert called.dials(ringing, "4") == "You have INC-1. Marc was not called."
        called.later(minutes=20)
        assert called.heard() == []

    @scenario("voice: pass on")
    def test_six_calls_the_next_at_once(self, called: House) -> None:
        ringing = called.message("bram", "voice")
        called.later(minutes=1)
        assert called.dials(ringing, "6") == "INC-1 passed on to Marc."
        assert called.heard() == ["marc voice page"]

    @scenario("voice: repeat")
    def test_star_says_it_again_and_changes_nothing(self, called: House) -> None:
        ringing = called.message("bram", "voice")
        once = called.picks_up(ringing)
        assert called.dials(ringing, "*") == once
        called.later(minutes=5)
        assert called.heard() == ["marc voice page"]
