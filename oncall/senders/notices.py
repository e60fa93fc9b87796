"""What each notice says, in a sentence or two and without the link. The page itself is in words.py.

Each is called within the receiver's language. None gives away a word of a private card.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall.senders.clean import lines, one_line
from oncall.senders.message import Message
from oncall.senders.phrases import clock_time, joined, keys, stored_time


def taken(message: Message) -> str:
    if to := message.why.get("given_to"):
        words = {
            "key": keys(message),
            "names": _("others") if message.card.private else joined(to),
            "time": stored_time(message.why["at"], message),
        }
        return _("%(key)s was given to %(names)s at %(time)s. Nothing for you to do.") % words
    words = {
        "key": keys(message),
        "name": one_line(message.why["by"]),
        "time": stored_time(message.why["at"], message),
    }
    return _("%(key)s taken by %(name)s at %(time)s. Nothing for you to do.") % words


def given_back(message: Message) -> str:
    words = {"key": message.card.key, "name": one_line(message.why["by"])}
    return _("%(name)s gave %(key)s back: nobody has it now.") % words


def over(message: Message) -> str:
    ended = datetime.fromisoformat(message.why["at"])
    minutes = max(0, int((ended - message.started_at).total_seconds() // 60))
    words = {"key": keys(message), "time": clock_time(ended, message), "minutes": minutes}
    if _is_night(ended, message):
        return _("%(key)s over at %(time)s after %(minutes)s min. Nothing left for you tonight.") % words
    return _("%(key)s over at %(time)s after %(minutes)s min. Nothing left for you to do.") % words


def _is_night(moment: datetime, message: Message) -> bool:
    hour = moment.astimezone(ZoneInfo(message.receiver.time_zone)).hour
    return hour >= 20 or hour < 7


def nobody(message: Message) -> str:
    if lost := message.why.get("lost"):
        return _("A page to %(name)s could not be delivered.") % {"name": one_line(lost)}
    if have_it := message.why.get("have_it"):
        words = {"names": joined(have_it), "number": message.why["asked"]}
        return _("Only %(names)s answered; %(number)s were asked for, and nobody else is left.") % words
    if called := message.why.get("called", []):
        return _("Nobody answered. Called: %(names)s.") % {"names": joined(called)}
    return _("Nobody could be called.")


def reminder(message: Message) -> str:
    words = {"key": message.card.key, "time": stored_time(message.why["at"], message)}
    return _("Your acknowledgement of %(key)s runs out at %(time)s: still on it?") % words


def test(message: Message) -> str:
    return _("TEST for %(name)s: this is how a page reaches you.") % {"name": one_line(message.receiver.name)}


def verify(message: Message) -> str:
    return _("%(code)s is your code to confirm this address.") % {"code": message.verify}


def notice(message: Message) -> str:
    return lines(message.why["words"], 500)


def digest(message: Message) -> str:
    pages = message.why["pages"]
    return ngettext(
        "%(count)s page waited for the end of your quiet hours.",
        "%(count)s pages waited for the end of your quiet hours.",
        len(pages),
    ) % {"count": len(pages)}


def waited(page: dict[str, Any]) -> str:
    """One line of a digest: `SEV3 INC-50 Disk nearly full`; of a private one without a title."""
    title = page["title"] if page["title"] is not None else _("(private)")
    return one_line(f"{page['severity']} {page['key']} {title}")


def also(message: Message) -> str:
    """Of a page: the others that came in the same message."""
    return _("Also: %(keys)s.") % {"keys": joined(list(message.also))} if message.also else ""


def delayed(message: Message) -> str:
    return _("Delayed by a limit on messages to this address.") if message.delayed else ""


SENTENCES: dict[str, Callable[[Message], str]] = {
    "taken": taken,
    "given_back": given_back,
    "over": over,
    "nobody": nobody,
    "reminder": reminder,
    "test": test,
    "verify": verify,
    "notice": notice,
    "digest": digest,
}
