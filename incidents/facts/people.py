"""Facts of who is here, and a manager who is not."""

from dataclasses import replace
from datetime import datetime

from django.db.models import Max

from config.tenancy.actors import ActorKind
from config.tenancy.models import Membership
from incidents.absence import away_since
from incidents.facts.online import Seen, seen_in
from incidents.known import Facts
from incidents.models import Call, Incident, RoleAssignment, TimelineEntry
from oncall.models import Page

BY_PEOPLE = (ActorKind.PERSON.value, ActorKind.LINK.value)


def add(facts: Facts, incident: Incident, now: datetime) -> Facts:
    """Five queries; none while nobody has it: nobody can be away, and whoever is here takes it."""
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
        two_hats_of=tuple(dict.fromkeys(name for name in names if names.count(name) > 1)),
    )
    return _with_manager(facts, incident, held, seen, now)


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
