"""Phase 3 as people do it: one tap answers, the same report is one tap; nothing serious for axe."""

from collections.abc import Callable

import pytest

from config.tenancy.actors import ENGINE
from incidents.models import Answer, Incident
from incidents.operations.advancing import put_off
from incidents.operations.asking import ask
from incidents.operations.cases import add_case
from incidents.operations.declaring import declare_incident
from incidents.operations.questions import answer_question
from incidents.operations.responding import acknowledge_incident
from incidents.operations.scale import publish_scale
from incidents.phases import Question
from tests.browser.conftest import DESK, PHONE, Person
from tests.browser.looking import look_all_round
from tests.browser.stage import Stage
from tests.conftest import Engine, MovedClock

pytestmark = pytest.mark.usefixtures("in_acme")


@pytest.fixture
def guessed(stage: Stage, engine: Engine, moved_clock: MovedClock) -> Incident:
    """May be SEV2, taken by Bram; all that comes before the questions is settled."""
    members, now = stage.world.acme.members, moved_clock.now()
    publish_scale(actor=ENGINE, now=now)
    incident = declare_incident(
        text="Payments fail for some customers",
        service=stage.checkout,
        severity=stage.severities[2],
        found_by="customer",
        found_via="social media: https://social.example/1",
        declared_by=members["carla"],
        actor=members["carla"].as_actor(),
        now=now,
    )
    engine.run()
    bram = members["bram"].as_actor()
    acknowledge_incident(incident=incident, membership=members["bram"], actor=bram, now=now)
    for question in (Question.TELL, Question.ROLES):
        put_off(incident=incident, question=question, until=None, actor=bram, now=now)
    moved_clock.move(minutes=4)
    return incident


@pytest.mark.parametrize("script", [True, False])
def test_a_question_is_answered_by_one_tap(
    guessed: Incident, someone: Callable[..., Person], script: bool
) -> None:
    bram = someone(size=PHONE, script=script)
    bram.sign_in("bram@acme.test", "/t/acme/i/1")
    bram.page.locator("#do-answer-impact-external").click()
    bram.page.locator("#r-next h2", has_text="What do customers see?").wait_for()
    assert Answer.objects.get().choices == ["external"]
    assert bram.errors == [], bram.errors


def test_support_finds_its_report_there_and_adds_it_with_one_tap(
    guessed: Incident, someone: Callable[..., Person]
) -> None:
    vera = someone(size=PHONE)
    vera.sign_in("vera@acme.test", "/t/acme/declare")
    vera.write("input[name=text]", "payment does not go through")
    vera.page.locator("#same-1").wait_for()
    vera.page.locator("#same-1").click()
    vera.sees("Added to INC-1")
    assert Incident.objects.count() == 1


def test_enter_in_the_line_declares_and_is_never_the_same_as_another(
    guessed: Incident, someone: Callable[..., Person]
) -> None:
    vera = someone(size=DESK)
    vera.sign_in("vera@acme.test", "/t/acme/declare")
    vera.write("input[name=text]", "payment does not go through")
    vera.page.locator("#same-1").wait_for()
    vera.page.locator("input[name=text]").press("Enter")
    vera.sees("INC-2")


def test_what_the_assessment_looks_like(
    guessed: Incident, stage: Stage, someone: Callable[..., Person], moved_clock: MovedClock
) -> None:
    members, now = stage.world.acme.members, moved_clock.now()
    who = members["bram"].as_actor()
    problems: list[str] = []
    bram = someone(size=DESK)
    bram.sign_in("bram@acme.test", "/t/acme/i/1")
    look_all_round(bram, "assess-1-question", problems)
    answer_question(
        incident=guessed,
        question="experience",
        choices=["cannot_use"],
        text="at the last step",
        actor=who,
        now=now,
    )
    answer_question(incident=guessed, question="reach", choices=["all"], actor=who, now=now)
    add_case(incident=guessed, by=14, actor=who, now=now)
    ask(incident=guessed, question="factors", membership=members["carla"], actor=who, now=now)
    moved_clock.move(minutes=4)
    for at, place in enumerate(
        ("", "#sheet-q-factors", "#sheet-q-started", "#sheet-severity", "#sheet-ask"), 2
    ):
        bram.go("/t/acme/admin/")
        bram.go(f"/t/acme/i/1{place}")
        look_all_round(bram, f"assess-{at}{place.replace('#', '-')}", problems)
    bram.go("/t/acme/declare?text=payment+is+broken&via=ticket")
    look_all_round(bram, "assess-9-declare", problems)
    assert not problems, "\n".join(problems)
