"""Facts of who is here, and a manager who is not."""

from dataclasses import replace
from datetime import datetime

from django.db.models import Max

from config.tenancy.actors import ActorKind
from config.tenancy.models import Membership, Team
from incidents.absence import away_since
from incidents.facts.online import Seen, seen_in
from incidents.known import Facts
from incidents.models import Alert, Call, Incident, RoleAssignment, Service, TimelineEntry
from oncall.models import Page

# More than these are called in by the sheet, with eyes open.
MOST_TEAMS = 4
BY_PEOPLE = (ActorKind.PERSON.value, ActorKind.LINK.value)


def add(facts: Facts, incident: Incident, now: datetime) -> Facts:
    """Six queries, one more in a storm; none while nobody has it: then nobody can be away."""
    if not facts.is_open or (facts.acknowledged_at is None and not facts.managers):
        return facts
    held = list(
        RoleAssignment.objects.filter(incident=incident, ended_at=None)
        .select_related("role", "membership__user")
        .order_by("id")
    )
    seen = seen_in(incident, now=now)
    here = _without_role(incident, held, seen)
    names = [str(one.membership) for one in held]
    facts = replace(
        facts,
        online_without_role=tuple(str(one) for one in here if str(one) not in facts.here_without_role),
        newcomer=here[0].uid if here else "",
        callable_teams=_teams_it_hits(incident),
        two_hats_of=tuple(dict.fromkeys(name for name in names if names.count(name) > 1)),
    )
    return _with_manager(facts, incident, held, seen, now)


def _teams_it_hits(incident: Incident) -> tuple[tuple[str, str], ...]:
    """Teams of the services in a storm that nobody has called in. One service is its own ladder's business.

    One query, and one more in a storm.
    """
    alerts = Alert.objects.filter(incident=incident, service__isnull=False)
    services = set(alerts.values_list("service", flat=True))
    if len(services) < 2:
        return ()
    hit = Service.objects.filter(pk__in=services, team__isnull=False).values("team")
    called = Call.objects.filter(incident=incident, team__isnull=False).values("team")
    teams = Team.objects.filter(pk__in=hit).exclude(pk__in=called).order_by("name", "pk")
    return tuple(teams.values_list("name", "uid")[:MOST_TEAMS])


def _without_role(incident: Incident, held: list[RoleAssignment], seen: Seen) -> list[Membership]:
    """Who was called and came, by answering a further call or by opening the room, and has no role yet.

    Whoever merely reads along is not asked for.
    """
    calls = Call.objects.filter(incident=incident)
    answered = {
        call.answered_by.pk: call.answered_by
        for call in calls.select_related("answered_by__user")
        if not call.is_first and call.answered_by is not None
    }
    pages = Page.objects.filter(escalation__in=calls.values("escalation_id"))
    paged = set(pages.values_list("membership_id", flat=True))
    online = {one.pk: one for one in seen.online if one.pk in paged}
    busy = {given.membership_id for given in held}
    return [one for pk, one in {**answered, **online}.items() if pk not in busy and one.is_current]


def _with_manager(
    facts: Facts, incident: Incident, held: list[RoleAssignment], seen: Seen, now: datetime
) -> Facts:
    given = next((one for one in held if one.is_manager), None)
    if given is None or facts.confirmed_at is None:
        return facts
    acts = TimelineEntry.objects.filter(
        incident=incident, actor_kind__in=BY_PEOPLE, actor_id=given.membership_id
    )
    presence = seen.of(given.membership)
    since = away_since(
        given_at=given.given_at,
        seen_at=presence.last_seen_at if presence else None,
        acted_at=acts.aggregate(last=Max("recorded_at"))["last"],
        left_at=given.membership.ended_at,
        now=now,
    )
    if since is None:
        return facts
    return replace(facts, absent_manager=str(given.membership), absent_since=since)
