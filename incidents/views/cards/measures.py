"""Figures of this incident: one line, and the whole when unfolded. One statement, or two."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from incidents.figures.one import Figures, figures_of
from incidents.known import Facts
from incidents.measures import Interval, Measures
from incidents.models import Incident
from incidents.times import span_words


@dataclass(frozen=True)
class Card:
    """`line` is empty while nothing is measured; `rows` are (what, how long or "–")."""

    line: str
    rows: list[tuple[str, str]]
    found: str
    severities: tuple[Interval, ...]
    counted: bool


def read(incident: Incident, facts: Facts, membership: Membership, now: datetime) -> Any:
    figures = figures_of(incident, now=now)
    return Card(
        line=line_of(figures.measures),
        rows=rows_of(figures.measures),
        found=_found(figures),
        severities=figures.severities,
        counted=figures.measures.counted,
    )


def line_of(measures: Measures) -> str:
    """ "acknowledged in 2 min · customers told in 9 min · over in 48 min": what is known of it."""
    said = (
        (measures.to_acknowledge, _("acknowledged in %(time)s")),
        (measures.to_external, _("customers told in %(time)s")),
        (measures.to_resolve, _("over in %(time)s")),
    )
    return " · ".join(words % {"time": span_words(span)} for span, words in said if span is not None)


def rows_of(measures: Measures) -> list[tuple[str, str]]:
    return [
        (_("Acknowledged, from when it was declared"), _words(measures.to_acknowledge)),
        (_("A place to talk"), _words(measures.to_channels)),
        (_("Severity settled"), _words(measures.to_assess)),
        (_("Colleagues told, from when it was confirmed"), _words(measures.to_internal)),
        (_("Customers told, from when it was confirmed"), _words(measures.to_external)),
        (_("Impact lasted"), _words(measures.impact)),
        (_("Resolved, from when it was declared"), _words(measures.to_resolve)),
    ]


def _words(span: timedelta | None) -> str:
    return "–" if span is None else span_words(span)


def _found(figures: Figures) -> str:
    match figures.measures.found_before_customers:
        case None:
            return "–"
        case True:
            return _("before customers said something")
        case _:
            return _("by customers first")
