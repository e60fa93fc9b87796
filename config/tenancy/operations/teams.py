"""Teams and who is in them."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership, Team, TeamMember


def create_team(
    *, name: str, time_zone: str, actor: Actor, now: datetime, members: Iterable[Membership] = ()
) -> Team:
    """A team with office hours Monday to Friday, 9 to 5. Raises ValidationError for a name already taken."""
    actor.must("tenancy.setup")
    team = Team(name=name.strip(), time_zone=time_zone)
    team.full_clean()
    with acting(actor, now=now):
        team.save()
        for membership in members:
            add_to_team(team=team, membership=membership, actor=actor, now=now)
    return team


def add_to_team(*, team: Team, membership: Membership, actor: Actor, now: datetime) -> TeamMember:
    """A second call returns the same row. Raises Conflict for who has left the tenant."""
    actor.must("tenancy.setup")
    if not membership.is_current:
        raise Conflict(_("%(name)s is no longer a member.") % {"name": membership})
    with acting(actor, now=now):
        place, _made = TeamMember.objects.get_or_create(team=team, membership=membership)
    return place


def remove_from_team(*, team: Team, membership: Membership, actor: Actor, now: datetime) -> None:
    """A second call changes nothing."""
    actor.must("tenancy.setup")
    with acting(actor, now=now):
        for place in TeamMember.objects.filter(team=team, membership=membership):
            place.delete()
