"""A worse severity pages again, in whatever state the ladder is (DESIGN, "Raising")."""

from datetime import datetime

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from incidents.models import Call, Incident, RoleAssignment
from incidents.models.call import FIRST_CALLS
from incidents.operations.behalf import on_behalf
from incidents.operations.holding import release
from incidents.operations.locking import lock_incident
from oncall.models import EscalationState
from oncall.operations import paging
from oncall.operations.firsts import first_paged


def page_for_worse(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """Begins the incident's own ladder again, for the locked incident. Returns it as it is then.

    Whoever raises it and has it already is not woken by their own tap: where the new ladder would page them
    and nobody else first, raising is their answer to it. Anybody else on that first step is paged.
    """
    person = _who_has_it(incident, actor)
    release(incident=incident, actor=actor, now=now)
    if person is None:
        return incident
    call = Call.objects.filter(incident=incident, kind__in=FIRST_CALLS).select_related("escalation").last()
    if call is None or first_paged(escalation=call.escalation, now=now) != {person.pk}:
        return incident
    paging.acknowledge(escalation_id=call.escalation_id, membership=person, actor=on_behalf(actor), now=now)
    # Our receivers have written to the incident meanwhile.
    return lock_incident(incident_id=incident.pk).incident


def _who_has_it(incident: Incident, actor: Actor) -> Membership | None:
    """The person behind `actor`, where they are manager or have acknowledged the incident's own ladder."""
    if actor.membership_id is None:
        return None
    mine = {"membership_id": actor.membership_id}
    manages = RoleAssignment.objects.filter(incident=incident, is_manager=True, ended_at=None, **mine)
    answered = Call.objects.filter(
        incident=incident,
        kind__in=FIRST_CALLS,
        escalation__state=EscalationState.ACKNOWLEDGED,
        escalation__acknowledged_by_id=actor.membership_id,
    )
    if not (manages.exists() or answered.exists()):
        return None
    found: Membership = Membership.objects.select_related("user").get(pk=actor.membership_id)
    return found
