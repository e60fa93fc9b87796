"""Reads what an incident came to (incidents.outcome): two statements."""

from incidents import outcome as pure
from incidents.facts.assessment import answers_of
from incidents.known import Facts
from incidents.models import Incident, SeverityChange


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
