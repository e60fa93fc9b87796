"""Whom ladders page first: for sheets that say who would come before anybody is called."""

from collections.abc import Collection
from datetime import datetime
from itertools import islice

from config.tenancy.models import Membership
from oncall import verdicts
from oncall.ladder import FOOT, Ladder
from oncall.models import Escalation, EscalationPolicy
from oncall.operations.crew import Crew, crew_of
from oncall.operations.snapshots import snapshots_of
from oncall.verdicts import FIRES

# Without a severity a step for the worst is shown as well.
WORST = 1


def first_crews(
    *, policy_ids: Collection[int], now: datetime, most: int = 2
) -> dict[int, list[list[Membership]]]:
    """By policy: the people of its first steps that page anybody, as it would climb from `now` on. A few
    queries whatever their number.
    """
    policies = list(EscalationPolicy.objects.filter(pk__in=policy_ids))
    ladders = snapshots_of(policies)
    crew = crew_of([rung for climbed in ladders.values() for rung in climbed.rungs], now=now)
    return {pk: _first(climbed, crew, now, WORST, most) for pk, climbed in ladders.items()}


def first_paged(*, escalation: Escalation, now: datetime) -> set[int]:
    """Memberships that it would page first, begun again at `now`. A few queries."""
    climbed = Ladder.from_json(escalation.snapshot)
    crew = crew_of(climbed.rungs, now=now)
    found = _first(climbed, crew, now, escalation.severity_rank, 1)
    return {person.pk for people in found for person in people}


def _first(climbed: Ladder, crew: Crew, now: datetime, severity: int, most: int) -> list[list[Membership]]:
    """Of one round."""
    found: list[list[Membership]] = []
    seen = verdicts.foresee(climbed, FOOT, severity=severity, at=now, crew=crew)
    for at, place, verdict in islice(seen, 2 * len(climbed.rungs)):
        if place.loop or len(found) == most:
            break
        if verdict.kind == FIRES and not verdict.why:
            called = crew.of(climbed.rungs[place.rung], at, place.loop)
            found.append([one.membership for one in called])
    return found
