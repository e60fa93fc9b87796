"""What a newcomer reads first: duties, impact, best theory, what was tried and decided (R33)."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from config.tenancy.models import Membership
from incidents.assessment import ORDER
from incidents.models import (
    Call,
    Change,
    Decision,
    Experiment,
    Incident,
    Presence,
    RoleAssignment,
    Theory,
    TheoryState,
    Verdict,
)
from incidents.operations.changes import changes_before
from incidents.operations.questions import newest, words_of
from oncall.models import Page

# No more of each than is read at a glance.
FEW = 3


@dataclass(frozen=True)
class Brief:
    """`roles`: those whose duties are not acknowledged yet; none for somebody who was merely called in."""

    roles: list[RoleAssignment]
    asked_by: str
    message: str
    impact: list[str]
    theory: Theory | None
    tried: list[Experiment]
    decided: list[Decision]
    # Of its service, shortly before it was declared.
    changes: list[Change]


def brief_for(incident: Incident, membership: Membership, *, now: datetime) -> Brief | None:
    """For whoever is new here, else None: nothing to be clear about. Three statements, six more for a brief.

    Who has a role without anybody's giving it (the first to acknowledge) was here before there was a brief.
    """
    if not incident.is_open:
        return None
    roles = [one for one in _roles(incident, membership) if not one.by_record and one.acknowledged_at is None]
    call = _called_in(incident, membership)
    if not roles and (call is None or _is_briefed(incident, membership)):
        return None
    return _brief(incident, roles, call, now)


def brief_of(incident: Incident, membership: Membership | None, *, now: datetime) -> Brief:
    """The brief as it stands, new here or not; for an API key without duties of its own."""
    if membership is None:
        return _brief(incident, [], None, now)
    return _brief(incident, _roles(incident, membership), _called_in(incident, membership), now)


def _brief(incident: Incident, roles: list[RoleAssignment], call: Call | None, now: datetime) -> Brief:
    answers = newest(incident)
    ended = Experiment.objects.filter(incident=incident).exclude(verdict="")
    return Brief(
        roles=roles,
        asked_by=str(call.made_by) if call is not None and call.made_by else "",
        message=call.message if call is not None else "",
        impact=[words_of(answers[code], now) for code in ORDER if code in answers],
        theory=best_theory(incident),
        tried=list(ended.order_by("-ended_at", "-id")[:FEW]),
        decided=list(Decision.objects.filter(incident=incident).order_by("-occurred_at", "-id")[:FEW]),
        changes=changes_before(incident, FEW),
    )


def _roles(incident: Incident, membership: Membership) -> list[RoleAssignment]:
    held = RoleAssignment.objects.filter(incident=incident, membership=membership, ended_at=None)
    return list(held.select_related("role").order_by("id"))


def _called_in(incident: Incident, membership: Membership) -> Call | None:
    """The further call by which this person came or may come. One query."""
    paged = Page.objects.filter(membership=membership).values("escalation_id")
    calls = Call.objects.filter(
        Q(membership=membership) | Q(answered_by=membership) | Q(escalation_id__in=paged), incident=incident
    )
    found = [call for call in calls.select_related("made_by__user").order_by("-id") if not call.is_first]
    return found[0] if found else None


def _is_briefed(incident: Incident, membership: Membership) -> bool:
    seen = Presence.objects.filter(incident=incident, membership=membership, briefed_at__isnull=False)
    return bool(seen.exists())


def best_theory(incident: Incident) -> Theory | None:
    """A proven one, else the open one that most speaks for and least against; the newest of equals."""
    supports = Count("experiments", filter=Q(experiments__verdict=Verdict.SUPPORTS))
    refutes = Count("experiments", filter=Q(experiments__verdict=Verdict.REFUTES))
    theories = Theory.objects.filter(incident=incident).exclude(state=TheoryState.DISPROVEN)
    found: Theory | None = (
        theories.annotate(balance=supports - refutes, proven=Count("id", filter=Q(state=TheoryState.PROVEN)))
        .order_by("-proven", "-balance", "-id")
        .first()
    )
    return found
