"""Facts of postmortem, action items, playbook."""

from dataclasses import replace
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery

from incidents.facts.findings import how_many
from incidents.known import UNKNOWN_RANK, Facts
from incidents.models import ActionItem, ActionState, Incident, PlaybookStep, PlaybookTick, Postmortem


def add(facts: Facts, incident: Incident, now: datetime) -> Facts:
    """One statement. After `assessment.add`, which knows whether it touches security."""
    mine = {"incident": OuterRef("pk")}
    postmortem = Postmortem.objects.filter(**mine)
    done = PlaybookTick.objects.filter(incident=incident, undone_at=None).values("step")
    steps = PlaybookStep.objects.filter(playbook_of(facts)).exclude(pk__in=done)
    items = ActionItem.objects.filter(**mine, state=ActionState.OPEN)
    found = (
        Incident.objects.filter(pk=incident.pk)
        .values(
            state_of=Subquery(postmortem.values("state")[:1]),
            due_of=Subquery(postmortem.values("due_on")[:1]),
            n_open=how_many(items, "incident"),
            n_steps=how_many(steps, "tenant"),
            n_loose=how_many(items.filter(Q(owner=None) | Q(due_on=None)), "incident"),
        )
        .get()
    )
    return replace(
        facts,
        postmortem=found["state_of"] or "",
        postmortem_due=found["due_of"].isoformat() if found["due_of"] else "",
        actions_open=found["n_open"],
        actions_unplanned=found["n_loose"],
        playbook_open=found["n_steps"],
    )


def playbook_of(facts: Facts) -> Q:
    """Which steps belong to an incident of these facts: its severity's, and those of security."""
    rank = facts.severity_rank or UNKNOWN_RANK
    steps = Q(severity__rank=rank, archived_at=None)
    return steps | Q(for_security=True, archived_at=None) if facts.security else steps
