"""A real Chromium (tests.chromium) against the live application; `engine.run()` does its work in between."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from config.tenancy.scoping import tenant_scope
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.people import PASSWORD, World

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def stage(
    live_server: Any, world: World, moved_clock: MovedClock, engine: Engine, settings: Any, tmp_path: Path
) -> Stage:
    settings.BASE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    settings.STATUS_PUBLISH_DIR = tmp_path / "published"
    settings.STATUS_PRIVATE_DIR = tmp_path / "private"
    stage = set_stage(world, moved_clock.now())
    engine.run()
    return stage


class Person:
    """Somebody with a browser. Counts taps and page loads from `start()` on."""

    def __init__(self, page: Any, base: str) -> None:
        self.page, self.base = page, base
        self.taps = self.loads = 0
        self.errors: list[str] = []
        page.set_default_timeout(15_000)
        page.on("request", self._asked)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _asked(self, request: Any) -> None:
        """A page load is a document that the browser goes to; redirects belong to the same one."""
        if request.is_navigation_request() and request.redirected_from is None:
            self.loads += 1

    def start(self) -> None:
        self.taps = self.loads = 0

    def _heard(self, said: Any) -> None:
        """Errors; htmx writes as one what is aborted by leaving the page."""
        aborted = ("htmx:afterRequest", "htmx:sendAbort")
        if said.type == "error" and not said.text.startswith(aborted):
            self.errors.append(said.text)

    def open_link(self, address: str) -> None:
        """Taps a link in a mail."""
        self.taps += 1
        self.go(address)

    def go(self, path: str) -> None:
        self.page.goto(path if path.startswith(("http", "about")) else self.base + path)

    def tap(self, what: str, role: str = "") -> None:
        """Taps the visible button, link, chip or tick of that name."""
        self.taps += 1
        found = (
            self.page.get_by_role(role, name=what)
            if role
            else self.page.locator("button:visible, a:visible, label:visible, summary:visible").filter(
                has_text=what
            )
        )
        found.first.click()

    def write(self, field: str, words: str) -> None:
        self.page.locator(field).first.fill(words)

    def sees(self, words: str) -> None:
        self.page.get_by_text(words).first.wait_for(state="visible")

    def sign_in(self, email: str, then: str) -> None:
        self.go(then)
        self.page.fill("input[type=email], input[name=username], input[name=email]", email)
        self.page.fill("input[type=password]", PASSWORD)
        self.page.locator("main button[type=submit]").click()
        self.page.wait_for_url("**" + then.split("#")[0])
        if "#" in then:
            self.go("about:blank")
            self.go(then)


@pytest.fixture
def someone(chromium: Any, live_server: Any) -> Iterator[Callable[..., Person]]:
    """`someone(width=…, dark=…, script=…)`: a fresh browser with nobody signed in."""
    contexts = []

    def open_browser(*, size: dict[str, int] = PHONE, dark: bool = False, script: bool = True) -> Person:
        context = chromium.new_context(
            viewport=size,
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            has_touch=size["width"] < 640,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/Amsterdam",
        )
        contexts.append(context)
        return Person(context.new_page(), live_server.url)

    yield open_browser
    for context in contexts:
        for page in context.pages:
            page.goto("about:blank")  # nothing may ask while the tables are emptied
        context.close()


@pytest.fixture
def in_acme(stage: Stage) -> Iterator[None]:
    with tenant_scope(stage.world.acme.tenant.pk):
        yield
