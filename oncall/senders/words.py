"""The words of a page and of the notices after it, in the receiver's language and zone (SCREENS 3.2).

Order everywhere: severity, key, what, since, what to do. Plain text, no greeting. A private card gives away
its key, its severity and the link, and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall.senders import notices
from oncall.senders.clean import lines, one_line
from oncall.senders.message import Message
from oncall.senders.phrases import headline, joined, stored_time, what_and_since

# Which of the notices tell of a card, and begin with what it is about.
ABOUT_A_CARD = {"given_back", "nobody"}


@dataclass(frozen=True)
class Text:
    subject: str
    body: str


def compose(message: Message) -> Text:
    """Subject and plain text. Anything in the words is data: nothing is interpreted."""
    with translation.override(message.receiver.language):
        return Text(one_line(SUBJECTS[message.kind](message)), _body(message))


def summary(message: Message) -> str:
    """What it is in one line without the link, for a push or a chat."""
    with translation.override(message.receiver.language):
        return one_line(" ".join(part for part in _summary(message) if part), 600)


def _summary(message: Message) -> list[str]:
    card = message.card
    if message.kind == "digest":
        listed = "; ".join(notices.waited(page) for page in message.why["pages"])
        return [notices.digest(message), listed]
    first = what_and_since(message) if message.kind in {"page", *ABOUT_A_CARD} else ""
    if message.kind != "page":
        return [first, notices.SENTENCES[message.kind](message), notices.delayed(message)]
    told = "" if card.private else one_line(f"{variant(message)} {message.text}", 300)
    return [first, told, notices.also(message), _folded(message), notices.delayed(message)]


def to_open(message: Message) -> str:
    """The words on a link or button that opens it."""
    with translation.override(message.receiver.language):
        return _("Open %(key)s") % {"key": message.card.key} if message.card.key else _("Open it")


def _subject_of_page(message: Message) -> str:
    return f"[{message.card.severity_word}] {headline(message)}"


def _subject_of_test(message: Message) -> str:
    return _("[Test] %(name)s: this is how a page reaches you") % {"name": one_line(message.receiver.name)}


SUBJECTS: dict[str, Callable[[Message], str]] = {
    "page": _subject_of_page,
    "given_back": _subject_of_page,
    "taken": lambda m: _("[Taken] %(what)s") % {"what": headline(m)},
    "over": lambda m: _("[Over] %(what)s") % {"what": headline(m)},
    "nobody": lambda m: _("[Nobody answered] %(what)s") % {"what": headline(m)},
    "reminder": lambda m: _("[Still on it?] %(what)s") % {"what": headline(m)},
    "test": _subject_of_test,
    "verify": notices.verify,
    "notice": notices.notice,
    "digest": notices.digest,
}


def _body(message: Message) -> str:
    parts = BODIES[message.kind](message)
    return "\n\n".join(part for part in parts if part) + "\n"


def _page(message: Message) -> list[str]:
    private = message.card.private
    return [
        what_and_since(message),
        variant(message),
        "" if private else lines(message.text, 500),
        "" if private else lines(message.card.detail),
        notices.also(message),
        _folded(message),
        notices.delayed(message),
        f"{_what_to_do(message)}\n{message.link}",
        f"{_why_you(message)} {_next(message)}",
    ]


def _what_to_do(message: Message) -> str:
    if message.card.private:
        return _("Sign in to read it. To say that you have it, or to pass it on:")
    return _("I've got it, or pass it on:")


def _folded(message: Message) -> str:
    if not message.folded:
        return ""
    return ngettext(
        "%(count)s more page waits behind this one; the link lists it.",
        "%(count)s more pages wait behind this one; the link lists them.",
        message.folded,
    ) % {"count": message.folded}


def _again(message: Message) -> str:
    times = message.why.get("try", 1)
    if times < 2:
        return _("Paged again: nobody has it.")
    return _("Paged again, round %(number)s: nobody has it.") % {"number": times}


def _called_in(message: Message) -> str:
    return _("%(name)s asks you in.") % {"name": one_line(message.why["detail"])}


VARIANTS: dict[str, Callable[[Message], str]] = {
    "page": lambda m: "",
    "again": _again,
    "called_in": _called_in,
    "escalated": lambda m: _("Your turn: %(names)s did not answer.") % {"names": joined(m.why["others"])},
    "raised": lambda m: (
        _("Raised from %(old)s to %(new)s.")
        % {"old": one_line(m.why["detail"]), "new": one_line(m.card.severity_word)}
    ),
    "expired": lambda m: (
        _("%(name)s had it, and has not been heard of since. Nobody has it now.")
        % {"name": one_line(m.why["detail"])}
    ),
}


def variant(message: Message) -> str:
    """Why it comes (again), in a sentence; empty for a first page."""
    return VARIANTS[message.why.get("variant", "page")](message)


def _why_you(message: Message) -> str:
    """For whom it is (mails are forwarded), and why."""
    why, name = message.why, one_line(message.receiver.name)
    by_duty = why.get("kind") in {"schedule", "rotation"}
    if by_duty and message.card.private:
        # The name of a schedule tells the service.
        return _("For %(name)s: you are on call.") % {"name": name}
    if why.get("kind") == "channel":
        return _("For everybody who reads %(name)s.") % {"name": name}
    if why.get("kind") in {"next", "team"} and not message.card.private:
        return WHY_YOU[why["kind"]]() % {"name": name, "of": one_line(why["name"])}
    if by_duty:
        words = {"name": name, "schedule": one_line(why["name"]), "until": stored_time(why["until"], message)}
        if why["until"] is None:
            return _("For %(name)s: you are on call for %(schedule)s.") % words
        return _("For %(name)s: you are on call for %(schedule)s until %(until)s.") % words
    if why.get("kind") in {"fallback", "owner"}:
        return _("For %(name)s: nobody is on call, so it comes to you.") % {"name": name}
    return _("For %(name)s: you were named.") % {"name": name}


WHY_YOU: dict[str, Callable[[], str]] = {
    "next": lambda: _("For %(name)s: you are on call next for %(of)s."),
    "team": lambda: _("For %(name)s: you are in team %(of)s."),
}


def _next(message: Message) -> str:
    following = message.why.get("next")
    if not following:
        return ""
    words = {"names": joined(following["names"]), "time": stored_time(following["at"], message)}
    if following["names"]:
        return _("Next: %(names)s at %(time)s.") % words
    return _("After you nobody is left: the owners hear of it at %(time)s.") % words


def _given_back(message: Message) -> list[str]:
    said = notices.given_back(message)
    return [what_and_since(message), said, f"{_what_to_do(message)}\n{message.link}"]


def _over(message: Message) -> list[str]:
    why = "" if message.card.private else lines(message.why.get("words", ""), 500)
    return [notices.over(message), why]


def _nobody(message: Message) -> list[str]:
    return [
        what_and_since(message),
        notices.nobody(message),
        "" if message.card.private else lines(message.card.detail),
        message.link,
        _("For %(name)s: you are an owner here.") % {"name": one_line(message.receiver.name)},
    ]


def _test(message: Message) -> list[str]:
    finish = _("Finish the test:")
    return [notices.test(message), f"{finish}\n{message.link}"]


def _verify(message: Message) -> list[str]:
    return [notices.verify(message), _("If you did not ask for it, do nothing.")]


def _digest(message: Message) -> list[str]:
    pages = [f"{notices.waited(page)}\n{page['link']}" for page in message.why["pages"]]
    return [notices.digest(message), *pages]


BODIES: dict[str, Callable[[Message], list[str]]] = {
    "page": _page,
    "taken": lambda m: [notices.taken(m), m.link],
    "given_back": _given_back,
    "over": _over,
    "nobody": _nobody,
    "reminder": lambda m: [notices.reminder(m), m.link],
    "test": _test,
    "verify": _verify,
    "notice": lambda m: [notices.notice(m), m.link],
    "digest": _digest,
}
