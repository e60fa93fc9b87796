"""The words of a text message: in the GSM alphabet, and in one segment wherever possible (SCREENS 3.2).

Where they do not fit goes first the hint how to reply, then the service, then the tail of the title, of which
forty characters stay. The link is never cut. Called with plain values only.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils import translation
from django.utils.translation import gettext as _

from oncall.senders import notices
from oncall.senders.clean import one_line
from oncall.senders.gsm import ONE_SEGMENT, clipped, gsm, septets
from oncall.senders.message import Message
from oncall.senders.phrases import clock_time, joined, stored_time

KEPT_OF_TITLE = 40
NAMES_SHOWN = 2


@dataclass(frozen=True)
class Line:
    """The pieces of a page. `title` is what may be shortened; `after` ends the sentence around it."""

    head: str
    title: str
    after: str
    service: str = ""
    before: str = ""
    hint: str = ""


def short(message: Message) -> str:
    """What is sent. More than one segment only where forty characters of the title ask for it."""
    with translation.override(message.receiver.language):
        if message.kind in LINES:
            return _private(message) if message.card.private else _fitted(message)
        if message.kind == "test":
            return _test(message)
        with_link = message.kind in {"reminder", "notice", "digest"}
        return _sentence(_said(message), message.link if with_link else "")


def severity_in_capitals(word: str) -> str:
    """ "SEV1?", in Dutch "ERNST 1?". A tenant's own word stays as it is."""
    found = re.fullmatch(r"SEV([0-9])(\??)", word)
    return _("SEV%(rank)s") % {"rank": found[1]} + found[2] if found else one_line(word, 12)


# --- a page ------------------------------------------------------------------------------------------------


def _fitted(message: Message) -> str:
    line = LINES[message.kind](message)
    title, after = gsm(one_line(line.title)).strip(), f"{gsm(line.after)}{_delayed(message)} {message.link}"
    line = replace(line, title=title)
    bare, labelled = _head(line, message, ""), _head(line, message, line.service)
    for head, hint in [(labelled, hint) for hint in _hints(message, line)] + [(bare, "")]:
        whole = f"{head}{title}{after}{hint}"
        if septets(whole) <= ONE_SEGMENT:
            return whole
    room = ONE_SEGMENT - septets(bare) - septets(after)
    return f"{bare}{clipped(title, room, KEPT_OF_TITLE)}{after}"


def _head(line: Line, message: Message, service: str) -> str:
    """Up to the title: `SEV2 INC-42 Checkout +11 more: `."""
    behind = message.folded + len(message.also)
    more = _("+%(count)s more") % {"count": behind} if behind else ""
    told = " ".join(one_line(part, 60) for part in (line.head, service, more) if part)
    return gsm(f"{told}: {line.before}" if line.title else told)


def _hints(message: Message, line: Line) -> list[str]:
    """The reply hint, from all of it to nothing of it."""
    if not message.code:
        return [""]
    plain = _(" or reply %(code)s") % {"code": message.code}
    return [gsm(plain + line.hint), gsm(plain), ""]


def _page(message: Message) -> Line:
    return PAGES[message.why.get("variant", "page")](message)


def _first(message: Message) -> Line:
    if message.folded or message.also:
        return Line(_what(message), message.card.title, ".", message.card.service, hint=_("=I have them all"))
    since = _(" since %(time)s.") % {"time": clock_time(message.card.since, message)}
    hint = _("=I have it, %(code)sN=pass on") % {"code": message.code}
    return Line(_what(message), message.card.title, since, message.card.service, hint=hint)


