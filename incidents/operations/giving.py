"""Giving a running call to somebody else: those paged until now are paged no more, and hear it."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from incidents.models import Call, EntryKind
from incidents.operations.advancing import advance
from incidents.operations.behalf import on_behalf
from incidents.operations.locking import lock_incident
from incidents.operations.responding import (
    forget_answer,
    forget_if_nobody_has_it,
    lock_call,
    must_be_open,
)
from incidents.operations.timeline import record
from incidents.words import joined
from oncall.models import EscalationPolicy
from oncall.operations import paging


def give_call(
    *,
    call: Call,
    people: Sequence[Membership] = (),
    policy: EscalationPolicy | None = None,
    actor: Actor,
    now: datetime,
) -> Call:
    """Pages these people, or by this policy, from the first step; whoever had it, has it no more.

    Raises ValidationError unless exactly one of both is given, Conflict once it is over and for people who
    left, Membership.DoesNotExist and EscalationPolicy.DoesNotExist for another tenant's. Needs
    incidents.respond.
    """
    actor.must("incidents.respond")
    with acting(actor, now=now):
        call, locked = lock_call(call)
        must_be_open(locked.incident)
        people = _own(people)
        if policy is not None:
            policy = EscalationPolicy.objects.get(pk=policy.pk)
        paging.reassign(
            escalation_id=call.escalation_id,
            memberships=people,
            policy=policy,
            actor=on_behalf(actor),
            now=now,
        )
        incident = lock_incident(incident_id=call.incident_id).incident
        incident.held_until = incident.maintenance = None
        incident.save()
        forget_answer(call)
        forget_if_nobody_has_it(incident)
        to = [str(policy)] if policy is not None else [str(person) for person in people]
        record(
            incident=incident,
            kind=EntryKind.REASSIGNED,
            text=_("%(call)s was given to %(names)s") % {"call": call.label, "names": joined(to)},
            data={"call": call.uid, "to": to},
            actor=actor,
            now=now,
        )
        advance(incident=incident, actor_cause=actor, now=now)
    return call


def _own(people: Sequence[Membership]) -> list[Membership]:
    """As they are in this tenant, in the order given."""
    found = Membership.objects.select_related("user").in_bulk([person.pk for person in people])
    if len(found) != len({person.pk for person in people}):
        raise Membership.DoesNotExist
    return [found[person.pk] for person in people]
