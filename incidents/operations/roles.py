"""Roles: give, take, hand over, help, end (R32 to R38)."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from incidents.models import EntryKind, Incident, IncidentRole, RoleAssignment, RoleCode
from incidents.operations.advancing import advance
from incidents.operations.briefing import accept
from incidents.operations.locking import lock_incident
from incidents.operations.taking import manager_role
from incidents.operations.timeline import record


def give_role(
    *, incident: Incident, role: IncidentRole, membership: Membership, actor: Actor, now: datetime
) -> RoleAssignment:
    """Gives a role. There is one manager: giving that role hands it over (R35).

    A second call changes nothing. Raises ValidationError for somebody who has left, <Model>.DoesNotExist for
    another tenant's role or person. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    return _give(incident, role, membership, "", actor, now)


def take_role(*, incident: Incident, role: IncidentRole, actor: Actor, now: datetime) -> RoleAssignment:
    """Gives the role to the person who acts. Raises ValidationError for an actor who is no person.

    Needs incidents.respond; for communications incidents.publish is enough.
    """
    if not (role.code == RoleCode.COMMS and actor.may("incidents.publish")):
        actor.must("incidents.respond")
    if actor.membership_id is None:
        raise ValidationError(_("Only a person can take a role."))
    return _give(incident, role, Membership.objects.get(pk=actor.membership_id), "", actor, now)


def hand_over(
    *, incident: Incident, to: Membership, say: str = "", actor: Actor, now: datetime
) -> RoleAssignment:
    """Makes `to` the incident manager, with a word for the record. Needs incidents.respond."""
    actor.must("incidents.respond")
    return _give(incident, None, to, say, actor, now)


def hand_over_role(
    *,
    incident: Incident,
    role: IncidentRole,
    before: Membership,
    to: Membership,
    say: str = "",
    actor: Actor,
    now: datetime,
) -> RoleAssignment:
    """Gives what `before` has to `to`, with a word for the record: who had it stays on it (R34).

    A second call changes nothing. RoleAssignment.DoesNotExist where `before` does not have it any more.
    Needs incidents.respond, except for one's own.
    """
    if actor.membership_id != before.pk:
        actor.must("incidents.respond")
    with acting(actor, now=now, reason=say):
        incident = lock_incident(incident_id=incident.pk).incident
        role = IncidentRole.objects.get(pk=role.pk)
        held = RoleAssignment.objects.filter(incident=incident, role=role, ended_at=None)
        if held.filter(membership_id=to.pk).exists() and not held.filter(membership_id=before.pk).exists():
            return held.get(membership_id=to.pk)
        held.get(membership_id=before.pk)
        given = _give(incident, role, to, say, actor, now)
        _end_all(held.filter(membership_id=before.pk).exclude(pk=given.pk), now)
        advance(incident=incident, actor_cause=actor, now=now)
    return given


def take_over(*, incident: Incident, actor: Actor, now: datetime) -> RoleAssignment:
    """The one who acts is incident manager now. A second call changes nothing. Needs incidents.respond."""
    actor.must("incidents.respond")
    if actor.membership_id is None:
        raise ValidationError(_("Only a person can take a role."))
    return _give(incident, None, Membership.objects.get(pk=actor.membership_id), "", actor, now)


def let_help(*, incident: Incident, membership: Membership, actor: Actor, now: datetime) -> RoleAssignment:
    """No role of their own, but part of it: gives the tenant's plain role. Needs incidents.respond."""
    actor.must("incidents.respond")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        return _give(incident, helper_role(), membership, "", actor, now)


def helper_role() -> IncidentRole:
    """The tenant's role of those who simply help. Made here should there be none."""
    plain = IncidentRole.objects.filter(code=RoleCode.OTHER, policy=None)
    return plain.first() or IncidentRole.objects.create(
        code=RoleCode.OTHER, name=_("Responder"), position=IncidentRole.objects.count()
    )


