"""Policies of every kind for tests, and who heard of it."""

from typing import Any

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Team, TeamMember
from oncall.models import EscalationPolicy, Rotation, Schedule, SharedChannel, Step, StepTarget, TargetKind
from oncall.models.policy import COLUMN_OF
from tests.oncall.conftest import Pager
from tests.oncall.wire import Wire

KIND_OF: dict[type, TargetKind] = {
    Membership: TargetKind.PERSON,
    Schedule: TargetKind.SCHEDULE,
    Rotation: TargetKind.ROTATION,
    Team: TargetKind.TEAM,
    SharedChannel: TargetKind.CHANNEL,
    EscalationPolicy: TargetKind.POLICY,
}
SLACK = "https://hooks.slack.com/services/T/B/ops"


def step(*targets: Any, **fields: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Targets are names, rows, or ("next", schedule); fields are those of Step."""
    return targets, fields


def policy_of(pager: Pager, *steps: Any, called: str = "Standard", **fields: Any) -> EscalationPolicy:
    with acting(ENGINE, now=pager.now):
        policy = EscalationPolicy.objects.create(name=called, **({"repeat": 0} | fields))
    for position, one in enumerate(steps, 1):
        add_step(pager, policy, position, one)
    return policy


def add_step(pager: Pager, policy: EscalationPolicy, position: int, one: Any) -> Step:
    targets, fields = one
    with acting(ENGINE, now=pager.now):
        row: Step = Step.objects.create(policy=policy, position=position, **fields)
        for target in targets:
            kind, target = _kind(pager, target)
            StepTarget.objects.create(step=row, kind=kind, **{COLUMN_OF[kind]: target})
    return row


def _kind(pager: Pager, target: Any) -> tuple[TargetKind, Any]:
    if isinstance(target, tuple):
        return TargetKind.NEXT, target[1]
    if isinstance(target, str):
        return TargetKind.PERSON, pager.people[target]
    return KIND_OF[type(target)], target


def team_of(pager: Pager, *names: str) -> Team:
    with acting(ENGINE, now=pager.now):
        team: Team = Team.objects.create(name="Database")
        for name in names:
            TeamMember.objects.create(team=team, membership=pager.people[name])
    return team


def channel(pager: Pager, called: str = "#ops", address: str = SLACK) -> SharedChannel:
    with acting(ENGINE, now=pager.now):
        made: SharedChannel = SharedChannel.objects.create(name=called, kind="slack", address=address)
    return made


def heard(wire: Wire) -> list[str]:
    """Who got something since the last look, by name ("slack" for a channel), with the tag of its subject:
    "bram [SEV1?]". In order; nothing else left the house.
    """
    return [_who(sent.method, sent.to, sent.words) for sent in wire.take()]


def _who(method: str, to: str, words: str) -> str:
    if method != "email":
        return method
    return f"{to.split('@')[0]} {words[words.index('[') : words.index(']') + 1]}"
