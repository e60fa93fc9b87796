"""The morning mail as text, in the active language: short lines, the worst first, links to mend things."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.tenancy import links
from incidents.figures.false_alarms import Crier
from incidents.figures.news import News
from incidents.models import ActionItem, AlertSource, Incident
from incidents.times import clock_age, duration_words
from incidents.words import joined

SHOWN = 20
Link = Callable[[str], str]


def subject_of(news: News) -> str:
    """Mon 23 Nov: 2 incidents, 1 false alarm, Anna woken."""
    false = len(news.false_alarms)
    woken = [str(one.membership) for one in news.load if one.woken]
    parts = [ngettext("%(n)d incident", "%(n)d incidents", news.opened) % {"n": news.opened}]
    if false:
        parts.append(ngettext("%(n)d false alarm", "%(n)d false alarms", false) % {"n": false})
    if news.still_open:
        parts.append(ngettext("%(n)d open", "%(n)d open", len(news.still_open)) % {"n": len(news.still_open)})
    if woken:
        parts.append(_("%(names)s woken") % {"names": joined(woken[:3])})
    return f"{date_format(news.day, 'D j M')}: {', '.join(parts)}"


def body_of(news: News, *, slug: str, now: datetime) -> str:
    """`now` is when it is told: ages are measured then."""

    def link(path: str) -> str:
        return links.tenant(slug, path)

    blocks = [
        _block(_("Open now"), [_open_line(one, now) for one in news.still_open]),
        _block(_("Over"), [_over_line(one) for one in news.over]),
        _block(_("False alarms"), [_named(one) for one in news.false_alarms]),
        _block(_("Most false alarms: mend these first"), _wolves(news, link)),
        _block(_("Called and woken"), _called(news)),
        _block(_("Late action items"), [_late_line(one) for one in news.late]),
        _rest(news),
        f"{_('Figures')}: {link('measures?days=30')}\n{_('Now')}: {link('admin/')}",
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _block(head: str, lines: Iterable[str]) -> str:
    every = list(lines)
    shown = every[:SHOWN]
    if len(every) > SHOWN:
        shown.append(_("and %(n)d more") % {"n": len(every) - SHOWN})
    return "\n".join([head, *(f"- {line}" for line in shown)]) if shown else ""


def _named(incident: Incident) -> str:
    severity = incident.severity_word
    service = f" ({incident.service})" if incident.service else ""
    return f"{severity} {incident.key} {incident.summary}{service}".strip()


def _open_line(incident: Incident, now: datetime) -> str:
    return f"{_named(incident)}, {clock_age(incident.started_at or incident.declared_at, now)}"


def _over_line(incident: Incident) -> str:
    lasted = (incident.resolved_at or incident.declared_at) - incident.declared_at
    return f"{_named(incident)}, {_('over after %(time)s') % {'time': duration_words(lasted)}}"


def _wolves(news: News, link: Link) -> list[str]:
    return [_wolf(one, link) for one in (*news.false_services, *news.false_sources)]


def _wolf(crier: Crier, link: Link) -> str:
    kind = "alertsource" if isinstance(crier.what, AlertSource) else "service"
    words = {"what": crier.what, "n": crier.false_alarms, "all": crier.opened}
    where = link(f"admin/incidents/{kind}/{crier.what.pk}/change/")
    return _("%(what)s: %(n)d of %(all)d") % words + f"  {where}"


def _called(news: News) -> list[str]:
    lines = []
    for one in news.load:
        words = {"name": one.membership, "n": one.woken, "called": one.called}
        woken = _("%(name)s: woken %(n)d×, called %(called)d×")
        lines.append((woken if one.woken else _("%(name)s: called %(called)d×")) % words)
    return lines


def _late_line(item: ActionItem) -> str:
    words = {
        "key": item.incident.key,
        "what": item.text,
        "who": str(item.owner) if item.owner else _("nobody"),
        "day": date_format(item.due_on, "D j M") if item.due_on else "–",
    }
    return _("%(key)s %(what)s – %(who)s, due %(day)s") % words


def _rest(news: News) -> str:
    lines = []
    if news.recovered:
        lines.append(
            ngettext("%(n)d recovered by itself", "%(n)d recovered by themselves", news.recovered)
            % {"n": news.recovered}
        )
    if news.private:
        lines.append(
            ngettext("and %(n)d private incident", "and %(n)d private incidents", news.private)
            % {"n": news.private}
        )
    return "\n".join(lines)