def end_role(
    *, incident: Incident, role: IncidentRole, membership: Membership, actor: Actor, now: datetime
) -> RoleAssignment:
    """Ends a role. Raises Conflict for the manager of an open incident: hand it over instead (R35).

    RoleAssignment.DoesNotExist where that person does not have it. Needs incidents.respond, except for
    one's own.
    """
    if actor.membership_id != membership.pk:
        actor.must("incidents.respond")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        given: RoleAssignment = RoleAssignment.objects.select_related("role", "membership__user").get(
            incident=incident, role_id=role.pk, membership_id=membership.pk, ended_at=None
        )
        if given.is_manager and incident.is_open:
            raise Conflict(_("Somebody has to be incident manager. Hand it over instead."))
        given.ended_at = now
        given.save()
        _record(incident, given, _("%(name)s is no longer %(role)s"), "", actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return given


def accept_role(*, incident: Incident, role: IncidentRole, actor: Actor, now: datetime) -> RoleAssignment:
    """The person has read the duties (R33). A second call changes nothing.

    RoleAssignment.DoesNotExist where the one who acts does not have it. Needs no more than having the role.
    """
    actor.must("incidents.view")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        given: RoleAssignment = RoleAssignment.objects.select_related("role", "membership__user").get(
            incident=incident, role_id=role.pk, membership_id=actor.membership_id, ended_at=None
        )
        if given.acknowledged_at is None:
            accept(incident, given, actor, now)
            advance(incident=incident, actor_cause=actor, now=now)
    return given


def _give(
    incident: Incident,
    role: IncidentRole | None,
    membership: Membership,
    say: str,
    actor: Actor,
    now: datetime,
) -> RoleAssignment:
    """Without a `role`: the manager's."""
    with acting(actor, now=now, reason=say):
        incident = lock_incident(incident_id=incident.pk).incident
        role = IncidentRole.objects.get(pk=role.pk) if role else manager_role()
        membership = Membership.objects.select_related("user").get(pk=membership.pk)
        if not membership.is_current:
            raise ValidationError({"membership": _("%(name)s has left.") % {"name": membership}})
        held = RoleAssignment.objects.filter(incident=incident, role=role, ended_at=None)
        mine: RoleAssignment | None = held.filter(membership=membership).first()
        if mine is not None:
            return mine
        _must_give(incident, role, membership, actor)
        is_manager = role.code == RoleCode.MANAGER
        if is_manager:
            _end_all(held, now)
        given: RoleAssignment = RoleAssignment.objects.create(
            incident=incident,
            role=role,
            membership=membership,
            is_manager=is_manager,
            given_by_id=actor.membership_id,
            given_at=now,
        )
        _record(incident, given, _("%(name)s: %(role)s"), say, actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return given


def _must_give(incident: Incident, role: IncidentRole, to: Membership, actor: Actor) -> None:
    """What was lent by a role is not lent on: a helper makes nobody manager, and takes no further role.

    The manager gives roles whatever their tenant's role, and each hands on their own.
    """
    if actor.may_everywhere("incidents.respond"):
        return
    if to.pk == actor.membership_id:
        comms = role.code == RoleCode.COMMS
        actor.must_everywhere("incidents.publish" if comms else "incidents.respond")
        return
    mine = RoleAssignment.objects.filter(
        Q(is_manager=True) | Q(role=role),
        incident=incident,
        membership_id=actor.membership_id,
        ended_at=None,
    )
    if not mine.exists():
        actor.must_everywhere("incidents.respond")


def _end_all(held: "models.QuerySet[RoleAssignment]", now: datetime) -> None:
    for given in held:
        given.ended_at = now
        given.save()


def _record(
    incident: Incident, given: RoleAssignment, text: str, say: str, actor: Actor, now: datetime
) -> None:
    words = {"name": given.membership, "role": given.role}
    record(
        incident=incident,
        kind=EntryKind.ROLE,
        text=" ".join(part for part in (text % words, say.strip()) if part),
        data={"role": given.role.uid, "membership": given.membership.uid, "say": say.strip()},
        actor=actor,
        now=now,
    )
