"""The small pieces that all words of the pager are made of. Each is called within the receiver's language."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from oncall.senders.clean import one_line
from oncall.senders.message import Message

KEYS_SHOWN = 6


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


def what_and_since(message: Message) -> str:
    """The first line; the first 60 characters stand alone on a lock screen."""
    since = _("since %(time)s") % {"time": clock_time(message.card.since, message)}
    return f"{message.card.severity_word} {headline(message)} {since}."


def joined(names: list[str]) -> str:
    """ "Anna", "Anna and Eva", "Anna, Bram and Eva"."""
    clean = [one_line(name) for name in names]
    if len(clean) < 2:
        return "".join(clean)
    return _("%(names)s and %(last)s") % {"names": ", ".join(clean[:-1]), "last": clean[-1]}


def keys(message: Message) -> str:
    """ "INC-42", or "INC-42, INC-43 and INC-44" where one message tells of several."""
    found = [message.card.key, *message.also]
    more = len(found) - KEYS_SHOWN
    if more > 1:
        found = [*found[:KEYS_SHOWN], _("%(count)s more") % {"count": more}]
    return joined(found)


def iso(moment: datetime) -> str:
    """For programs: UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
