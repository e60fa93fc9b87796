"""The built-in words of messages, in the active language: to colleagues (R25, R43), to customers (R26,
R44). Pure.

They are templates (incidents.wording). Words for customers name public components only, never a service, key,
severity or person. A tenant's own templates stand before these.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.assessment import Given, Six, words_of
from incidents.wording import DASH, fill, fill_title


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
    cases: int = 0
    # The newest answer to each of the six questions.
    answers: Mapping[str, Given] = field(default_factory=dict)
    previous: str = field(default="", repr=False)


def about_with(about: About, *, previous: str) -> About:
    return replace(about, previous=previous)


def about_for_customers(about: About) -> About:
    """Answers as they were chosen, without what colleagues wrote beside them."""
    chosen = {code: replace(given, text="") for code, given in about.answers.items()}
    return replace(about, answers=chosen)


def joined(names: Sequence[str]) -> str:
    """ "Checkout", "Checkout and Search", "Checkout, Search and Exports"."""
    if len(names) < 2:
        return "".join(names)
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def draft(template: Draft, about: About) -> Draft:
    """Filled in, in the active language."""
    values = values_of(about)
    return Draft(fill_title(template.title, values), fill(template.body, values))


def values_of(about: About) -> dict[str, str]:
    """What stands for each of wording.PLACES, in the active language."""
    summary = about.summary.strip().rstrip(".")
    return {
        "key": about.key,
        "severity": about.severity,
        "summary": summary,
        "services": joined(about.services) or summary,
        "components": joined(about.components),
        "minutes": str(about.minutes),
        "duration": _lasted(about.minutes),
        "cases": str(about.cases),
        "impact": "; ".join(filter(None, (_said(about, Six.IMPACT), _said(about, Six.EXPERIENCE)))),
        "customers": _said(about, Six.REACH),
        "factors": _said(about, Six.FACTORS),
        "noticed": NOTICED[about.customers_notice](),
        "previous": about.previous or _("We are still working on it."),
    }


def _said(about: About, question: str) -> str:
    given = about.answers.get(question)
    if given is None or (given.choices == ("none",) and question == Six.FACTORS):
        return ""
    return words_of(question, given).rstrip(".")


def _lasted(minutes: int) -> str:
    if minutes < 120:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    hours, rest = divmod(minutes, 60)
    return _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": rest}


NOTICED: dict[bool | None, Callable[[], str]] = {
    True: lambda: _("Customers noticed."),
    False: lambda: _("Customers did not notice."),
    None: lambda: "",
}


# --- the built-in templates ---------------------------------------------------------------------------------
INTERNAL_TITLE = DASH.join(("{key}", "{severity}", "{summary}"))


def internal_start() -> Draft:
    body = _(
        "We are investigating an incident that affects {services}. "
        "Updates follow shortly, by e-mail and on the status page."
    )
    return Draft(INTERNAL_TITLE, body)


def internal_update() -> Draft:
    return Draft(INTERNAL_TITLE, "{previous}")


def internal_final() -> Draft:
    """Impact, duration and the rest, and that no more will follow (R43)."""
    lines = (
        _("{key} is resolved."),
        _("What was wrong: {summary}."),
        _("Affected: {services}."),
        _("Impact: {impact}."),
        _("How many customers: {customers}."),
        "{noticed}",
        _("The impact lasted {duration}."),
        _("Support cases: {cases}."),
        _("Also: {factors}."),
        _("This is the last message about it: nothing further follows."),
    )
    return Draft(INTERNAL_TITLE, "\n".join(lines))


def internal_withdrawn(reason: str) -> Draft:
    bodies = {
        "false_alarm": _("{key} was a false alarm."),
        "recovered": _("{key} was over by itself."),
        "merged": _("{key} is part of another incident."),
    }
    body = bodies[reason] + "\n" + _("This is the last message about it: nothing further follows.")
    return Draft(INTERNAL_TITLE, body)


def external_start() -> Draft:
    return Draft(
        _("Investigating issues with {components}"),
        _("We are investigating issues with {components}. Updates will be posted here shortly."),
    )


def external_update() -> Draft:
    return Draft(external_start().title, "{previous}")


def external_reopened() -> Draft:
    body = _("We reported {components} as working again. That was too early: we are still working on it.")
    return Draft(external_start().title, body)


def external_final(postmortem: bool = True) -> Draft:
    """Short (R44). With a promise, or without."""
    body = _("{components}: service is restored.")
    if postmortem:
        body += " " + _("We will publish what happened and what we change.")
    return Draft(external_start().title, body)


def external_withdrawn(reason: str) -> Draft:
    """Words that were published for nothing. `reason`: false_alarm, recovered or merged."""
    bodies = {
        "false_alarm": _("This was a false alarm. We apologise for the confusion."),
        "recovered": _("The issues with {components} were over before we had to act."),
        "merged": _("This is part of another incident. What we know of it is posted there."),
    }
    return Draft(external_start().title, bodies[reason])


def built_in(audience: str, kind: str, *, postmortem: bool = True) -> Draft:
    """The template in the active language. `postmortem` chooses between the two final ones to customers."""
    if (audience, kind) == ("external", "final"):
        return external_final(postmortem)
    return TEMPLATES[audience, kind]()


TEMPLATES: dict[tuple[str, str], Callable[[], Draft]] = {
    ("internal", "start"): internal_start,
    ("internal", "update"): internal_update,
    ("internal", "final"): internal_final,
    ("external", "start"): external_start,
    ("external", "update"): external_update,
    ("external", "final"): external_final,
}
