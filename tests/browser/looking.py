"""What no screen may do in any of its looks: anything axe calls serious, and be wider than the screen.

With MUSTER_SHOTS=<folder> each look is saved as a picture, to be looked at.
"""

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.conftest import DESK, PHONE, Person

SHOTS = os.environ.get("MUSTER_SHOTS", "")
# A page is loaded once and looked at in each of these. The server knows none of them, and no script asks.
LOOKS = [(DESK, "light"), (DESK, "dark"), (PHONE, "dark"), (PHONE, "light")]
# What depends on the colours; every other rule says in the dark what it said in the light.
OF_COLOUR = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# Links of the admin fade from one colour to the other, and would be caught half way.
AT_ONCE = """document.getAnimations().forEach(
    one => one.effect.getComputedTiming().endTime === Infinity || one.finish())"""


def look_all_round(person: Person, name: str, problems: list[str]) -> None:
    """At the page as it is loaded, on a phone and a desk, in light and dark. Names each in what it finds."""
    for size, scheme in LOOKS:
        person.page.set_viewport_size(size)
        person.page.emulate_media(color_scheme=scheme)
        person.page.evaluate(AT_ONCE)
        look(person, f"{name}-{size['width']}-{scheme}", problems, only_colour=scheme == "dark")


def look(person: Person, name: str, problems: list[str], *, only_colour: bool = False) -> None:
    """At the page as it stands. With `only_colour` axe asks what depends on colours, and nothing else."""
    if SHOTS:
        folder = Path(SHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        person.page.screenshot(path=folder / f"{name}.png", full_page=True)
    problems.extend(f"{name}: console: {error}" for error in person.errors)
    for violation in _violations(person.page, OF_COLOUR if only_colour else {}):
        if violation["impact"] in {"serious", "critical"}:
            where = "; ".join(node["html"][:160] for node in violation["nodes"][:4])
            problems.append(f"{name}: {violation['id']} ({violation['impact']}): {where}")
    wide = person.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        problems.append(f"{name}: {wide} px wider than the screen")
    person.errors.clear()  # axe itself puts styles on the page, which the CSP refuses loudly


def _violations(page: Any, options: dict[str, Any]) -> list[dict[str, Any]]:
    """Axe is put on a page once, and says only what is wrong: the whole of its answer is large."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(
        "options => axe.run({resultTypes: ['violations'], ...options}).then(said => said.violations)", options
    )
    return found
