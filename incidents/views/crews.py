"""Who would be called for a role or a team: "Bram now, then Eva". Six statements, however many there are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.tenancy.models import Team, TeamMember
from incidents.models import IncidentRole, Service
from oncall.ladder import Rung, Target
from oncall.models import Step, StepTarget
from oncall.operations.crew import crew_of, names


@dataclass(frozen=True)
class RoleCrew:
    role: IncidentRole
    first: list[str]
    then: list[str]


@dataclass(frozen=True)
class TeamCrew:
    team: Team
    first: list[str]
    then: list[str]


def first_two(policy_ids: set[int], *, now: datetime) -> dict[int, list[list[str]]]:
    """By policy: the names of its first two steps that call anybody. Five statements at most."""
    targets: dict[int, list[Target]] = {}
    rows = StepTarget.objects.filter(step__policy__in=policy_ids).select_related(
        "membership__user", "schedule"
    )
    for row in rows.order_by("id"):
        target = row.schedule or row.membership
        targets.setdefault(row.step_id, []).append(Target(row.kind, target.pk, str(target)))
    rungs: dict[int, list[Rung]] = {}
    for step in Step.objects.filter(policy__in=policy_ids).order_by("policy", "position", "id"):
        rungs.setdefault(step.policy_id, []).append(Rung(step.delay_minutes, tuple(targets.get(step.pk, ()))))
    crew = crew_of([rung for of_one in rungs.values() for rung in of_one], now=now)
    called = {pk: [names(crew.of(rung, now)) for rung in of_one] for pk, of_one in rungs.items()}
    return {pk: [some for some in of_one if some][:2] for pk, of_one in called.items()}


def crews(roles: list[IncidentRole], now: datetime, default_policy_id: int | None) -> dict[str, Any]:
    """What the Call in sheet offers: roles and teams with somebody behind them, and who pages first."""
    teams = list(Team.objects.all())
    by_team: dict[int, int] = {}
    services = Service.objects.filter(policy__isnull=False, archived_at=None).order_by("name")
    for service in services:
        by_team.setdefault(service.team_id, service.policy_id)
    members: dict[int, list[str]] = {}
    for one in TeamMember.objects.filter(membership__ended_at=None).select_related("membership__user"):
        members.setdefault(one.team_id, []).append(str(one.membership))
    wanted = {role.policy_id for role in roles if role.policy_id} | set(by_team.values())
    called = first_two(wanted | ({default_policy_id} if default_policy_id else set()), now=now)
    return {
        "roles": [RoleCrew(role, *_two(called.get(role.policy_id, []))) for role in roles if role.policy_id],
        "teams": [
            TeamCrew(team, *_two(called.get(by_team[team.pk], [])))
            if team.pk in by_team
            else TeamCrew(team, members[team.pk], [])
            for team in teams
            if team.pk in by_team or team.pk in members
        ],
        "service_first": called.get(default_policy_id or 0, [[]])[0]
        if called.get(default_policy_id or 0)
        else [],
    }


def _two(called: list[list[str]]) -> tuple[list[str], list[str]]:
    first, then = [*called, [], []][:2]
    return first, then
