"""The published page in a real Chromium, from a plain web server: no application, no database behind it."""

import functools
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from statuspage.health import Span
from statuspage.render.facts import PageFacts
from statuspage.render.site import site
from tests.statuspage.samples import (
    BROKEN,
    CHECKOUT,
    DAY,
    MIN,
    NOW,
    OLD,
    OUTAGE,
    SHOP,
    WEBSITE,
    component,
    page,
)

pytestmark = pytest.mark.browser
BAD = NOW - 11 * DAY
SHAKY = component(
    "SHAKY2222222",
    "Payments by invoice and direct debit",
    "degraded_performance",
    spans=(
        Span("operational", OLD, BAD),
        Span("partial_outage", BAD, BAD + 14 * MIN),
        Span("operational", BAD + 14 * MIN, NOW - MIN),
        Span("degraded_performance", NOW - MIN),
    ),
)
FULL = page(WEBSITE, SHAKY, CHECKOUT, groups=(SHOP,), notices=(OUTAGE,))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None: ...


class Shelf:
    """A folder of published files behind a plain web server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        handler = functools.partial(Quiet, directory=str(folder))
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/"

    def put(self, facts: PageFacts) -> None:
        for name, body in site(facts, NOW).items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path)
    made.put(FULL)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def visit(chromium: Any, shelf: Shelf) -> Iterator[Any]:
    """`visit(width, path="", **context)`: an open page. A word on the console fails the test."""
    contexts, said = [], []

    def go(width: int, path: str = "", **more: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **more)
        contexts.append(context)
        opened = context.new_page()
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.goto(shelf.address + path)
        return opened

    yield go
    for context in contexts:
        context.close()
    assert said == []


PAGES = ["", "history.html", "incidents/OUTAGE222222.html"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_accessibility_findings(visit: Any, path: str, scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    opened = visit(width, path, color_scheme=scheme, bypass_csp=True)  # axe is put into the page as a script
    opened.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    found = Axe().run(opened)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [320, 640])
def test_nothing_sticks_out_on_a_small_phone_or_at_200_percent(visit: Any, path: str, width: int) -> None:
    opened = visit(width, path)
    assert opened.evaluate("document.documentElement.scrollWidth") == width


def test_a_narrow_screen_shows_30_days_and_says_so(visit: Any) -> None:
    narrow, wide = visit(390).inner_text("main"), visit(1280).inner_text("main")
    assert "100 % in 30 days" in narrow
    assert "90 days" not in narrow
    assert "100 % in 90 days" in wide
    assert "30 days" not in wide


def test_without_script_every_word_is_there(visit: Any) -> None:
    opened = visit(390, java_script_enabled=False)
    opened.click(".bad summary")
    assert opened.is_visible("text=12 Nov: partial outage 14 min, Payments by invoice and direct debit")
    assert opened.is_visible("text=We found the cause.")


def test_arrows_read_the_days_with_one_tab_stop(visit: Any) -> None:
    opened = visit(1280)
    part = opened.locator(".part").nth(1)
    reading = part.locator(".reading")
    part.locator(".bars").focus()
    assert reading.inner_text().startswith("23 Nov: degraded performance 1 min")
    for _ in range(11):
        opened.keyboard.press("ArrowLeft")
    assert reading.inner_text() == "12 Nov: partial outage 14 min, Payments by invoice and direct debit"
    opened.keyboard.press("ArrowLeft")
    assert "no problems" in reading.inner_text()
    opened.keyboard.press("Home")
    assert reading.inner_text() == "26 Aug: no problems"
    opened.keyboard.press("Tab")
    assert not reading.is_visible()


def test_the_list_can_be_opened_while_a_day_is_read(visit: Any) -> None:
    opened = visit(1280)
    part = opened.locator(".part").nth(1)
    part.locator(".bars").focus()
    part.locator("summary").click(timeout=2000)
    assert part.locator("li").first.is_visible()


def test_a_tap_reads_a_day(visit: Any) -> None:
    opened = visit(390, has_touch=True)
    bars = opened.locator(".part").nth(1).locator(".bars")
    box = bars.bounding_box()
    bars.tap(position={"x": box["width"] * (30 - 11.5) / 30, "y": box["height"] / 2})
    assert (
        opened.locator(".part").nth(1).locator(".reading").inner_text().startswith("12 Nov: partial outage")
    )


def test_a_page_left_open_shows_what_is_new(visit: Any, shelf: Shelf) -> None:
    opened = visit(1280, timezone_id="UTC")
    opened.clock.install(time=NOW)
    opened.reload()
    assert "Checkout is not working" in opened.inner_text("h1")
    well = replace(CHECKOUT, status="operational")
    shelf.put(replace(BROKEN, components=(WEBSITE, well), notices=()))
    index = shelf.folder / "index.html"
    later = (NOW + MIN).strftime("%Y-%m-%dT%H:%M")
    index.write_text(index.read_text().replace(NOW.strftime("%Y-%m-%dT%H:%M"), later, 1))
    # Last-Modified counts whole seconds: written within the second of the first visit it would be a 304.
    changed = index.stat().st_mtime + 2
    os.utime(index, (changed, changed))
    opened.clock.run_for(31_000)
    opened.wait_for_selector("text=Everything works.")
    assert opened.title().startswith("Everything works.")


def test_times_are_said_the_way_people_do(visit: Any) -> None:
    opened = visit(1280)
    opened.clock.install(time=NOW)
    opened.reload()
    text = opened.inner_text(".notice")
    assert "6 min ago" in text
    assert "in 24 min" in text
