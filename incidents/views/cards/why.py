"""WHY: what was seen, what it may be, what was tried, what was decided. Short lists, not a board."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from config.tenancy.models import Membership
from incidents.known import ORDER, Facts, Phase
from incidents.models import Decision, Experiment, Incident, Observation, Theory, TheoryState, Verdict
from incidents.next_action import next_action

# The newest of each; the timeline has them all.
MOST = 20


@dataclass(frozen=True)
class Seen:
    observation: Observation
    may_confirm: bool


@dataclass
class Held:
    """A theory and its tests. `offers`: what the last test says of it; it settles nothing by itself."""

    theory: Theory
    tests: list[Experiment] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return bool(self.theory.state == TheoryState.OPEN)

    @property
    def offers(self) -> str:
        told = [test.verdict for test in self.tests if test.verdict in (Verdict.SUPPORTS, Verdict.REFUTES)]
        return told[-1] if told and self.is_open else ""


@dataclass(frozen=True)
class Why:
    seen: list[Seen]
    theories: list[Held]
    tests: list[Experiment]
    decisions: list[Decision]
    iterations: int
    cause_unknown: bool
    is_now: bool

    @property
    def verdicts(self) -> list[tuple[str, Any]]:
        return list(Verdict.choices)

    @property
    def running(self) -> list[Experiment]:
        return [test for test in self.tests if test.ended_at is None]

    @property
    def open_theories(self) -> list[Theory]:
        return [held.theory for held in self.theories if held.is_open]

    @property
    def is_empty(self) -> bool:
        return not (self.seen or self.theories or self.tests or self.decisions)


def read(incident: Incident, facts: Facts, membership: Membership, now: datetime) -> Why:
    """Four statements."""
    tests = _newest(Experiment, incident, "theory", "owner__user")
    by_theory: dict[int, list[Experiment]] = {}
    for test in tests:
        by_theory.setdefault(test.theory_id or 0, []).append(test)
    return Why(
        seen=[
            Seen(one, one.confirmed_at is None and one.seen_by_id != membership.pk)
            for one in _newest(Observation, incident, "confirmed_by__user")
        ],
        theories=[Held(one, by_theory.get(one.pk, [])) for one in _newest(Theory, incident, "owner__user")],
        tests=tests,
        decisions=_newest(Decision, incident),
        iterations=facts.iterations,
        cause_unknown=facts.cause_unknown,
        is_now=facts.phase == Phase.RESOLVING or next_action(facts).step == ORDER[Phase.RESOLVING],
    )


def _newest(model: Any, incident: Incident, *with_them: str) -> list[Any]:
    rows = model.objects.filter(incident=incident).select_related(*with_them).order_by("-id")
    return list(reversed(rows[:MOST]))
