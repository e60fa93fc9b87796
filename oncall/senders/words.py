"""The words of a page and of the notices after it, in the receiver's language and zone (SCREENS 3.2).

Order everywhere: severity, key, what, since, what to do. Plain text, no greeting. A private card gives away
its key, its severity and the link, and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall.senders.clean import lines, one_line
from oncall.senders.message import Message


@dataclass(frozen=True)
class Text:
    subject: str
    body: str


def compose(message: Message) -> Text:
    """Subject and plain text. Anything in the words is data: nothing is interpreted."""
    with translation.override(message.receiver.language):
        return Text(one_line(SUBJECTS[message.kind](message)), _body(message))


def headline(message: Message) -> str:
    """`INC-42 Checkout: payments fail for all customers`, or `INC-42 (private)`."""
    card = message.card
    if card.private:
        return _("%(key)s (private)") % {"key": card.key}
    service = f"{card.service}: " if card.service else ""
    return one_line(f"{card.key} {service}{card.title}")


def clock_time(moment: datetime, message: Message) -> str:
    """In the receiver's zone: "03:01" today, "Mon 09:00" within a week, else with the date."""
    zone = ZoneInfo(message.receiver.time_zone)
    local, today = moment.astimezone(zone), message.now.astimezone(zone).date()
    if local.date() == today:
        return format_date(local, "H:i")
    shape = "D H:i" if abs((local.date() - today).days) < 7 else "j M Y H:i"
    return format_date(local, shape)


def stored_time(stored: str | None, message: Message) -> str:
    return clock_time(datetime.fromisoformat(stored), message) if stored else ""


def _subject_of_page(message: Message) -> str:
    return f"[{message.card.severity_word}] {headline(message)}"


SUBJECTS: dict[str, Callable[[Message], str]] = {
    "page": _subject_of_page,
    "given_back": _subject_of_page,
    "taken": lambda m: _("[Taken] %(what)s") % {"what": headline(m)},
    "over": lambda m: _("[Over] %(what)s") % {"what": headline(m)},
    "nobody": lambda m: _("[Nobody answered] %(what)s") % {"what": headline(m)},
}


def _body(message: Message) -> str:
    parts = BODIES[message.kind](message)
    return "\n\n".join(part for part in parts if part) + "\n"


def what_and_since(message: Message) -> str:
    """The first line; the first 60 characters stand alone on a lock screen."""
    since = _("since %(time)s") % {"time": clock_time(message.card.since, message)}
    return f"{message.card.severity_word} {headline(message)} {since}."


def _page(message: Message) -> list[str]:
    private = message.card.private
    return [
        what_and_since(message),
        VARIANTS[message.why.get("variant", "page")](message),
        "" if private else lines(message.text, 500),
        "" if private else lines(message.card.detail),
        _folded(message),
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


def _why_you(message: Message) -> str:
    """For whom it is (mails are forwarded), and why."""
    why, name = message.why, one_line(message.receiver.name)
    if why.get("kind") == "schedule" and message.card.private:
        # The name of a schedule tells the service.
        return _("For %(name)s: you are on call.") % {"name": name}
    if why.get("kind") == "schedule":
        words = {"name": name, "schedule": one_line(why["name"]), "until": stored_time(why["until"], message)}
        if why["until"] is None:
            return _("For %(name)s: you are on call for %(schedule)s.") % words
        return _("For %(name)s: you are on call for %(schedule)s until %(until)s.") % words
    if why.get("kind") in {"fallback", "owner"}:
        return _("For %(name)s: nobody is on call, so it comes to you.") % {"name": name}
    return _("For %(name)s: you were named.") % {"name": name}


def _next(message: Message) -> str:
    following = message.why.get("next")
    if not following:
        return ""
    words = {"names": joined(following["names"]), "time": stored_time(following["at"], message)}
    if following["names"]:
        return _("Next: %(names)s at %(time)s.") % words
    return _("After you nobody is left: the owners hear of it at %(time)s.") % words


def _taken(message: Message) -> list[str]:
    words = {
        "key": message.card.key,
        "name": one_line(message.why["by"]),
        "time": stored_time(message.why["at"], message),
    }
    return [_("%(key)s taken by %(name)s at %(time)s. Nothing for you to do.") % words, message.link]


def _given_back(message: Message) -> list[str]:
    words = {"key": message.card.key, "name": one_line(message.why["by"])}
    return [
        what_and_since(message),
        _("%(name)s gave %(key)s back: nobody has it now.") % words,
        f"{_what_to_do(message)}\n{message.link}",
    ]


def _over(message: Message) -> list[str]:
    ended = datetime.fromisoformat(message.why["at"])
    minutes = max(0, int((ended - message.started_at).total_seconds() // 60))
    words = {"key": message.card.key, "time": clock_time(ended, message), "minutes": minutes}
    if _is_night(ended, message):
        said = _("%(key)s over at %(time)s after %(minutes)s min. Nothing left for you tonight.") % words
    else:
        said = _("%(key)s over at %(time)s after %(minutes)s min. Nothing left for you to do.") % words
    return [said, "" if message.card.private else lines(message.why.get("words", ""), 500)]


def _is_night(moment: datetime, message: Message) -> bool:
    hour = moment.astimezone(ZoneInfo(message.receiver.time_zone)).hour
    return hour >= 20 or hour < 7


def _nobody(message: Message) -> list[str]:
    called = message.why.get("called", [])
    if lost := message.why.get("lost"):
        said = _("A page to %(name)s could not be delivered.") % {"name": one_line(lost)}
    elif called:
        said = _("Nobody answered. Called: %(names)s.") % {"names": joined(called)}
    else:
        said = _("Nobody could be called.")
    return [
        what_and_since(message),
        said,
        "" if message.card.private else lines(message.card.detail),
        message.link,
        _("For %(name)s: you are an owner here.") % {"name": one_line(message.receiver.name)},
    ]


BODIES: dict[str, Callable[[Message], list[str]]] = {
    "page": _page,
    "taken": _taken,
    "given_back": _given_back,
    "over": _over,
    "nobody": _nobody,
}


def joined(names: list[str]) -> str:
    """ "Anna", "Anna and Eva", "Anna, Bram and Eva"."""
    clean = [one_line(name) for name in names]
    if len(clean) < 2:
        return "".join(clean)
    return _("%(names)s and %(last)s") % {"names": ", ".join(clean[:-1]), "last": clean[-1]}


def iso(moment: datetime) -> str:
    """For programs: UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
