"""What others read of an incident in one line: its room's topic (R10), its manager's status (R11). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

LONGEST = 250
# People's own words: whatever they are, the key facts fit beside them.
MOST_WORDS = 120
BETWEEN = " · "


@dataclass(frozen=True)
class About:
    """`since` is a clock time in words. What is empty is left out. `words` are people's own."""

    key: str
    severity: str = ""
    summary: str = ""
    since: str = ""
    manager: str = ""
    now_line: str = ""
    video: str = ""
    chat: str = ""
    room: str = ""
    status_page: str = ""
    words: str = ""
    private: bool = False


def generated(about: About, most: int = LONGEST) -> str:
    """As generated: drops whole parts from the tail until it fits; only the first part is ever cut short."""
    parts = _parts(about)
    kept = [_cut(parts[0], most)]
    for part in parts[1:]:
        if len(BETWEEN.join([*kept, part])) > most:
            break
        kept.append(part)
    return BETWEEN.join(kept)


def topic(about: About) -> str:
    """The whole topic, at most LONGEST: key facts, then people's own words."""
    words = "" if about.private else " ".join(about.words.split())[:MOST_WORDS]
    if not words:
        return generated(about)
    return generated(about, LONGEST - len(words) - len(BETWEEN)) + BETWEEN + words


def _parts(about: About) -> Sequence[str]:
    head = " ".join(part for part in (about.key, about.severity) if part)
    if about.private:
        return [_("%(key)s (private)") % {"key": head}]
    parts = [" ".join(part for part in (head, about.summary) if part)]
    for word, value in (
        (_("since %(what)s"), about.since),
        (_("manager %(what)s"), about.manager),
        (_("NOW %(what)s"), about.now_line),
        (_("video %(what)s"), about.video),
        (_("chat %(what)s"), about.chat),
        (_("room %(what)s"), about.room),
        (_("status page %(what)s"), about.status_page),
    ):
        if value:
            parts.append(word % {"what": value})
    return parts


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def manager_status(key: str, severity: str) -> str:
    """ "INC-42 · SEV1 · incident manager"."""
    return BETWEEN.join(part for part in (key, severity, _("incident manager")) if part)


def private_status() -> str:
    """The same for those outside the circle: neither key nor words."""
    return _("in a private incident")
