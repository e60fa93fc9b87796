"""The room asks for news every few seconds, and nobody notices."""

from collections.abc import Callable
from typing import Any

from tests.browser.conftest import PHONE, Person
from tests.browser.test_screens import busy

__all__ = ["busy"]


def test_asking_for_news_dims_no_button(busy: dict[str, Any], someone: Callable[..., Person]) -> None:
    anna = someone(size=PHONE)
    anna.sign_in("anna@acme.test", "/t/acme/i/1")
    anna.page.route("**/live*", lambda route: None)  # never answered
    anna.page.evaluate("htmx.trigger('#live', 'muster:refresh')")
    anna.page.locator("#live.htmx-request").wait_for()
    dimmed = """Array.from(document.querySelectorAll("#live button"))
        .filter(one => getComputedStyle(one).opacity !== "1").map(one => one.id)"""
    assert anna.page.locator("#live button[type=submit]").count()
    assert anna.page.evaluate(dimmed) == []
