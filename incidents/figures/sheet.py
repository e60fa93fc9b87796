"""Every incident of a period as a sheet (CSV), one row each, with all its figures."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

from django.db.models import Min, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from incidents.figures.one import moments_of
from incidents.measures import SPANS, measures_of
from incidents.models import EntryKind, TimelineEntry

MOST_ROWS = 50_000
# A spreadsheet would run what begins so.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
HEAD = (
    "key", "summary", "severity", "severity_provisional", "service", "team", "phase", "private",
    "found_by", "found_via", "found_before_customers", "support_cases", "in_the_figures", "why_cancelled",
    "started", "declared", "confirmed", "acknowledged", "channels_ready", "assessed", "first_internal",
    "first_external", "impact_over", "resolved",
    *(f"{span}_seconds" for span in SPANS),
)  # fmt: skip
MOMENTS = (
    "started_at", "declared_at", "confirmed_at", "acknowledged_at", "channels_ready_at", "assessed_at",
    "first_internal_at", "first_external_at", "impact_over_at", "resolved_at",
)  # fmt: skip


def sheet_of(incidents: QuerySet[Any]) -> str:
    """The newest first, whole in memory: a streamed answer has lost its tenant. One statement.

    At most MOST_ROWS; the last row then says that there is more, in place of a silence.
    """
    first = TimelineEntry.objects.filter(incident=OuterRef("pk"), kind=EntryKind.CASE).order_by()
    rows = list(
        incidents.select_related("severity", "service__team")
        .annotate(
            first_report_at=Subquery(first.values("incident").annotate(at=Min("occurred_at")).values("at"))
        )
        .order_by("-number")[: MOST_ROWS + 1]
    )
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    writer.writerows(_cells(rows[:MOST_ROWS]))
    if len(rows) > MOST_ROWS:
        words = _("Only the newest %(most)d are here. Choose fewer days for the rest.")
        writer.writerow([words % {"most": MOST_ROWS}])
    return out.getvalue()


def _cells(rows: list[Any]) -> Iterator[list[str]]:
    for incident in rows:
        measures = measures_of(moments_of(incident, incident.first_report_at))
        service = incident.service
        yield [
            incident.key,
            safe(incident.summary),
            safe(incident.severity.word if incident.severity else ""),
            _said(incident.severity_provisional),
            safe(service.name if service else ""),
            safe(service.team.name if service else ""),
            incident.phase,
            _said(incident.private),
            incident.found_by,
            safe(incident.found_via),
            _said(measures.found_before_customers),
            str(incident.cases),
            _said(measures.counted),
            incident.cancel_reason,
            *(_moment(getattr(incident, name)) for name in MOMENTS),
            *(_seconds(getattr(measures, name)) for name in SPANS),
        ]


def safe(text: str) -> str:
    """What people and monitors wrote, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def _said(fact: bool | None) -> str:
    return "" if fact is None else ("yes" if fact else "no")


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _seconds(span: timedelta | None) -> str:
    return "" if span is None else str(round(span.total_seconds()))
