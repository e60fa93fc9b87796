"""The label follows the facts (DESIGN, the seven phases as a machine)."""

from datetime import datetime, timedelta
from typing import Any, cast

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _
from django_fsm import can_proceed, has_transition_perm

from config.tenancy.actors import Actor, ActorKind
from config.tenancy.audit import acting
from incidents.facts import facts_of
from incidents.facts.label import label_facts
from incidents.models import Call, EntryKind, Incident
from incidents.operations.behalf import on_behalf
from incidents.operations.chasing import follow_promises, keep_promises
from incidents.operations.locking import lock_incident
from incidents.operations.timeline import record
from incidents.phases import ORDER, Facts, Missing, Phase, Question, furthest, hard_missing
from incidents.refusals import PhaseRefused
from oncall.models import EscalationState
from oncall.operations import paging

BY_THE_RECORD = Actor.engine("by the record")
PEOPLE = (ActorKind.PERSON, ActorKind.LINK, ActorKind.KEY)
# A promised update is the clock of an acknowledgement, but never one that runs out at once.
SHORTEST_ACK = timedelta(minutes=10)

FORWARD = {
    Phase.COORDINATING: "begin_coordinating",
    Phase.ASSESSING: "begin_assessing",
    Phase.COMMUNICATING: "begin_communicating",
    Phase.ESCALATING: "begin_escalating",
    Phase.DELEGATING: "begin_delegating",
    Phase.RESOLVING: "begin_resolving",
}


def advance(*, incident: Incident, actor_cause: Actor, now: datetime) -> Incident:
    """Last line of every operation, with the incident locked: moves the label to where the facts stand.

    Forward only; the mover is "by the record". An act by a person also renews what was acknowledged.
    """
    follow(incident=incident, now=now)
    if incident.is_open and actor_cause.kind in PEOPLE:
        _renew(incident, actor_cause, now)
    return incident


def follow(*, incident: Incident, now: datetime) -> Incident:
    """The label alone. For receivers, who hold one escalation and may not touch another (lock order)."""
    # From the last of the seven there is nowhere to go by itself.
    if not incident.is_open or incident.phase == Phase.RESOLVING:
        return incident
    facts = label_facts(incident, now)
    target = furthest(facts)
    if ORDER[target] > ORDER[Phase(incident.phase)]:
        transit(incident, FORWARD[target], facts=facts, actor=BY_THE_RECORD, now=now)
    return incident


def move_to(*, incident: Incident, phase: str, actor: Actor, now: datetime) -> Incident:
    """A person jumps forward: only the target's HARD facts bind, what is passed becomes an open end.

    Raises PhaseRefused with what is missing in words, also for a way back or an end (they have operations
    of their own). A second call changes nothing. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        if incident.phase == phase:
            return incident
        if phase not in FORWARD:
            raise PhaseRefused(phase, (), _("That is not a phase one can go to: it has a button of its own."))
        transit(incident, FORWARD[Phase(phase)], facts=facts_of(incident, now=now), actor=actor, now=now)
        return advance(incident=incident, actor_cause=actor, now=now)


def transit(
    incident: Incident, name: str, *args: Any, facts: Facts | None, actor: Actor, now: datetime
) -> None:
    """Runs one transition of the locked incident and saves the whole row. A move among the seven phases is
    recorded here; an end and a return have words of their own.

    Raises PhaseRefused (409) where the state or the facts forbid it, then PermissionDenied (403).
    """
    method = getattr(incident, name)
    before, incident.facts = incident.phase, facts
    target = _target_of(method)
    if not can_proceed(method):
        raise PhaseRefused(target, *_why_not(target, incident, facts))
    if not has_transition_perm(method, cast(Any, actor)):
        raise PermissionDenied(_("Your role does not allow this. An owner can change your role."))
    with acting(actor, now=now):
        method(*args)
        if incident.is_open and name not in FORWARD.values():
            # Open again: what was promised when it ended still is.
            keep_promises(incident)
        incident.save()
        if name in FORWARD.values():
            record(
                incident=incident,
                kind=EntryKind.PHASE,
                text=_("Phase: %(phase)s") % {"phase": incident.get_phase_display()},
                data={"from": before, "to": incident.phase},
                actor=actor,
                now=now,
            )


def _target_of(method: Any) -> str:
    transitions = method._django_fsm.transitions.values()
    return str(next(iter(transitions)).target)


def _why_not(target: str, incident: Incident, facts: Facts | None) -> tuple[tuple[Missing, ...], str]:
    missing = hard_missing(target, facts) if facts is not None else ()
    if missing:
        return missing, ""
    words = _("%(key)s is already at: %(phase)s.")
    return (), words % {"key": incident.key, "phase": incident.get_phase_display()}


def put_off(
    *,
    incident: Incident,
    question: str,
    until: datetime | None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Incident:
    """Answers a question of the next action with "later" (`until`) or "not needed" (None).

    `question` is a `phases.Question`. Raises ValidationError for another one or a moment in the past.
    """
    actor.must("incidents.respond")
    if question not in set(Question):
        raise ValidationError({"question": _("That is not a question that can be put off.")})
    if until is not None and until <= now:
        raise ValidationError({"until": _("Choose a moment that is still to come.")})
    with acting(actor, now=now, reason=reason):
        incident = lock_incident(incident_id=incident.pk).incident
        said = {
            "until": until.isoformat() if until else None,
            "reason": reason[:300],
            "by": actor.label[:200],
        }
        incident.put_off = {**incident.put_off, question: said}
        follow_promises(incident)
        incident.save()
        record(
            incident=incident,
            kind=EntryKind.PUT_OFF,
            text=reason or (_("Not needed") if until is None else _("Later")),
            data={"question": question, **said},
            actor=actor,
            now=now,
        )
        return advance(incident=incident, actor_cause=actor, now=now)


def _renew(incident: Incident, actor: Actor, now: datetime) -> None:
    """Once confirmed, the promised next update is the clock of the acknowledgement (DESIGN)."""
    until = None
    if incident.confirmed_at is not None and incident.next_update_at is not None:
        until = max(incident.next_update_at, now + SHORTEST_ACK)
    # Without minutes it does not run out, and no promise makes it.
    acknowledged = Call.objects.filter(
        incident=incident,
        escalation__state=EscalationState.ACKNOWLEDGED,
        escalation__ack_minutes__isnull=False,
    ).order_by("escalation_id")
    for escalation_id in acknowledged.values_list("escalation_id", flat=True):
        paging.renew_ack(escalation_id=escalation_id, actor=on_behalf(actor), now=now, until=until)
