"""Calling people in: each call is a ladder of its own with its own answer (R28, R36)."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import models
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership, Team, TeamMember
from config.tenancy.roles import Role
from incidents.models import (
    Call,
    CallKind,
    EntryKind,
    Incident,
    IncidentRole,
    RoleAssignment,
    RoleCode,
    Service,
)
from incidents.models.call import FIRST_CALLS
from incidents.operations.advancing import advance
from incidents.operations.behalf import on_behalf
from incidents.operations.cards import card_of, urgency_of
from incidents.operations.locking import lock_incident
from incidents.operations.timeline import record
from oncall.models import Escalation, EscalationPolicy, EscalationState
from oncall.operations import paging

__all__ = ["call_in", "call_service", "call_severity_roles", "card_of", "page_again", "stop_calls"]

log = structlog.get_logger(__name__)

# A call whose ladder is in one of these has not failed: nobody is called twice for it.
UNDER_WAY = (EscalationState.PAGING, EscalationState.ACKNOWLEDGED, EscalationState.SNOOZED)
# Whom the worst severity calls, once it is real (DESIGN, "Roles have somebody behind them").
CALLED_FOR_WORST = (RoleCode.MANAGER, RoleCode.COMMS)


# --- the first ladder ---------------------------------------------------------------------------------------
def policy_of(service: Service | None) -> EscalationPolicy | None:
    """The service's own policy, else the tenant's default one, else None."""
    if service is not None and service.policy is not None:
        return service.policy
    found: EscalationPolicy | None = EscalationPolicy.objects.filter(is_default=True).first()
    return found


def call_service(*, incident: Incident, actor: Actor, now: datetime) -> Call | None:
    """Starts the ladder of the incident's service, else of the default policy. The incident is locked.

    A tenant without any policy has its owners paged. None where there is not even one (loud in the log).
    """
    policy = policy_of(incident.service)
    own = incident.service is not None and incident.service.policy is not None
    if policy is not None:
        escalation = _start(incident, policy, "", actor, now)
        label = incident.service.name if own and incident.service else policy.name
    else:
        owners = list(Membership.objects.filter(role=Role.OWNER, ended_at=None).select_related("user"))
        if not owners:
            log.error("nobody_to_page", incident=incident.key)
            return None
        escalation = _page(incident, owners, "", actor, now)
        label = _("Owners")
    kind = CallKind.SERVICE if own else CallKind.DEFAULT
    return _add(incident, kind, label, escalation, actor, now)


def page_again(*, incident: Incident, actor: Actor, now: datetime) -> None:
    """Pages the incident's own ladder from its first step, whatever its state; starts it if there is none."""
    first = _calls(incident).filter(kind__in=FIRST_CALLS).last()
    if first is None:
        call_service(incident=incident, actor=actor, now=now)
        return
    paging.restart(escalation_id=first.escalation_id, card=card_of(incident), actor=on_behalf(actor), now=now)


def stop_calls(*, incident: Incident, reason: str, words: str, actor: Actor, now: datetime) -> None:
    """Ends every ladder of the locked incident and tells those it paged. A second call changes nothing."""
    for call in _calls(incident).exclude(escalation__state=EscalationState.STOPPED):
        paging.stop(
            escalation_id=call.escalation_id,
            reason=reason,
            tell=True,
            words=words,
            actor=on_behalf(actor),
            now=now,
        )


