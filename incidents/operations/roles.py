"""Roles: give, take, hand over, end (R32 to R38)."""

from datetime import datetime

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from incidents.models import Incident, IncidentRole, RoleAssignment


def give_role(
    *, incident: Incident, role: IncidentRole, membership: Membership, actor: Actor, now: datetime
) -> RoleAssignment:
    """Gives a role. There is one manager: giving that role hands it over (R35).

    A second call changes nothing. Raises ValidationError for somebody who has left. Needs incidents.respond.
    """
    raise NotImplementedError


def take_role(*, incident: Incident, role: IncidentRole, actor: Actor, now: datetime) -> RoleAssignment:
    """Gives the role to the person who acts. Raises ValidationError for an actor who is no person."""
    raise NotImplementedError


def hand_over(
    *, incident: Incident, to: Membership, say: str = "", actor: Actor, now: datetime
) -> RoleAssignment:
    """Makes `to` the incident manager, with a word for the record."""
    raise NotImplementedError


def end_role(
    *, incident: Incident, role: IncidentRole, membership: Membership, actor: Actor, now: datetime
) -> RoleAssignment:
    """Ends a role. Raises Conflict for the manager of an open incident: hand it over instead (R35)."""
    raise NotImplementedError


def accept_role(*, incident: Incident, role: IncidentRole, actor: Actor, now: datetime) -> RoleAssignment:
    """The person has read the duties (R33). A second call changes nothing."""
    raise NotImplementedError
