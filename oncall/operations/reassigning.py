"""Giving a running call to others: people, or another policy. And going on by a policy that was edited."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy.actors import Actor, ActorKind
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.scoping import bound_tenant_id
from oncall.ladder import Ladder, Place, Rung, Target
from oncall.models import Escalation, EscalationPolicy, EscalationState, EventKind, Note, NotificationKind
from oncall.operations.answering import lock_to_answer
from oncall.operations.answers import save_afresh
from oncall.operations.crew import can_be_called
from oncall.operations.events import record
from oncall.operations.firing import is_held
from oncall.operations.locking import lock_escalations
from oncall.operations.restarting import begin_run
from oncall.operations.snapshots import snapshot_of
from oncall.operations.summons import drop_waiting, tell_paged
from oncall.operations.turns import ladder_of, turn_of, with_turn

CALL_IN_DELAY_MINUTES = 5
CALL_IN_REPEATS = 1


def ladder_for(memberships: Sequence[Membership]) -> Ladder:
    """These persons at once: one step, once repeated. Raises DoesNotExist for another tenant's person."""
    if any(person.tenant_id != bound_tenant_id() for person in memberships):
        raise Membership.DoesNotExist
    targets = tuple(Target("person", person.pk, str(person)) for person in memberships)
    return Ladder("", CALL_IN_REPEATS, (Rung(CALL_IN_DELAY_MINUTES, targets),))


def reassign(
    *,
    escalation_id: int,
    memberships: Sequence[Membership] = (),
    policy: EscalationPolicy | None = None,
    actor: Actor,
    now: datetime,
) -> Escalation:
    """Pages these people, or by this policy, from its first step, and the old ones no more: they hear that it
    is not theirs now. Whoever had it, has it no more; how long an acknowledgement lasts stays.

    Raises ValidationError unless exactly one of both is given, Conflict once it is over and for people who
    left. Needs oncall.respond, or to have been paged for it. A second call pages again.
    """
    if bool(memberships) == (policy is not None):
        raise ValidationError(_("Choose people, or a policy."))
    with acting(actor, now=now):
        escalation = lock_to_answer(escalation_id, actor)
        if escalation.state == EscalationState.STOPPED:
            raise Conflict(_("It is over: there is nobody to page."))
        if gone := [str(person) for person in memberships if not can_be_called(person)]:
            raise Conflict(_("%(name)s has left.") % {"name": ", ".join(gone)})
        climbed = ladder_of(policy) if policy is not None else ladder_for(memberships)
        to = [climbed.name] if policy is not None else [str(person) for person in memberships]
        _take_from_the_old(escalation, to, [person.pk for person in memberships], now)
        escalation.policy, escalation.snapshot = policy, climbed.as_json()
        if actor.kind in (ActorKind.PERSON, ActorKind.LINK):
            escalation.called_by = actor.label[:200]
        begin_run(escalation, now, reason="given")
        record(escalation, EventKind.REASSIGNED, actor=actor, now=now, to=to)
        return escalation


def _take_from_the_old(escalation: Escalation, to: list[str], new: list[int], now: datetime) -> None:
    """Before the new ones are paged, so that only those hear it who were paged until now."""
    drop_waiting(escalation, note=Note.PASSED_ON, now=now)
    escalation.turn += 1
    why = {"given_to": to, "at": now.isoformat()}
    tell_paged(escalation, NotificationKind.TAKEN, why=why, now=now, but=new)


def apply_policy(*, policy: EscalationPolicy, actor: Actor, now: datetime) -> int:
    """The ladders of this policy that page right now go on with it as it stands, from the number of the step
    they have come to. Returns how many. Locks them, in order of id. Needs oncall.setup.
    """
    actor.must("oncall.setup")
    with acting(actor, now=now):
        policy = EscalationPolicy.objects.get(pk=policy.pk)
        running = Escalation.objects.filter(policy=policy, state=EscalationState.PAGING, is_test=False)
        rows = lock_escalations(running.values_list("pk", flat=True))
        rows = [row for row in rows if row.state == EscalationState.PAGING]
        climbed = snapshot_of(policy)
        for escalation in rows:
            if is_held(escalation, Place(escalation.rung, escalation.loop)):
                escalation.next_step_at = now  # looks at once whether it still has to wait
            turn = turn_of(Ladder.from_json(escalation.snapshot))
            kept = climbed if turn is None else with_turn(climbed, turn)
            escalation.snapshot = kept.as_json()
            save_afresh(escalation)
            record(escalation, EventKind.SNAPSHOT, actor=actor, now=now, policy=climbed.name)
        if rows:
            doorbell.ring("oncall.steps")
        return len(rows)
