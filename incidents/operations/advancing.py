"""The label follows the facts (DESIGN, the seven phases as a machine)."""

from datetime import datetime

from config.tenancy.actors import Actor
from incidents.models import Incident


def advance(*, incident: Incident, actor_cause: Actor, now: datetime) -> Incident:
    """Last line of every operation, with the incident locked: moves the label to where the facts stand.

    Forward only; the mover is "by the record". An act by a person also renews what they acknowledged.
    """
    raise NotImplementedError


def move_to(*, incident: Incident, phase: str, actor: Actor, now: datetime) -> Incident:
    """A person jumps forward: only the target's HARD facts bind, what is passed becomes an open end.

    Raises PhaseRefused with what is missing in words, also for a way back or an end (they have operations
    of their own). A second call changes nothing. Needs incidents.respond.
    """
    raise NotImplementedError


def put_off(
    *,
    incident: Incident,
    question: str,
    until: datetime | None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Incident:
    """Answers a question of the next action with "later" (`until`) or "not needed" (None).

    `question` is a `phases.Question`. Raises ValidationError for another one or a moment in the past.
    """
    raise NotImplementedError
