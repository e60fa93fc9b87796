"""Templates of messages: to colleagues (R25, R43), to customers (R26, R44). Pure; in the active language.

Words for customers name public components only, never a service, key, severity or person.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class Draft(NamedTuple):
    title: str
    body: str


@dataclass(frozen=True)
class About:
    """What the templates may say. `minutes` is how long the impact lasted; `previous` the last words."""

    key: str
    severity: str
    summary: str
    services: Sequence[str] = ()
    components: Sequence[str] = ()
    minutes: int = 0
    customers_notice: bool | None = None
    postmortem: bool = True
    previous: str = field(default="", repr=False)


def joined(names: Sequence[str]) -> str:
    """ "Checkout", "Checkout and Search", "Checkout, Search and Exports"."""
    if len(names) < 2:
        return "".join(names)
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def internal_title(about: About) -> str:
    return " - ".join(part for part in (about.key, about.severity, about.summary) if part)


def internal_start(about: About) -> Draft:
    what = joined(about.services) or about.summary
    body = _(
        "We are investigating an incident that affects %(services)s. "
        "Updates follow shortly, by e-mail and on the status page."
    )
    return Draft(internal_title(about), body % {"services": what})


def internal_update(about: About) -> Draft:
    return Draft(internal_title(about), about.previous or _("We are still working on it."))


def internal_final(about: About) -> Draft:
    """Impact, duration and the rest, and that no more will follow."""
    lines = [
        _("%(key)s is resolved.") % {"key": about.key},
        _("What was wrong: %(summary)s.") % {"summary": about.summary.rstrip(".")},
        _("Affected: %(services)s.") % {"services": joined(about.services)} if about.services else "",
        _lasted(about.minutes),
        NOTICED[about.customers_notice](),
        _("This is the last message about it."),
    ]
    return Draft(internal_title(about), "\n".join(line for line in lines if line))


def _lasted(minutes: int) -> str:
    return ngettext(
        "The impact lasted %(count)s minute.", "The impact lasted %(count)s minutes.", minutes
    ) % {"count": minutes}


NOTICED = {
    True: lambda: _("Customers noticed."),
    False: lambda: _("Customers did not notice."),
    None: lambda: "",
}


def external_start(about: About) -> Draft:
    names = {"components": joined(about.components)}
    return Draft(
        _("Investigating issues with %(components)s") % names,
        _("We are investigating issues with %(components)s. Updates will be posted here shortly.") % names,
    )


def external_update(about: About) -> Draft:
    return Draft(external_start(about).title, about.previous or _("We are still working on it."))


def external_reopened(about: About) -> Draft:
    names = {"components": joined(about.components)}
    body = _("We reported %(components)s as working again. That was too early: we are still working on it.")
    return Draft(external_start(about).title, body % names)


def external_final(about: About) -> Draft:
    body = _("%(components)s: service is restored.") % {"components": joined(about.components)}
    if about.postmortem:
        body += " " + _("We will publish what happened and what we change.")
    return Draft(external_start(about).title, body)


TEMPLATES = {
    ("internal", "start"): internal_start,
    ("internal", "update"): internal_update,
    ("internal", "final"): internal_final,
    ("external", "start"): external_start,
    ("external", "update"): external_update,
    ("external", "final"): external_final,
}


def draft(audience: str, kind: str, about: About) -> Draft:
    return TEMPLATES[audience, kind](about)
