"""Permissions follow the role: what somebody may do in one incident besides what their tenant's role grants.

The one place that lends. Room and API pass the actor of a request through `actor_in` before any deed on an
incident; what reaches beyond that incident (merging) asks `must_everywhere` and does not see what was lent.
Nothing is stored: who has no role any more has nothing lent at the next request.
"""

from dataclasses import replace

from django.db.models import Q

from config.tenancy.actors import Actor, ActorKind
from incidents.models import Call, Incident, RoleAssignment, RoleCode
from oncall.models import Page

# Notes, answers to a question that was put to one.
WRITE = "incidents.write"
RESPOND, PUBLISH = "incidents.respond", "incidents.publish"
BY_ROLE: dict[str, frozenset[str]] = {
    RoleCode.MANAGER: frozenset({WRITE, RESPOND, PUBLISH}),
    RoleCode.TECH_LEAD: frozenset({WRITE, RESPOND}),
    RoleCode.COMMS: frozenset({WRITE, PUBLISH}),
    RoleCode.OTHER: frozenset({WRITE, RESPOND}),
}
CALLED_IN = frozenset({WRITE})
# Whoever leads or works on it, and whoever speaks for it; not everybody who was called in.
LEADS_OR_SPEAKS = (RESPOND, PUBLISH)
ALL = frozenset({WRITE, RESPOND, PUBLISH})


def actor_in(incident: Incident, actor: Actor) -> Actor:
    """The same actor, with what their role in this incident needs. Two queries at most.

    Only a person has a role: a key, a monitor and a link keep to what they have.
    """
    if actor.kind != ActorKind.PERSON or all(actor.may_everywhere(permission) for permission in ALL):
        return actor
    held = RoleAssignment.objects.filter(
        incident=incident, membership_id=actor.membership_id, membership__ended_at=None, ended_at=None
    )
    lent = frozenset().union(*(BY_ROLE[code] for code in held.values_list("role__code", flat=True)))
    if WRITE not in lent and was_asked(incident, actor.membership_id):
        lent |= CALLED_IN
    return replace(actor, lent=lent)


def must_one_of(actor: Actor, permissions: tuple[str, ...]) -> None:
    """Any of them is enough. Raises PermissionDenied as `Actor.must` does."""
    if not any(actor.may(permission) for permission in permissions):
        actor.must(permissions[0])


def was_asked(incident: Incident, membership_id: int | None) -> bool:
    """Called in by name, paged by one of its ladders, or answered one. One query."""
    paged = Page.objects.filter(membership_id=membership_id).values("escalation_id")
    asked = Q(membership_id=membership_id) | Q(answered_by_id=membership_id) | Q(escalation_id__in=paged)
    return bool(Call.objects.filter(asked, incident=incident).exists())
