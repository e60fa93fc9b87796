"""Times and ages as people say them, in the active zone and language. `now` is given, never asked for."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.known import whole_minutes


def clock_age(then: datetime | None, now: datetime) -> str:
    """0:14, 26:03; days only from the third one: "3 d 02:10"."""
    if then is None:
        return ""
    hours, minutes = divmod(whole_minutes(now - then), 60)
    if hours < 48:
        return f"{hours}:{minutes:02d}"
    words = {"days": hours // 24, "hours": hours % 24, "minutes": minutes}
    return _("%(days)d d %(hours)02d:%(minutes)02d") % words


def duration_words(lasted: timedelta) -> str:
    """In a sentence: "14 min", "1 h 10 min", "3 days"."""
    minutes = whole_minutes(lasted)
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        words = _("%(hours)d h") % {"hours": hours}
        return words + (" " + _("%(minutes)d min") % {"minutes": minutes} if minutes else "")
    return day_words(hours // 24)


def day_words(days: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def span_words(lasted: timedelta) -> str:
    """For figures, where seconds count: "40 s", then as in a sentence."""
    seconds = max(0, round(lasted.total_seconds()))
    return _("%(seconds)d s") % {"seconds": seconds} if seconds < 60 else duration_words(lasted)


def clock_words(moment: datetime, now: datetime) -> str:
    """03:07 today; "Mon 03:07" within a week; "Mon 23 Nov 03:07" beyond."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    if local.date() == today.date():
        return date_format(local, "H:i")
    if abs((local.date() - today.date()).days) < 7:
        return date_format(local, "D H:i")
    return date_format(local, "D j M H:i" if local.year == today.year else "j M Y H:i")


def zone_word(moment: datetime) -> str:
    """CET, CEST: the name of the reader's zone at that moment."""
    return timezone.localtime(moment).tzname() or "UTC"
