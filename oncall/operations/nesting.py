"""Policies within policies, checked before they are saved: in no circle, not too deep, not too long."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db.models import Count
from django.utils.translation import gettext as _

from oncall.models import EscalationPolicy, Step, StepTarget, TargetKind
from oncall.operations.snapshots import DEEPEST, MOST_RUNGS

Graph = dict[int, list[int]]


def check_nesting(*, policy_id: int | None, named: Collection[int], own_steps: int) -> None:
    """Raises ValidationError where a policy (None: a new one) could not name these. Three queries.

    `named` are the policies its steps name, once for each step; `own_steps` how many steps it has.
    """
    if not named:
        return
    this = policy_id or 0
    graph = _graph() | {this: list(named)}
    for pk in named:
        if this in _below(pk, graph):
            raise ValidationError(
                _("“%(name)s” leads back to this policy: it would never come to an end.")
                % {"name": EscalationPolicy.objects.get(pk=pk)}
            )
    if max(_depth(pk, graph) for pk in graph) > DEEPEST:
        raise ValidationError(
            _("Policies may stand in policies at most %(number)s deep.") % {"number": DEEPEST}
        )
    if _length(this, graph, _steps() | {this: own_steps}) > MOST_RUNGS:
        raise ValidationError(
            _("With the policies in it that makes more than %(number)s steps.") % {"number": MOST_RUNGS}
        )


def _graph() -> Graph:
    found: Graph = {}
    rows = StepTarget.objects.filter(kind=TargetKind.POLICY).values_list("step__policy_id", "to_policy_id")
    for policy, inner in rows:
        found.setdefault(policy, []).append(inner)
    return found


def _steps() -> dict[int, int]:
    rows = Step.objects.order_by().values("policy_id").annotate(count=Count("pk"))
    return dict(rows.values_list("policy_id", "count"))


def _below(pk: int, graph: Graph) -> set[int]:
    """It and all it leads to. Of what is stored already a circle may be part."""
    found: set[int] = set()
    waiting = [pk]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += graph.get(one, [])
    return found


def _depth(pk: int, graph: Graph, way: tuple[int, ...] = ()) -> int:
    """How many policies stand in one another below it."""
    if pk in way or len(way) > DEEPEST:
        return len(way)
    return max((1 + _depth(inner, graph, (*way, pk)) for inner in set(graph.get(pk, []))), default=0)


def _length(pk: int, graph: Graph, steps: dict[int, int], way: tuple[int, ...] = ()) -> int:
    if pk in way:
        return 1
    inner = graph.get(pk, [])
    within = 0
    for one in inner:
        within += max(1, _length(one, graph, steps, (*way, pk)))
        if within > MOST_RUNGS:
            break
    return max(0, steps.get(pk, 1) - len(inner)) + within