def _again(message: Message) -> Line:
    minutes = max(0, int((message.now - message.started_at).total_seconds() // 60))
    after = _(", %(minutes)s min unanswered.") % {"minutes": minutes}
    head = f"{_which_try(message.why.get('try', 1))} {_what(message)}"
    return Line(head, message.card.title, after, message.card.service)


def _which_try(number: int) -> str:
    said = {1: _("Again"), 2: _("2nd try"), 3: _("3rd try")}
    return said[number] if number in said else _("%(number)sth try") % {"number": number}


def _escalated(message: Message) -> Line:
    others = message.why["others"]
    names = [_name(name) for name in others[:NAMES_SHOWN]]
    if len(others) > NAMES_SHOWN:
        names = [names[0], _("%(count)s others") % {"count": len(others) - 1}]
    after = _(". %(names)s did not answer.") % {"names": joined(names)}
    return Line(
        _("Your turn %(what)s") % {"what": _what(message)}, message.card.title, after, message.card.service
    )


def _called_in(message: Message) -> Line:
    head = _("%(name)s asks you in %(what)s") % {
        "name": _name(message.why["detail"]),
        "what": _what(message),
    }
    hint = _("=coming, %(code)sN=cannot") % {"code": message.code}
    if message.text:
        return Line(head, message.text, '".', message.card.service, '"', hint)
    return Line(head, message.card.title, ".", message.card.service, hint=hint)


def _raised(message: Message) -> Line:
    words = {
        "key": message.card.key,
        "old": severity_in_capitals(message.why["detail"]),
        "new": severity_in_capitals(message.card.severity_word),
        "time": stored_time(message.why.get("at"), message),
    }
    head = _("%(key)s went from %(old)s to %(new)s at %(time)s") if words["time"] else ""
    head = (head or _("%(key)s went from %(old)s to %(new)s")) % words
    after = _(". Open since %(time)s.") % {"time": clock_time(message.card.since, message)}
    return Line(head, message.text or message.card.title, after)


def _expired(message: Message) -> Line:
    after = _(". %(name)s had it, not heard of since.") % {"name": _name(message.why["detail"])}
    return Line(_what(message), message.card.title, after, message.card.service)


PAGES: dict[str, Callable[[Message], Line]] = {
    "page": _first,
    "again": _again,
    "escalated": _escalated,
    "called_in": _called_in,
    "raised": _raised,
    "expired": _expired,
}


def _given_back(message: Message) -> Line:
    after = _(". %(name)s gave it back.") % {"name": _name(message.why["by"])}
    return Line(_what(message), message.card.title, after, message.card.service, hint=_("=I have it"))


def _nobody(message: Message) -> Line:
    after = f". {one_line(notices.nobody(message), 60)}"
    return Line(_what(message), message.card.title, after, message.card.service)


LINES: dict[str, Callable[[Message], Line]] = {"page": _page, "given_back": _given_back, "nobody": _nobody}


def _private(message: Message) -> str:
    read = _("%(what)s (private). Sign in to read it:") % {"what": _what(message)}
    hint = _(" or reply %(code)s") % {"code": message.code} + _("=I have it") if message.code else ""
    return f"{gsm(read)} {message.link}{gsm(hint)}"


def _what(message: Message) -> str:
    return f"{severity_in_capitals(message.card.severity_word)} {message.card.key}".strip()


def _name(name: str) -> str:
    return one_line(name, 24)


# --- the rest ----------------------------------------------------------------------------------------------


def _test(message: Message) -> str:
    if not message.code:
        return _sentence(notices.test(message), message.link)
    return _sentence(
        f"{notices.test(message)} " + _("Reply %(code)s to finish the test.") % {"code": message.code}, ""
    )


def _said(message: Message) -> str:
    said = notices.SENTENCES[message.kind](message)
    if message.kind == "digest":
        listed = ", ".join(page["key"] for page in message.why["pages"])
        return f"{said.rstrip('.')}: {listed}."
    return said


def _delayed(message: Message) -> str:
    return gsm(_(" Delayed by limit.")) if message.delayed else ""


def _sentence(words: str, link: str) -> str:
    tail = f" {link}" if link else ""
    return clipped(gsm(one_line(words, 400)), ONE_SEGMENT - septets(tail)) + tail
