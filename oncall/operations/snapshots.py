"""A policy as a ladder: copied when it begins, so that an edit of the policy never moves a running one."""

from oncall.ladder import Ladder, Rung, Target
from oncall.models import EscalationPolicy, StepTarget

EMPTY_RUNG = Rung(5, ())


def snapshot_of(policy: EscalationPolicy) -> Ladder:
    """Two queries. A policy without steps gets one empty step: its fallback or the owners are paged."""
    targets: dict[int, list[Target]] = {}
    rows = StepTarget.objects.filter(step__policy=policy).select_related(
        "membership__user", "schedule", "rotation", "team", "channel", "to_policy"
    )
    for row in rows.order_by("id"):
        target = row.target
        targets.setdefault(row.step_id, []).append(Target(row.kind, target.pk, str(target)))
    rungs = tuple(
        Rung(step.delay_minutes, tuple(targets.get(step.pk, ())))
        for step in policy.steps.order_by("position", "id")
    )
    return Ladder(policy.name, policy.repeat, rungs or (EMPTY_RUNG,), policy.fallback_id)
