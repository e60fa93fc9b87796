"""Just the facts that move the label among the seven phases."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from incidents.facts.findings import how_many
from incidents.known import Facts, Phase
from incidents.models import (
    Answer,
    Call,
    Channel,
    Decision,
    Experiment,
    Incident,
    Message,
    Observation,
    RoleAssignment,
    Theory,
)
from incidents.models.call import FIRST_CALLS


def label_facts(incident: Incident, now: datetime) -> Facts:
    """What `phases.furthest` reads, and nothing else: one statement, where `facts_of` takes some twenty.

    Every operation ends with it, so a storm of acknowledgements does little else. A test holds the two equal.
    """
    mine = {"incident": OuterRef("pk")}
    held = RoleAssignment.objects.filter(**mine)
    loop = (Observation, Theory, Experiment, Decision)
    found = (
        Incident.objects.filter(pk=incident.pk)
        .values(
            is_placed=Exists(Channel.objects.filter(**mine)),
            is_answered=Exists(Answer.objects.filter(**mine)),
            n_managers=how_many(held.filter(is_manager=True, ended_at=None), "incident"),
            n_given=how_many(held.filter(by_record=False), "incident"),
            n_called=how_many(
                Call.objects.filter(**mine, by_record=False).exclude(kind__in=FIRST_CALLS), "incident"
            ),
            n_drafted=how_many(Message.objects.filter(**mine), "incident"),
            **{f"is_{model._meta.model_name}": Exists(model.objects.filter(**mine)) for model in loop},
        )
        .get()
    )
    return Facts(
        at=now,
        phase=Phase(incident.phase),
        severity_rank=incident.severity.rank if incident.severity else None,
        severity_provisional=incident.severity_provisional,
        places=frozenset({"a place"}) if found["is_placed"] else frozenset(),
        answers=int(found["is_answered"]),
        managers=found["n_managers"],
        roles_given=found["n_given"],
        calls_made=found["n_called"],
        drafted=found["n_drafted"],
        work=sum(found[f"is_{model._meta.model_name}"] for model in loop),
    )
