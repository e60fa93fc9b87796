"""The room without a mouse: its keys, where the focus goes and comes back to, the next action by Tab."""

from collections.abc import Callable

import pytest

from incidents.models import Incident
from incidents.operations.declaring import declare_incident
from tests.browser.conftest import DESK, Person
from tests.browser.stage import Stage
from tests.conftest import Engine, MovedClock

pytestmark = pytest.mark.usefixtures("in_acme")
SHEETS = {"n": "note", "c": "call", "t": "tell", "s": "severity", "r": "resolve", "?": "more"}


@pytest.fixture
def bram(stage: Stage, someone: Callable[..., Person], engine: Engine, moved_clock: MovedClock) -> Person:
    anna = stage.world.acme.members["anna"]
    declare_incident(
        text="Payments fail",
        service=stage.checkout,
        severity=stage.severities[2],
        found_by="team",
        declared_by=anna,
        actor=anna.as_actor(),
        now=moved_clock.now(),
    )
    engine.run()
    person = someone(size=DESK)
    person.sign_in("bram@acme.test", "/t/acme/i/1")
    return person


@pytest.mark.parametrize("key", SHEETS)
def test_each_key_opens_its_sheet_and_escape_gives_the_room_back(bram: Person, key: str) -> None:
    bram.page.keyboard.press(key)
    sheet = bram.page.locator(f"#sheet-{SHEETS[key]}")
    sheet.wait_for(state="visible")
    assert bram.page.evaluate(
        f"document.getElementById('sheet-{SHEETS[key]}').contains(document.activeElement)"
    )
    bram.page.keyboard.press("Escape")
    sheet.wait_for(state="hidden")
    assert not bram.page.evaluate("document.querySelector('main').inert")
    assert bram.errors == [], bram.errors


def test_the_next_action_is_reached_and_done_by_tab_and_enter(bram: Person) -> None:
    for _ in range(30):
        bram.page.keyboard.press("Tab")
        if bram.page.evaluate("document.activeElement.textContent.trim()") == "I've got it":
            break
    else:
        pytest.fail("Tab never came to the next action.")
    bram.page.keyboard.press("Enter")
    bram.sees("has it")
    assert Incident.objects.get().acknowledged_at is not None


def test_a_note_is_written_without_a_mouse(bram: Person) -> None:
    bram.page.keyboard.press("n")
    bram.page.locator("#sheet-note").wait_for(state="visible")
    bram.page.keyboard.type("The replica is behind")
    bram.page.keyboard.press("Tab")
    bram.page.locator("#sheet-note form button[type=submit]").first.focus()
    bram.page.keyboard.press("Enter")
    bram.page.locator("#r-time, #r-timeline", has_text="The replica is behind").first.wait_for()
