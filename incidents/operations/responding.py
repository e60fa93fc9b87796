"""Answers to a page: I have it, coming, not me, undo, later."""

from datetime import datetime

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from incidents.models import Call, Incident


def acknowledge_incident(
    *, incident: Incident, membership: Membership, actor: Actor, now: datetime
) -> Incident:
    """`membership` has it: stops every running ladder that pages that person, else the first ones
    (service, default policy), also one that found nobody. The first to acknowledge is manager until a
    handover.

    A held incident is taken without paging. A second call changes nothing. Needs incidents.respond.
    """
    raise NotImplementedError


def acknowledge_call(*, call: Call, membership: Membership, actor: Actor, now: datetime) -> Call:
    """`membership` is coming for this call, and for no other. A second call, by anyone, changes nothing."""
    raise NotImplementedError


def pass_on_call(
    *, call: Call, membership: Membership, actor: Actor, now: datetime, asked_at: datetime | None = None
) -> Call:
    """Not me, or cannot: the next is paged at once. Ignored where a step fired after `asked_at`."""
    raise NotImplementedError


def undo_acknowledge(*, incident: Incident, membership: Membership, actor: Actor, now: datetime) -> Incident:
    """Within 10 minutes: the ladders that person stopped page again; a manager by acknowledging is none.

    Raises Conflict where there is nothing to undo, or it is too late.
    """
    raise NotImplementedError


def snooze(*, incident: Incident, until: datetime, actor: Actor, now: datetime) -> Incident:
    """Quiet until `until`, then the first ladders page from the start. ValidationError for the past."""
    raise NotImplementedError
