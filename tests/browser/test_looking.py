"""What is wrong in one look alone is found in that look, though the page is loaded once."""

from typing import Any

from tests.browser.conftest import DESK, Person
from tests.browser.looking import look_all_round

PAGE = """<!doctype html><html lang="en"><title>Looks</title><style>
body { margin: 0; background: #fff; color: #111; }
h1 { transition: color 60s; }
button { display: none; }
@media (prefers-color-scheme: dark) { body { background: #000; color: #fff; } }
@media (prefers-color-scheme: dark) and (max-width: 500px) { .faint { color: #222; } }
@media (max-width: 500px) { .wide { width: 600px; } }
@media (min-width: 900px) { button { display: block; } }
</style><main><h1>Slowly from dark to light</h1><p class="faint">Not to be read on a phone in the dark</p>
<p class="wide">Too wide for a phone</p><button></button></main></html>"""


def test_each_look_is_looked_at(chromium: Any) -> None:
    context = chromium.new_context(viewport=DESK)
    person, problems = Person(context.new_page(), ""), list[str]()
    person.page.set_content(PAGE)
    look_all_round(person, "planted", problems)
    context.close()
    assert sorted(" ".join(found.split()[:2]) for found in problems) == [
        "planted-1280-light: button-name",
        "planted-390-dark: 210",
        "planted-390-dark: color-contrast",
        "planted-390-light: 210",
    ]
