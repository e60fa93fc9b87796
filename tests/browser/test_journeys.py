"""The whole way, as people go it; taps and page loads are counted against the budgets of SCREENS."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, Phase
from incidents.operations.ingest import take_in
from incidents.operations.notes import add_note
from tests.browser.conftest import DESK, PHONE, Person
from tests.browser.stage import Stage
from tests.conftest import Engine, MovedClock

pytestmark = pytest.mark.usefixtures("in_acme")


def alert(
    stage: Stage, clock: MovedClock, summary: str = "Payment API: 5xx", severity: str = "critical"
) -> None:
    body = json.dumps({"summary": summary, "source": summary, "severity": severity}).encode()
    take_in(source_id=stage.source.pk, format="json", body=body, now=clock.now())


def incident() -> Any:
    return Incident.objects.order_by("-number").first()


@pytest.mark.parametrize(("size", "script"), [(PHONE, True), (DESK, True), (PHONE, False)])
def test_from_declaring_to_all_is_well_on_the_status_page(
    stage: Stage, someone: Callable[..., Person], engine: Engine, size: dict[str, int], script: bool
) -> None:
    bram = someone(size=size, script=script)
    bram.sign_in("bram@acme.test", "/t/acme/admin/")
    bram.sees("Nothing is open")
    bram.tap("Declare")
    bram.write("input[name=text]", "Payments fail for some customers")
    bram.tap("Checkout")
    bram.tap("May be SEV2")
    bram.tap("A customer", role="")
    bram.tap("Declare and page" if script else "Declare")
    bram.sees("INC-1")
    engine.run()

    bram.go("/t/acme/i/1")
    bram.tap("I've got it")
    bram.sees("has it")
    bram.sees("Join video")  # for SEV1 and SEV2 the usual room opens by itself
    bram.page.locator("[aria-label=More]").click()
    bram.page.locator("#sheet-more a", has_text="Severity").click()
    bram.page.locator("#set-sev-1").click()
    bram.page.locator(".room-head .sev-1").wait_for()
    engine.run()

    bram.page.locator(".dock a", has_text="Tell").click()
    bram.page.locator("#do-tell-both").click()

    bram.page.locator("#r-told", has_text="We are investigating issues with Checkout").wait_for()
    engine.run()
    stranger = someone(size=size, script=script)
    stranger.go("/status/acme/")
    stranger.sees("Checkout")
    stranger.page.get_by_text("We are investigating issues with Checkout").first.wait_for()

    bram.page.locator("[aria-label=More]").click()
    bram.page.locator("#sheet-more a", has_text="Resolve INC-1").click()
    bram.page.locator("#sheet-resolve input[name=over]").check()
    bram.page.locator("#sheet-resolve input[name=imminent]").check()
    bram.page.locator("#do-resolve-both").click()
    bram.page.locator(".room-head", has_text="resolved").wait_for()
    engine.run()
    stranger.go("/status/acme/")
    stranger.sees("Everything works")
    assert incident().phase == Phase.RESOLVED
    assert bram.errors == [], bram.errors


def test_what_is_being_typed_is_never_lost_to_the_news_of_others(
    stage: Stage, someone: Callable[..., Person], engine: Engine, moved_clock: MovedClock
) -> None:
    alert(stage, moved_clock)
    engine.run()
    bram = someone(size=DESK)
    bram.sign_in("bram@acme.test", "/t/acme/i/1")
    bram.page.locator("#quick").fill("half a sen")
    anna = stage.world.acme.members["anna"]
    with tenant_scope(stage.world.acme.tenant.pk):
        add_note(
            incident=incident(),
            text="The deploy is rolled back",
            actor=anna.as_actor(),
            now=moved_clock.now(),
        )
    bram.page.evaluate("htmx.trigger('#live', 'muster:refresh')")
    bram.page.locator("#r-time", has_text="The deploy is rolled back").wait_for()
    bram.page.locator("#toast", has_text="The deploy is rolled back").wait_for()
    assert bram.page.locator("#quick").input_value() == "half a sen"
    assert bram.page.evaluate("document.activeElement.id") == "quick"


def test_a_refused_deed_says_what_is_missing_and_keeps_the_words(
    stage: Stage, someone: Callable[..., Person], engine: Engine, moved_clock: MovedClock
) -> None:
    alert(stage, moved_clock)
    engine.run()
    bram = someone(size=PHONE)
    bram.sign_in("bram@acme.test", "/t/acme/i/1#sheet-resolve")
    bram.page.locator("#fold-final-external summary").click()
    bram.page.locator("#sheet-resolve textarea[name=external]").fill("All is well again, with our thanks.")
    bram.page.locator("#do-resolve-both").click()
    bram.sees("Nobody has said yet that the impact is over.")
    assert (
        bram.page.locator("#sheet-resolve textarea[name=external]").input_value()
        == "All is well again, with our thanks."
    )
    assert incident().phase == Phase.DETECTED
