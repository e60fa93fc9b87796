"""Times, ages and severities as every screen of this app says them. `now` comes from the context, never the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.models import Incident

register = template.Library()
MINUTE = 60


def minutes_between(then: datetime, now: datetime) -> int:
    """Whole minutes, never below zero."""
    return max(0, int((now - then).total_seconds() // MINUTE))


@register.filter
def clock_age(then: datetime | None, now: datetime) -> str:
    """0:14, 26:03; days only from the third one: "3 d 02:10"."""
    if then is None:
        return ""
    hours, minutes = divmod(minutes_between(then, now), 60)
    if hours >= 48:
        return _("%(days)d d %(hours)02d:%(minutes)02d") % {
            "days": hours // 24,
            "hours": hours % 24,
            "minutes": minutes,
        }
    return f"{hours}:{minutes:02d}"


@register.filter
def word_age(then: datetime | None, now: datetime) -> str:
    """In a sentence: "14 min", "1 h 10 min", "3 days"."""
    return "" if then is None else duration_words(now - then)


def duration_words(lasted: timedelta) -> str:
    minutes = max(0, int(lasted.total_seconds() // MINUTE))
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        words = _("%(hours)d h") % {"hours": hours}
        return words + (" " + _("%(minutes)d min") % {"minutes": minutes} if minutes else "")
    days = hours // 24
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def clock_words(moment: datetime, now: datetime) -> str:
    """03:07 today; "Mon 23 Nov 03:07" on another day; both in the reader's zone."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    if local.date() == today.date():
        return date_format(local, "H:i")
    if abs((local.date() - today.date()).days) < 7:
        return date_format(local, "D H:i")
    return date_format(local, "D j M H:i" if local.year == today.year else "j M Y H:i")


@register.filter
def clock_at(moment: datetime | None, now: datetime) -> str:
    return "" if moment is None else clock_words(moment, now)


@register.simple_tag(takes_context=True)
def when(context: template.Context, moment: datetime | None) -> SafeString | str:
    """A <time> in the reader's zone; the script changes it to UTC on a tap, the title says UTC without it."""
    if moment is None:
        return ""
    utc = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        clock_words(moment, context["now"]),
    )


@register.filter
def zone_word(now: datetime) -> str:
    """CET, CEST: the name of the reader's zone at that moment."""
    return timezone.localtime(now).tzname() or "UTC"


@register.simple_tag
def severity(incident: Incident) -> SafeString:
    """SEV1 filled, SEV2 outlined, SEV3 plain; "?" is "may be", with words for those who listen."""
    if incident.severity is None:
        return format_html('<span class="sev sev-0">{}</span>', _("no severity"))
    return severity_badge(incident.severity.word, incident.severity.rank, incident.severity_provisional)


@register.simple_tag
def severity_badge(word: str, rank: int, provisional: bool = False) -> SafeString:
    step = min(max(rank, 1), 3)
    if not provisional:
        return format_html('<span class="sev sev-{}">{}</span>', step, word)
    return format_html(
        '<span class="sev sev-{}"><span class="visually-hidden">{} </span>{}<span aria-hidden="true">?</span></span>',
        step,
        _("may be"),
        word,
    )


@register.filter
def people(names: Any) -> str:
    """Anna; Anna and Bram; Anna, Bram and Carla."""
    names = [str(name) for name in names]
    if len(names) < 2:
        return "".join(names)
    return _("%(most)s and %(last)s") % {"most": ", ".join(names[:-1]), "last": names[-1]}
