"""What a telephone says: short sentences, the keys last. Of a private card only its key and severity."""

import re

from django.utils import translation
from django.utils.translation import gettext as _

from oncall.senders import notices
from oncall.senders.clean import one_line
from oncall.senders.message import Message
from oncall.senders.words import variant

LANGUAGES = {"en": "en-GB", "nl": "nl-NL"}
# What is answered by pressing a key.
WITH_KEYS = frozenset({"page", "given_back", "test"})
LONGEST_TITLE = 160


def spoken(message: Message) -> str:
    """Once; the call says it twice (oncall.senders.voice)."""
    with translation.override(message.receiver.language):
        return " ".join(part for part in [_what(message), _keys(message)] if part)


def nothing_pressed(language: str) -> str:
    with translation.override(language):
        return _("No key was pressed. Nothing has changed.")


def _what(message: Message) -> str:
    if message.kind == "verify":
        return _("Your code is %(code)s.") % {"code": ", ".join(message.verify)}
    if message.kind in {"page", "given_back", "nobody"}:
        return " ".join(part for part in [severity_spoken(message), _card(message), _more(message)] if part)
    return one_line(notices.SENTENCES[message.kind](message), 300)


def _card(message: Message) -> str:
    card = message.card
    if card.private:
        return _("%(key)s, private. Sign in to read it.") % {"key": card.key}
    service = f"{card.service}: " if card.service else ""
    return f"{one_line(service + card.title, LONGEST_TITLE).rstrip('.')}."


def _more(message: Message) -> str:
    if message.card.private:
        return ""
    said = _variant(message) if message.kind == "page" else notices.SENTENCES[message.kind](message)
    behind = message.folded + len(message.also)
    waiting = _("And %(count)s more.") % {"count": behind} if behind else ""
    return " ".join(part for part in [one_line(said), waiting] if part)


def _variant(message: Message) -> str:
    """As in a mail, but without what was just said; and what somebody asks is read to whom they ask."""
    if message.why.get("variant") == "raised":
        return _("Raised from %(old)s.") % {"old": one_line(message.why["detail"], 40)}
    asked = one_line(message.text, LONGEST_TITLE).rstrip(".")
    return f"{variant(message)} {asked}.".strip() if asked else variant(message)


def severity_spoken(message: Message) -> str:
    """ "SEV1?" as "Severity one, maybe."; a tenant's own word as it is written."""
    found = re.fullmatch(r"SEV([1-5])(\??)", message.card.severity_word)
    if not found:
        return f"{one_line(message.card.severity_word, 40)}." if message.card.severity_word else ""
    numbers = [_("one"), _("two"), _("three"), _("four"), _("five")]
    words = {"number": numbers[int(found[1]) - 1]}
    return (_("Severity %(number)s, maybe.") if found[2] else _("Severity %(number)s.")) % words


def _keys(message: Message) -> str:
    if message.kind == "test":
        return _("Press 4 to finish the test.")
    if message.kind in WITH_KEYS:
        return _("Press 4, I have it. Press 6, pass it on. Star, again.")
    return ""
