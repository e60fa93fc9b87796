"""A policy as a ladder: copied when it begins, so that an edit of the policy never moves a running one.

A step whose target is another policy is replaced by that policy's steps.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import time
from itertools import islice

import structlog

from oncall.hours import Hours
from oncall.ladder import IN_TURN, Ladder, Rung, Target
from oncall.models import EscalationPolicy, IfClosed, Step, StepTarget, TargetKind, When

log = structlog.get_logger(__name__)

EMPTY_RUNG = Rung(5, ())
# How deep policies may stand in policies, and how many steps may come of it: what a person can still foresee.
DEEPEST = 4
MOST_RUNGS = 100

Steps = dict[int, list[tuple[Rung, list[Target]]]]


def snapshot_of(policy: EscalationPolicy) -> Ladder:
    """Two queries, two more for each level of policies within. Without steps it gets one empty step: its
    fallback or the owners are paged.
    """
    return snapshots_of([policy])[policy.pk]


def snapshots_of(policies: Collection[EscalationPolicy]) -> dict[int, Ladder]:
    """The same for several, by id, in as many queries."""
    steps = _read({policy.pk for policy in policies})
    return {policy.pk: _ladder(policy, steps) for policy in policies}


def _ladder(policy: EscalationPolicy, steps: Steps) -> Ladder:
    rungs = list(islice(_expanded(policy.pk, steps, ()), MOST_RUNGS + 1))
    if len(rungs) > MOST_RUNGS:
        log.error("policy_too_long", policy=policy.pk)
    turned = [replace(r, offset=policy.ladders_begun) if r.strategy == IN_TURN else r for r in rungs]
    return Ladder(
        policy.name,
        policy.repeat,
        tuple(turned[:MOST_RUNGS]) or (EMPTY_RUNG,),
        policy.fallback_id,
        policy.repeat_forever,
    )


def pages_in_turn(ladder: Ladder) -> bool:
    return any(rung.strategy == IN_TURN for rung in ladder.rungs)


def _read(policy_ids: set[int]) -> Steps:
    """The steps of these policies, and of those they name, level by level."""
    found: Steps = {}
    wanted = set(policy_ids)
    for _level in range(DEEPEST + 1):
        if not wanted:
            break
        found |= _read_level(wanted)
        targets = (target for pk in wanted for _rung, all_of in found[pk] for target in all_of)
        wanted = {target.id for target in targets if target.kind == TargetKind.POLICY} - set(found)
    return found


def _read_level(policy_ids: set[int]) -> Steps:
    targets: dict[int, list[Target]] = {}
    rows = StepTarget.objects.filter(step__policy__in=policy_ids).select_related(
        "membership__user", "schedule", "rotation", "team", "channel", "to_policy"
    )
    for row in rows.order_by("id"):
        target = row.target
        targets.setdefault(row.step_id, []).append(Target(row.kind, target.pk, str(target)))
    found: Steps = {pk: [] for pk in policy_ids}
    for step in Step.objects.filter(policy__in=policy_ids).order_by("position", "id"):
        found[step.policy_id].append((_rung(step), targets.get(step.pk, [])))
    return found


def _rung(step: Step) -> Rung:
    return Rung(
        delay_minutes=step.delay_minutes,
        targets=(),
        strategy=step.strategy,
        answers_needed=step.answers_needed,
        if_empty=step.if_empty,
        severity_up_to=step.severity_up_to,
        hours=_hours(step),
    )


def _hours(step: Step) -> tuple[Hours, ...]:
    if step.applies == When.ANY:
        return ()
    return (
        Hours(
            within=step.applies == When.WITHIN,
            days=step.window_days,
            start=_clock(step.window_start),
            end=_clock(step.window_end),
            zone=step.time_zone,
            waits=step.if_closed == IfClosed.WAIT,
        ),
    )


def _clock(moment: time) -> str:
    return moment.isoformat("minutes")


def _expanded(policy_id: int, steps: Steps, inside: tuple[int, ...]) -> Iterator[Rung]:
    """The rungs of a policy, those of policies in it in their place. `inside` is the way down to it.

    A policy that comes back to itself, or lies too deep, is an empty step: refused when saved (nesting), and
    never a loop here.
    """
    for rung, targets in steps.get(policy_id, []):
        policies = [target.id for target in targets if target.kind == TargetKind.POLICY]
        direct = tuple(target for target in targets if target.kind != TargetKind.POLICY)
        within: list[Rung] = []
        for pk in policies:
            way = (*inside, policy_id)
            if pk in way or len(way) > DEEPEST:
                log.error("policy_in_itself", policy=policy_id, names=pk)
                continue
            # No more than are kept: each level could multiply them.
            within += [_under(rung, inner) for inner in islice(_expanded(pk, steps, way), MOST_RUNGS + 1)]
        if not within:
            yield replace(rung, targets=direct)
            continue
        if direct:
            # At once with the first of theirs, which may have hours of its own.
            yield replace(rung, targets=direct, delay_minutes=0)
        yield from within[:-1]
        yield replace(within[-1], delay_minutes=rung.delay_minutes)


def _under(outer: Rung, inner: Rung) -> Rung:
    """A rung of a policy in the place of a step: it applies only where both do."""
    severities = [s for s in (outer.severity_up_to, inner.severity_up_to) if s is not None]
    return replace(
        inner,
        answers_needed=max(outer.answers_needed, inner.answers_needed),
        severity_up_to=min(severities, default=None),
        hours=(*outer.hours, *inner.hours),
    )
