"""Reads what an incident came to (incidents.outcome): two statements."""

from incidents import outcome as pure
from incidents.assessment import Given
from incidents.known import Facts
from incidents.models import Answer, Incident, SeverityChange


def outcome_of(incident: Incident, facts: Facts) -> pure.Outcome:
    changes = SeverityChange.objects.filter(incident=incident).order_by("begins_at", "id")
    return pure.outcome(
        started=incident.started_at or incident.declared_at,
        over=incident.impact_over_at,
        severities=changes.values_list("severity__rank", "severity__word", "provisional"),
        answers=answers_of(incident),
        cases=incident.cases,
        iterations=facts.iterations,
    )


def answers_of(incident: Incident) -> dict[str, Given]:
    """The newest answer to each question."""
    rows = Answer.objects.filter(incident=incident).order_by("question", "-id").distinct("question")
    return {row.question: Given(choices=tuple(row.choices), text=row.text, number=row.number) for row in rows}
