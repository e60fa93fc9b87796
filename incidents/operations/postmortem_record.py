"""What the record holds of an incident, read for the draft of its postmortem."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from incidents.draft_postmortem import Line, Record, Said, ToDo, draft
from incidents.facts import facts_of
from incidents.facts.outcome import outcome_of
from incidents.models import (
    ActionItem,
    ActionState,
    EntryKind,
    Experiment,
    Incident,
    Message,
    Theory,
    TheoryState,
    TimelineEntry,
)
from incidents.operations.findings import because
from incidents.times import duration_words

# What moved the incident; notes, reminders and each single page are left to the timeline itself.
KEY_MOMENTS = (
    EntryKind.DECLARED,
    EntryKind.ACKNOWLEDGED,
    EntryKind.EXHAUSTED,
    EntryKind.CONFIRMED,
    EntryKind.SEVERITY,
    EntryKind.ROLE,
    EntryKind.CALL,
    EntryKind.MESSAGE,
    EntryKind.IMPACT_OVER,
    EntryKind.RESOLVED,
    EntryKind.REOPENED,
    EntryKind.MERGED,
)
MOST_MOMENTS = 200
DONE = (ActionState.DONE, ActionState.DROPPED)


def draft_of_record(incident: Incident, now: datetime) -> str:
    """The draft, in the tenant's language and zone. Reads only; the number of statements is fixed."""
    with translation.override(incident.tenant.language):
        return draft(record_of(incident, now))


def record_of(incident: Incident, now: datetime) -> Record:
    facts = facts_of(incident, now=now)
    theories = list(Theory.objects.filter(incident=incident))
    proven = [theory.text for theory in theories if theory.state == TheoryState.PROVEN]
    unknown = _("It recovered, and the cause is not known.") if facts.cause_unknown else ""
    return Record(
        key=incident.key,
        summary=incident.summary,
        severity=incident.severity.word if incident.severity else "",
        zone=incident.tenant.zone,
        started=incident.started_at or incident.declared_at,
        outcome=list(outcome_of(incident, facts).lines()),
        moments=_moments(incident),
        seen=[
            Line(seen.occurred_at, _by(seen.text, seen.seen_by_label)) for seen in incident.observations.all()
        ],
        theories=[Line(theory.stated_at, _settled(theory)) for theory in theories],
        tests=[Line(test.begun_at, _came_of(test)) for test in incident.experiments.all()],
        decisions=[
            Line(made.occurred_at, _by(because(made.text, made.why), made.decided_by_label))
            for made in incident.decisions.all()
        ],
        told=[
            Said(message.published_at, message.get_audience_display(), message.body)
            for message in _published(incident)
        ],
        measures=list(_measures(incident)),
        to_do=[_to_do(item) for item in _items(incident)],
        cause=" ".join(proven) or unknown,
    )


def _moments(incident: Incident) -> list[Line]:
    rows = TimelineEntry.objects.filter(incident=incident, kind__in=KEY_MOMENTS)
    found = sorted(rows.order_by("id")[:MOST_MOMENTS], key=lambda entry: (entry.occurred_at, entry.pk))
    return [Line(entry.occurred_at, _by(entry.text, entry.actor_label)) for entry in found]


def _published(incident: Incident) -> Any:
    rows = Message.objects.filter(incident=incident, published_at__isnull=False)
    return rows.order_by("published_at", "id")


def _items(incident: Incident) -> Any:
    """Not the postmortem itself: it is being written."""
    rows = ActionItem.objects.filter(incident=incident, is_postmortem=False)
    return rows.select_related("owner__user")


def _measures(incident: Incident) -> Iterator[tuple[str, str]]:
    """From its start to each moment; the first words from when it was known to be real (R21)."""
    began = incident.started_at or incident.declared_at
    real = incident.confirmed_at
    for words, since, moment in (
        (_("Until somebody had it"), began, incident.acknowledged_at),
        (_("Until colleagues heard of it, once it was real"), real, incident.first_internal_at),
        (_("Until customers heard of it, once it was real"), real, incident.first_external_at),
        (_("Until it was resolved"), began, incident.resolved_at),
    ):
        if since is not None and moment is not None:
            yield words, duration_words(max(moment - since, timedelta(0)))


def _to_do(item: ActionItem) -> ToDo:
    due = item.due_on.isoformat() if item.due_on else ""
    return ToDo(item.text, str(item.owner or ""), due, item.state in DONE)


def _by(text: str, who: str) -> str:
    return text if text.startswith(who) else f"{text} ({who})"


def _settled(theory: Theory) -> str:
    return because(f"{theory.text}: {theory.get_state_display()}", theory.why)


def _came_of(test: Experiment) -> str:
    expected = _("expected: %(what)s") % {"what": test.expected} if test.expected else ""
    came = (
        f"{test.get_verdict_display()}. {test.result}".rstrip(" .") if test.ended_at else _("no result yet")
    )
    return "; ".join(part for part in (test.text, expected, came) if part)