# --- further calls ------------------------------------------------------------------------------------------
def call_in(
    *,
    incident: Incident,
    people: Sequence[Membership] = (),
    roles: Sequence[IncidentRole] = (),
    teams: Sequence[Team] = (),
    message: str = "",
    actor: Actor,
    now: datetime,
) -> list[Call]:
    """Pages persons, roles and teams, each by a call of its own, in the order people, roles, teams.

    A role calls its policy, a team the policy of its services, else all its members. Who is being called
    already is not called twice: that call comes back. Raises Conflict where nobody stands behind a role or
    team, or the incident is over; <Model>.DoesNotExist for another tenant's row. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        if not incident.is_open:
            raise Conflict(_("%(key)s is over. Reopen it to call people in.") % {"key": incident.key})
        made = [_call_person(incident, person, message, actor, now) for person in people]
        made += [_call_role(incident, role, message, actor, now) for role in roles]
        made += [_call_team(incident, team, message, actor, now) for team in teams]
        advance(incident=incident, actor_cause=actor, now=now)
    return made


def call_severity_roles(*, incident: Incident, actor: Actor, now: datetime) -> list[Call]:
    """Calls the roles the worst severity asks for, once it is real, where nobody has or was called for them.

    The incident is locked. An unconfirmed alert wakes its own ladder and nobody else.
    """
    severity = incident.severity
    if severity is None or severity.rank != 1 or incident.confirmed_at is None or not incident.is_open:
        return []
    held = RoleAssignment.objects.filter(incident=incident, ended_at=None).values("role_id")
    called = Call.objects.filter(incident=incident, role__isnull=False).values("role_id")
    wanted = IncidentRole.objects.filter(code__in=CALLED_FOR_WORST, policy__isnull=False)
    return [
        _call_role(incident, role, "", actor, now)
        for role in wanted.exclude(pk__in=held).exclude(pk__in=called)
    ]


def _call_person(incident: Incident, person: Membership, message: str, actor: Actor, now: datetime) -> Call:
    person = Membership.objects.select_related("user").get(pk=person.pk)
    if not person.is_current:
        raise Conflict(_("%(name)s has left.") % {"name": person})
    if running := _running(incident, membership=person):
        return running
    escalation = _page(incident, [person], message, actor, now)
    return _add(
        incident, CallKind.PERSON, str(person), escalation, actor, now, message=message, membership=person
    )


def _call_role(incident: Incident, role: IncidentRole, message: str, actor: Actor, now: datetime) -> Call:
    role = IncidentRole.objects.select_related("policy").get(pk=role.pk)
    if running := _running(incident, role=role):
        return running
    if role.policy is None:
        raise Conflict(_("Nobody is set to be called for the role %(role)s.") % {"role": role})
    escalation = _start(incident, role.policy, message, actor, now)
    return _add(incident, CallKind.ROLE, role.name, escalation, actor, now, message=message, role=role)


def _call_team(incident: Incident, team: Team, message: str, actor: Actor, now: datetime) -> Call:
    team = Team.objects.get(pk=team.pk)
    if running := _running(incident, team=team):
        return running
    service = (
        Service.objects.filter(team=team, policy__isnull=False, archived_at=None)
        .select_related("policy")
        .order_by("name")
        .first()
    )
    if service is not None:
        escalation = _start(incident, service.policy, message, actor, now)
    else:
        members = TeamMember.objects.filter(team=team, membership__ended_at=None)
        people = list(
            Membership.objects.filter(pk__in=members.values("membership_id")).select_related("user")
        )
        if not people:
            raise Conflict(_("Nobody is set to be called for the team %(team)s.") % {"team": team})
        escalation = _page(incident, people, message, actor, now)
    return _add(incident, CallKind.TEAM, team.name, escalation, actor, now, message=message, team=team)


# --- parts --------------------------------------------------------------------------------------------------
def _start(
    incident: Incident, policy: EscalationPolicy, message: str, actor: Actor, now: datetime
) -> Escalation:
    return paging.start_escalation(
        card=card_of(incident),
        policy=policy,
        urgency=urgency_of(incident),
        message=message,
        actor=on_behalf(actor),
        now=now,
    )


def _page(
    incident: Incident, people: list[Membership], message: str, actor: Actor, now: datetime
) -> Escalation:
    return paging.page_people(
        card=card_of(incident),
        memberships=people,
        urgency=urgency_of(incident),
        message=message,
        actor=on_behalf(actor),
        now=now,
    )


def _add(
    incident: Incident,
    kind: CallKind,
    label: str,
    escalation: Escalation,
    actor: Actor,
    now: datetime,
    *,
    message: str = "",
    membership: Membership | None = None,
    role: IncidentRole | None = None,
    team: Team | None = None,
) -> Call:
    call: Call = Call.objects.create(
        incident=incident,
        escalation=escalation,
        kind=kind,
        label=label[:120],
        message=message[:300],
        membership=membership,
        role=role,
        team=team,
        made_at=now,
        made_by_id=actor.membership_id,
    )
    first = kind in FIRST_CALLS
    record(
        incident=incident,
        kind=EntryKind.PAGED if first else EntryKind.CALL,
        text=(_("Paging %(who)s") if first else _("Called in %(who)s")) % {"who": label},
        data={"call": call.uid},
        actor=actor,
        now=now,
    )
    return call


def _running(incident: Incident, **target: object) -> Call | None:
    found: Call | None = _calls(incident).filter(escalation__state__in=UNDER_WAY, **target).last()
    return found


def _calls(incident: Incident) -> "models.QuerySet[Call]":
    """In order of their escalations: the lock order."""
    found: models.QuerySet[Call] = Call.objects.filter(incident=incident).order_by("escalation_id")
    return found
