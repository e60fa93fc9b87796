"""Facts of the loop of phase 7."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from incidents.known import Facts, Question
from incidents.models import Decision, Experiment, Incident, Observation, Theory, TheoryState
from statuspage.models import UpdateComponent
from statuspage.states import ComponentStatus

FINE = (ComponentStatus.OPERATIONAL, ComponentStatus.MAINTENANCE)


def add(facts: Facts, incident: Incident, now: datetime) -> Facts:
    """One statement."""
    mine = {"incident": OuterRef("pk")}
    said = UpdateComponent.objects.filter(update__notice=OuterRef("notice"), component__shown=True)
    theories, experiments = Theory.objects.filter(**mine), Experiment.objects.filter(**mine)
    found = (
        Incident.objects.filter(pk=incident.pk)
        .values(
            n_seen=how_many(Observation.objects.filter(**mine), "incident"),
            n_theories=how_many(theories, "incident"),
            n_open=how_many(theories.filter(state=TheoryState.OPEN), "incident"),
            n_proven=how_many(theories.filter(state=TheoryState.PROVEN), "incident"),
            n_trying=how_many(experiments.filter(ended_at=None), "incident"),
            n_tried=how_many(experiments.filter(ended_at__isnull=False), "incident"),
            n_decided=how_many(Decision.objects.filter(**mine), "incident"),
            n_down=how_many(said.filter(~Q(component__status__in=FINE)), "update__notice", F("component")),
        )
        .get()
    )
    return replace(
        facts,
        work=sum(found[f"n_{name}"] for name in ("seen", "theories", "trying", "tried", "decided")),
        observations=found["n_seen"],
        theories_open=found["n_open"],
        theories_proven=found["n_proven"],
        experiments_open=found["n_trying"],
        iterations=found["n_tried"],
        components_down=found["n_down"],
        cause_unknown=Question.CAUSE in facts.put_off,
    )


def how_many(rows: QuerySet[Any], by: str, what: F | None = None) -> Coalesce:
    """The number of `rows` as a part of another statement; they are tied to it by `by`."""
    counted = rows.order_by().values(by).annotate(found=Count(what or F("pk"), distinct=what is not None))
    return Coalesce(Subquery(counted.values("found"), output_field=IntegerField()), 0)
