"""Times, ages, names and severities as every screen of this app says them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from incidents import times
from incidents.models import Incident
from incidents.words import joined
from statuspage.states import NoticeStatus

register = template.Library()

MAY_BE = (
    '<span class="sev sev-{}"><span class="visually-hidden">{} </span>{}'
    '<span aria-hidden="true">?</span></span>'
)

register.filter("clock_age", times.clock_age)
register.filter("zone_word", times.zone_word)


@register.filter
def word_age(then: datetime | None, now: datetime) -> str:
    return "" if then is None else times.duration_words(now - then)


@register.filter
def lasted(span: timedelta | None) -> str:
    """14 min; "–" for what is not known."""
    return "–" if span is None else times.span_words(span)


@register.filter
def clock_at(moment: datetime | None, now: datetime) -> str:
    return "" if moment is None else times.clock_words(moment, now)


@register.filter
def at_key(found: dict[str, object], key: object) -> object:
    """What stands at a key, None where there is nothing."""
    return found.get(key) if key else None  # type: ignore[call-overload]


@register.filter
def people(names: Iterable[object]) -> str:
    """Anna; Anna and Bram; Anna, Bram and Carla."""
    return joined([str(name) for name in names])


@register.filter
def notice_status(status: str) -> str:
    """The word customers read: Investigating."""
    return str(NoticeStatus(status).label) if status in NoticeStatus.values else ""


@register.simple_tag(takes_context=True)
def when(context: template.Context, moment: datetime | None) -> SafeString | str:
    """A <time> in the reader's zone; the title says UTC, and the script shows it on a tap. Needs `now`."""
    if moment is None:
        return ""
    utc = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        times.clock_words(moment, context["now"]),
    )


@register.simple_tag
def severity(incident: Incident) -> SafeString:
    """The incident's severity, or that there is none."""
    if incident.severity is None:
        return format_html('<span class="sev sev-0">{}</span>', _("no severity"))
    return severity_badge(incident.severity.word, incident.severity.rank, incident.severity_provisional)


@register.simple_tag
def severity_badge(word: str, rank: int, provisional: bool = False) -> SafeString:
    """SEV1 filled, SEV2 outlined, SEV3 plain; "?" is "may be", in words for those who listen."""
    step = min(max(rank, 1), 3)
    if provisional:
        return format_html(MAY_BE, step, _("may be"), word)
    return format_html('<span class="sev sev-{}">{}</span>', step, word)
