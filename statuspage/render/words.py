"""The page's words for statuses, in the language that is active. Pure."""

from django.utils.html import escape, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import normalize_newlines

from statuspage.health import DEGRADED as SLOW
from statuspage.health import MAINTENANCE, MAJOR, OK, PARTIAL
from statuspage.states import ComponentStatus, NoticeStatus

# Names of shapes and colours in the style sheet and the icons.
LEVELS = {OK: "ok", SLOW: "degraded", PARTIAL: "partial", MAJOR: "major", MAINTENANCE: "maintenance"}


def level(status: str) -> str:
    return LEVELS[ComponentStatus(status)]


def component_word(status: str) -> str:
    return str(ComponentStatus(status).label)


def notice_word(status: str) -> str:
    return str(NoticeStatus(status).label)


def paragraphs(body: str) -> list[SafeString]:
    """The words of an update as safe HTML, one entry per paragraph. Addresses become links."""
    blocks = [block.strip() for block in normalize_newlines(body).split("\n\n")]
    # urlize escapes everything around the links it makes.
    return [
        mark_safe(urlize(block, nofollow=True, autoescape=True).replace("\n", "<br>"))  # noqa: S308
        for block in blocks
        if block
    ]


def unbroken(text: str) -> SafeString:
    """Keeps `(15:02 Amsterdam)` on one line. Escapes the rest."""
    first, bracket, rest = escape(text).partition(" (")
    if not bracket:
        return mark_safe(first)  # noqa: S308  (escaped above)
    return mark_safe(f'{first} <span class="nw">({rest}</span>')  # noqa: S308
