"""Calling people in: each call is a ladder of its own with its own answer (R28, R36)."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership, Team, TeamMember
from incidents.models import (
    Call,
    CallKind,
    Incident,
    IncidentRole,
    RoleAssignment,
    Service,
)
from incidents.operations.advancing import advance
from incidents.operations.cards import card_of
from incidents.operations.crews import UNDER_WAY
from incidents.operations.ladders import (
    add_call,
    call_service,
    calls_of,
    page_again,
    page_persons,
    start_ladder,
)
from incidents.operations.locking import lock_incident
from oncall.models import Escalation, EscalationPolicy

__all__ = ["call_in", "call_service", "call_severity_roles", "card_of", "page_again"]


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

    A role calls its policy; a team a policy of its services that has not called yet, else its members. Who
    is being called already is not called twice: that call comes back. Raises Conflict where nobody stands
    behind a role or team, or the incident is over; <Model>.DoesNotExist for another tenant's row. Needs
    incidents.respond.
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
    """Calls the roles its severity asks for, once it is real, where nobody has or was called for them.

    The incident is locked. An unconfirmed alert wakes its own ladder and nobody else.
    """
    severity = incident.severity
    if severity is None or incident.confirmed_at is None or not incident.is_open:
        return []
    codes = severity.roles_called
    if not codes:
        return []
    held = RoleAssignment.objects.filter(incident=incident, ended_at=None).values("role_id")
    called = Call.objects.filter(incident=incident, role__isnull=False).values("role_id")
    wanted = IncidentRole.objects.filter(code__in=codes, policy__isnull=False)
    return [
        _call_role(incident, role, "", actor, now, by_record=True)
        for role in wanted.exclude(pk__in=held).exclude(pk__in=called)
    ]


def _call_person(incident: Incident, person: Membership, message: str, actor: Actor, now: datetime) -> Call:
    person = Membership.objects.select_related("user").get(pk=person.pk)
    if not person.is_current:
        raise Conflict(_("%(name)s has left.") % {"name": person})
    if running := _running(incident, membership=person):
        return running
    escalation = page_persons(incident, [person], message, actor, now)
    return add_call(
        incident, CallKind.PERSON, str(person), escalation, actor, now, message=message, membership=person
    )


def _call_role(
    incident: Incident,
    role: IncidentRole,
    message: str,
    actor: Actor,
    now: datetime,
    *,
    by_record: bool = False,
) -> Call:
    role = IncidentRole.objects.select_related("policy").get(pk=role.pk)
    if running := _running(incident, role=role):
        return running
    if role.policy is None:
        raise Conflict(_("Nobody is set to be called for the role %(role)s.") % {"role": role})
    escalation = start_ladder(incident, role.policy, message, actor, now)
    return add_call(
        incident,
        CallKind.ROLE,
        role.name,
        escalation,
        actor,
        now,
        message=message,
        role=role,
        by_record=by_record,
    )


def _call_team(incident: Incident, team: Team, message: str, actor: Actor, now: datetime) -> Call:
    team = Team.objects.get(pk=team.pk)
    if running := _running(incident, team=team):
        return running
    policy = _policy_of(team, incident)
    if policy is not None:
        escalation = start_ladder(incident, policy, message, actor, now)
    else:
        escalation = page_persons(incident, _members_to_call(team, incident), message, actor, now)
    return add_call(incident, CallKind.TEAM, team.name, escalation, actor, now, message=message, team=team)


def _policy_of(team: Team, incident: Incident) -> EscalationPolicy | None:
    """Of its first service by name; not the one that has called for this incident already: that would wake
    whoever has it.
    """
    used = Escalation.objects.filter(pk__in=calls_of(incident).values("escalation_id")).values("policy_id")
    services = Service.objects.filter(team=team, policy__isnull=False, archived_at=None)
    first = services.exclude(policy_id__in=used).select_related("policy").order_by("name").first()
    return first.policy if first else None


def _members_to_call(team: Team, incident: Incident) -> list[Membership]:
    """All who are still in the team, but for those who came already."""
    members = TeamMember.objects.filter(team=team, membership__ended_at=None).values("membership_id")
    here = calls_of(incident).filter(answered_by__isnull=False).values("answered_by_id")
    people = Membership.objects.filter(pk__in=members).select_related("user").order_by("pk")
    if not people:
        raise Conflict(_("Nobody is set to be called for the team %(team)s.") % {"team": team})
    return list(people.exclude(pk__in=here)) or list(people)


def _running(incident: Incident, **target: object) -> Call | None:
    found: Call | None = calls_of(incident).filter(escalation__state__in=UNDER_WAY, **target).last()
    return found
