"""Joining: what somebody reads first, and that it is clear to them (R33)."""

from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from incidents.models import EntryKind, Incident, Presence, RoleAssignment
from incidents.operations.advancing import advance
from incidents.operations.locking import lock_incident
from incidents.operations.standing import was_asked
from incidents.operations.timeline import record


def clear(*, incident: Incident, membership: Membership, actor: Actor, now: datetime) -> list[RoleAssignment]:
    """`membership` has read the brief and knows their duties: acknowledges their roles, returns those.

    A second call changes nothing. Needs no more than having been given a role or called in; Conflict for
    others, who have nothing to be clear about.
    """
    actor.must("incidents.view")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        membership = Membership.objects.select_related("user").get(pk=membership.pk)
        held = RoleAssignment.objects.filter(incident=incident, membership=membership, ended_at=None)
        if not held.exists() and not was_asked(incident, membership.pk):
            raise Conflict(_("You have no role here."))
        seen, _made = Presence.objects.get_or_create(
            incident=incident,
            membership=membership,
            defaults={"first_seen_at": now, "last_seen_at": now},
        )
        if seen.briefed_at is None:
            seen.briefed_at = now
            seen.save()
        waiting = held.filter(acknowledged_at=None)
        accepted = list(waiting.select_related("role", "membership__user"))
        for given in accepted:
            accept(incident, given, actor, now)
        if accepted:
            advance(incident=incident, actor_cause=actor, now=now)
    return accepted


def accept(incident: Incident, given: RoleAssignment, actor: Actor, now: datetime) -> None:
    """On the locked incident: the duties of this role are clear to who has it."""
    given.acknowledged_at = now
    given.save()
    record(
        incident=incident,
        kind=EntryKind.ROLE,
        text=_("%(name)s is on it: %(role)s") % {"name": given.membership, "role": given.role},
        data={"role": given.role.uid, "membership": given.membership.uid, "accepted": True},
        actor=actor,
        now=now,
    )
