"""The same care for what a room looks like at other moments and to other people, and for Dutch."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from config.tenancy.models import User
from config.tenancy.scoping import tenant_scope
from incidents.models import FoundBy, Incident
from incidents.operations.actions import add_action
from incidents.operations.calls import call_in
from incidents.operations.circle import make_private
from incidents.operations.declaring import declare_incident
from incidents.operations.findings import decide, observe
from incidents.operations.messages import tell
from incidents.operations.questions import answer_question
from incidents.operations.resolving import resolve
from incidents.operations.responding import acknowledge_incident
from incidents.operations.theories import begin_experiment, end_experiment, state_theory
from oncall.models import Page
from tests.browser.conftest import DESK, PHONE, Person
from tests.browser.looking import look, look_all_round
from tests.browser.stage import Stage
from tests.browser.test_screens import busy
from tests.conftest import Engine, MovedClock

__all__ = ["busy"]


@pytest.fixture
def night(busy: dict[str, Any], stage: Stage, engine: Engine, moved_clock: MovedClock) -> dict[str, Any]:
    """The busy night, further on: what was found out, one incident over, one private, words that wait."""
    with tenant_scope(stage.world.acme.tenant.pk):
        _found_out(busy["big"], stage, moved_clock)
        busy["over"] = _over(stage, engine, moved_clock)
        busy["private"] = _private(stage, engine, moved_clock)
        engine.run()
        carla = stage.world.acme.members["carla"]
        busy["called"] = Page.objects.filter(membership=carla).order_by("id").first()
    return busy


def _by(stage: Stage, name: str, clock: MovedClock) -> dict[str, Any]:
    return {"actor": stage.world.acme.members[name].as_actor(), "now": clock.now()}


def _found_out(big: Incident, stage: Stage, clock: MovedClock) -> None:
    by = {"incident": big, **_by(stage, "bram", clock)}
    answer_question(question="impact", choices=["external"], **by)
    answer_question(question="experience", choices=["cannot_use"], text="at the last step", **by)
    answer_question(question="reach", choices=["all"], **by)
    observe(text="Errors began two minutes after deploy 4.2.", **by)
    theory = state_theory(text="Release 4.2 exhausts the connections to the database", **by)
    state_theory(text="The payment provider is down", **by)
    test = begin_experiment(text="Roll back one node", expected="errors stop there", theory=theory, **by)
    clock.move(minutes=3)
    end_experiment(
        experiment=test, verdict="supports", result="No errors there since.", **_by(stage, "bram", clock)
    )
    by["now"] = clock.now()
    decide(text="Roll back everywhere", why="one node recovered", **by)
    call_in(
        people=[stage.world.acme.members["vera"]], message="replica lag, need a second pair of eyes", **by
    )


def _over(stage: Stage, engine: Engine, clock: MovedClock) -> Incident:
    by = _by(stage, "bram", clock)
    over = declare_incident(
        text="Search answers slowly", service=stage.checkout, severity=stage.severities[2], provisional=False,
        found_by=FoundBy.TEAM, declared_by=stage.world.acme.members["anna"], **_by(stage, "anna", clock),
    )  # fmt: skip
    engine.run()
    acknowledge_incident(incident=over, membership=stage.world.acme.members["bram"], **by)
    clock.move(minutes=2)
    by["now"] = clock.now()
    resolve(
        incident=over, impact_over_at=clock.now(), nothing_is_imminent=True,
        internal="Search is fast again.", external=None, **by,
    )  # fmt: skip
    add_action(incident=over, text="An index on the search table", **by)
    return over


def _private(stage: Stage, engine: Engine, clock: MovedClock) -> Incident:
    made = declare_incident(
        text="Somebody reads our customers' mail", service=stage.exports, severity=stage.severities[2],
        found_by=FoundBy.TEAM, declared_by=stage.world.acme.members["bram"], **_by(stage, "bram", clock),
    )  # fmt: skip
    return make_private(incident=made, **_by(stage, "bram", clock))


def _words_wait(night: dict[str, Any], stage: Stage, clock: MovedClock) -> None:
    with tenant_scope(stage.world.acme.tenant.pk):
        tell(
            incident=night["big"], audience="external", kind="update", status="identified",
            title="Payments fail", next_update_at=None,
            body="We found the cause: a release of this morning. We are taking it back.",
            components={stage.components["Checkout"].uid: "partial_outage"}, **_by(stage, "anna", clock),
        )  # fmt: skip


def test_no_moment_of_the_room_is_hard_to_use(
    night: dict[str, Any], stage: Stage, someone: Callable[..., Person], moved_clock: MovedClock
) -> None:
    problems: list[str] = []
    stranger = someone(size=DESK)
    stranger.go(night["called"].url)
    look_all_round(stranger, "called", problems)
    over, private = f"/t/acme/i/{night['over'].number}", f"/t/acme/i/{night['private'].number}"
    places = {
        "carla": [("newcomer", "/t/acme/i/1")],
        "bram": [
            ("found-out", "/t/acme/i/1"),
            ("over", over),
            ("over-postmortem", f"{over}/postmortem"),
            ("over-print", f"{over}/postmortem/print"),
            ("over-action", f"{over}#sheet-action"),
            ("private", private),
            ("alike", "/t/acme/declare?text=payments+fail+at+checkout"),
            ("theory", "/t/acme/i/1#sheet-theory"),
            ("answer", "/t/acme/i/1#sheet-q-factors"),
        ],
    }
    for who, screens in places.items():
        person = someone(size=DESK)
        person.sign_in(f"{who}@acme.test", "/t/acme/admin/")
        for name in _each(person, screens):
            look_all_round(person, name, problems)
    _words_wait(night, stage, moved_clock)
    for name in _each(person, [("waiting", "/t/acme/i/1"), ("sheet-read", "/t/acme/i/1#sheet-read")]):
        look_all_round(person, name, problems)
    assert not problems, "\n".join(problems)


def _each(person: Person, screens: list[tuple[str, str]]) -> Iterator[str]:
    """Goes to each; gives its name while the person is there."""
    for name, path in screens:
        person.go("about:blank")
        person.go(path)
        yield name


def test_dutch_is_no_wider_than_the_screen(
    night: dict[str, Any], stage: Stage, someone: Callable[..., Person], moved_clock: MovedClock
) -> None:
    User.objects.update(language="nl")
    _words_wait(night, stage, moved_clock)
    problems: list[str] = []
    carla, bram = someone(size=PHONE), someone(size=PHONE)
    carla.sign_in("carla@acme.test", "/t/acme/i/1")
    assert carla.page.locator("html").get_attribute("lang") == "nl"
    look(carla, "newcomer-390-nl", problems)
    bram.sign_in("bram@acme.test", "/t/acme/admin/")
    over = f"/t/acme/i/{night['over'].number}"
    sheets = [
        (f"sheet-{one}", f"/t/acme/i/1#sheet-{one}")
        for one in ("tell", "read", "call", "severity", "more", "resolve")
    ]
    screens = [("now", "/t/acme/admin/"), ("room", "/t/acme/i/1"), ("over", over), *sheets]
    pages = [
        ("postmortem", f"{over}/postmortem"),
        ("declare", "/t/acme/declare?text=payments+fail+at+checkout"),
        ("figures", "/t/acme/measures"),
        ("private", f"/t/acme/i/{night['private'].number}"),
    ]
    for name in _each(bram, screens + pages):
        look(bram, f"{name}-390-nl", problems)
    bram.go(night["called"].url)
    look(bram, "called-390-nl", problems)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("script", [True, False])
def test_a_step_opens_its_card_and_the_big_button_follows_the_tab(
    busy: dict[str, Any], someone: Callable[..., Person], script: bool
) -> None:
    anna = someone(size=PHONE, script=script)
    anna.sign_in("anna@acme.test", "/t/acme/i/1")
    next_action = anna.page.locator("#r-next").bounding_box()
    assert next_action["y"] + 64 < PHONE["height"] / 2
    first = anna.page.locator("#a-impact-external")
    assert not first.is_visible()
    assert anna.page.locator("#r-impact").bounding_box()["height"] < 64
    anna.page.locator(".steps a[href='#r-assessing']").click()
    first.wait_for()
    anna.go("/t/acme/i/1#sheet-tell")
    assert anna.page.locator("#do-tell-colleagues").bounding_box()["height"] >= 64
    anna.page.locator(".tab", has_text="Customers").click()
    assert anna.page.locator("#do-tell-customers").bounding_box()["height"] >= 64
    assert anna.page.locator("#do-tell-colleagues").bounding_box()["height"] < 64
    if script:
        look(anna, "sheet-tell-customers-390", problems := [])
        assert not problems, problems
