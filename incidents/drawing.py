"""Small marks of the admin's lists and pages: times ago, lines, chips."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from incidents import times
from incidents.charts import sparkline

SHOWN_CHIPS = 6
LONGEST_CHIP = 60


def ago(moment: datetime | None, now: datetime) -> SafeString | str:
    """ "2 min ago", beyond 24 hours in days; the clock time in its title; empty for never."""
    if moment is None:
        return ""
    since = max(now - moment, timedelta(0))
    days = since / timedelta(days=1)
    words = times.day_words(round(days)) if days > 1 else times.duration_words(since)
    said = _("just now") if since < timedelta(minutes=1) else _("%(time)s ago") % {"time": words}
    utc = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        said,
    )


def spark(counts: Sequence[int], says: str = "") -> SafeString:
    """A small line. Without `says` it is decoration: the number stands beside it."""
    runs = format_html_join("", '<polyline points="{}"/>', ((run,) for run in sparkline(counts)))
    name = format_html('role="img" aria-label="{}"', says) if says else mark_safe('aria-hidden="true"')
    box = '<svg class="spark" viewBox="0 0 120 32" preserveAspectRatio="none" {}>{}</svg>'
    return format_html(box, name, runs)


def chips(words: Iterable[str], most: int = SHOWN_CHIPS) -> SafeString | str:
    """The first few as chips, and how many more there are; "–" for none."""
    every = list(words)
    if not every:
        return "–"
    shown = format_html_join(
        " ", '<span class="label-chip">{}</span>', ((_cut(one),) for one in every[:most])
    )
    more = len(every) - most
    return format_html("{} {}", shown, _("+ %(n)d more") % {"n": more}) if more > 0 else shown


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST_CHIP else words[: LONGEST_CHIP - 1] + "…"
