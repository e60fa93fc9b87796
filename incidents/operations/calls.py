"""Calling people in: each call is a ladder of its own with its own answer (R28, R36)."""

from collections.abc import Sequence
from datetime import datetime

from config.tenancy.actors import Actor
from config.tenancy.models import Membership, Team
from incidents.models import Call, Incident, IncidentRole
from oncall.card import Card


def card_of(incident: Incident) -> Card:
    """The words the pager gets. Of a private incident it never learns title, service or detail."""
    raise NotImplementedError


def urgency_of(incident: Incident) -> str:
    """ "high" for a severity that pages at once and for an unknown one, else "low"."""
    raise NotImplementedError


def call_service(*, incident: Incident, actor: Actor, now: datetime) -> Call | None:
    """Starts the ladder of the incident's service, else of the default policy. The incident is locked.

    None, said loudly in the log and on the timeline, where the tenant has no policy at all.
    """
    raise NotImplementedError


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
    raise NotImplementedError
