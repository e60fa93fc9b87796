"""The transitions of Incident.phase. They set fields and nothing else; operations.advancing calls them.

Conditions are the HARD facts of incidents.phases, read from `incident.facts`, which the operation sets right
before. Without facts nothing may proceed. django-fsm checks conditions on the call, permissions only when
asked (`has_transition_perm`): operations.advancing asks for both.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models
from django_fsm import transition

from incidents import phases
from incidents.phases import OPEN, ORDER, Phase

CAUSE = phases.Question.CAUSE.value
ENDS = [Phase.RESOLVED, Phase.CLOSED, Phase.CANCELLED, Phase.MERGED]


def _stands(target: Phase) -> Callable[[Any], bool]:
    def hard_facts_stand(incident: Any) -> bool:
        return incident.facts is not None and not phases.hard_missing(target, incident.facts)

    return hard_facts_stand


def _may(permission: str) -> Callable[[Any, Any], bool]:
    return lambda incident, actor: bool(actor.may(permission))


def _no_deadlines(row: Any) -> None:
    row.next_update_at = row.chase_at = row.held_until = row.recovered_due_at = None
    row.rises_at = row.untouched_ends_at = None


def _forward(target: Phase) -> Any:
    """From every earlier open phase: only the target's HARD facts bind, those passed become open ends."""
    return transition(
        field="phase",
        source=[phase.value for phase in OPEN if ORDER[phase] < ORDER[target]],
        target=target.value,
        conditions=[_stands(target)],
        permission=_may("incidents.respond"),
    )


class PhaseTransitions(models.Model):
    """Mixed into Incident. `facts` is what conditions read; it is never stored."""

    facts: "phases.Facts | None" = None

    class Meta:
        abstract = True

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        # django-fsm refuses a protected field that is set twice. Forgotten first, it is read when asked for.
        self.__dict__.pop("phase", None)
        super().refresh_from_db(*args, **kwargs)

    @_forward(Phase.COORDINATING)
    def begin_coordinating(self) -> None:
        """A place or a manager is set."""

    @_forward(Phase.ASSESSING)
    def begin_assessing(self) -> None:
        """Questions are answered, or a severity is confirmed."""

    @_forward(Phase.COMMUNICATING)
    def begin_communicating(self) -> None:
        """A message is drafted."""

    @_forward(Phase.ESCALATING)
    def begin_escalating(self) -> None:
        """Somebody further is called in."""

    @_forward(Phase.DELEGATING)
    def begin_delegating(self) -> None:
        """A role is given."""

    @_forward(Phase.RESOLVING)
    def begin_resolving(self) -> None:
        """The loop of observing and trying has begun."""

    @transition(
        field="phase",
        source=[phase.value for phase in OPEN],
        target=Phase.RESOLVED.value,
        conditions=[_stands(Phase.RESOLVED)],
        permission=_may("incidents.respond"),
    )
    def to_resolved(self, at: datetime) -> None:
        row: Any = self
        row.resolved_at = at
        _no_deadlines(row)

    @transition(
        field="phase",
        source=Phase.RESOLVED.value,
        target=Phase.CLOSED.value,
        conditions=[_stands(Phase.CLOSED)],
        permission=_may("incidents.respond"),
    )
    def to_closed(self, at: datetime) -> None:
        row: Any = self
        row.closed_at = at

    @transition(
        field="phase",
        source=[phase.value for phase in OPEN],
        target=Phase.CANCELLED.value,
        permission=_may("incidents.respond"),
    )
    def to_cancelled(self, at: datetime, reason: str, quiet_rank: int | None) -> None:
        row: Any = self
        row.cancelled_at, row.cancel_reason, row.quiet_rank = at, reason, quiet_rank
        _no_deadlines(row)

    @transition(
        field="phase",
        source=[phase.value for phase in OPEN],
        target=Phase.MERGED.value,
        permission=_may("incidents.respond"),
    )
    def to_merged(self, at: datetime, into: Any) -> None:
        row: Any = self
        row.merged_at, row.merged_into = at, into
        _no_deadlines(row)

    @transition(
        field="phase",
        source=[Phase.RESOLVED.value, Phase.CLOSED.value],
        target=Phase.RESOLVING.value,
        permission=_may("incidents.respond"),
    )
    def reopen_resolved(self, at: datetime) -> None:
        """The facts that said it was over are taken back; history keeps them."""
        row: Any = self
        row.reopened_at = at
        row.resolved_at = row.closed_at = row.impact_over_at = row.nothing_imminent_at = None
        row.finals_waived = ""
        row.put_off = {question: said for question, said in row.put_off.items() if question != CAUSE}

    @transition(
        field="phase",
        source=[Phase.CANCELLED.value, Phase.MERGED.value],
        target=Phase.DETECTED.value,
        permission=_may("incidents.respond"),
    )
    def reopen_ended(self) -> None:
        """Back to the beginning; the record then moves the label to where the facts stand."""
        row: Any = self
        row.cancelled_at = row.merged_at = row.merged_into = row.quiet_rank = None
        row.cancel_reason = ""
