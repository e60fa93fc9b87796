"""Answers to a call: I have it, not me, undo, later, over. Each locks its own escalation and no other."""

from datetime import datetime

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from oncall.models import Escalation


def acknowledge(*, escalation_id: int, membership: Membership, actor: Actor, now: datetime) -> Escalation:
    """`membership` has it: the ladder waits, waiting pages are skipped, the others paged hear who took it.

    Also from `snoozed` and `exhausted`. A second call, by anyone, changes nothing and returns it: the state says
    who has it. Sends escalation_acknowledged. Needs oncall.respond.
    """
    raise NotImplementedError


def pass_on(
    *,
    escalation_id: int,
    membership: Membership,
    actor: Actor,
    now: datetime,
    asked_at: datetime | None = None,
) -> Escalation:
    """`membership` will not: the next step is due at once. Needs oncall.respond.

    `asked_at` is when the page that is answered was sent or drawn: where a step fired after it, nothing happens,
    so that a late or second tap cannot skip a person. Does nothing unless it is paging.
    """
    raise NotImplementedError


def undo_acknowledge(*, escalation_id: int, actor: Actor, now: datetime) -> Escalation:
    """Within 10 minutes: paging again; the next step keeps its time, or is due at once where that is past.

    Raises NotNow afterwards. Does nothing unless it is acknowledged. Needs oncall.respond.
    """
    raise NotImplementedError


def stop(
    *, escalation_id: int, reason: str, actor: Actor, now: datetime, tell: bool = False, words: str = ""
) -> Escalation:
    """Ends the ladder and what waits to be sent. A second call changes nothing. Needs oncall.respond.

    With `tell` those who were paged hear that it is over; `words` is one more sentence for them.
    """
    raise NotImplementedError


def renew_ack(
    *, escalation_id: int, actor: Actor, now: datetime, until: datetime | None = None
) -> Escalation | None:
    """Work goes on: the acknowledgement lasts from `now` again, or to `until`. One UPDATE, no lock waits on it.

    Returns the escalation, or None where it is not acknowledged (nothing changes then). Needs oncall.respond.
    """
    raise NotImplementedError


def snooze(*, escalation_id: int, until: datetime, actor: Actor, now: datetime) -> Escalation:
    """Quiet until `until`, then paging from the first step. Raises NotNow once it is over. Needs oncall.respond."""
    raise NotImplementedError
