"""Swaps: somebody asks, another takes, gives back, a manager approves; until then it stays with who asked.

States: open -> taken, or waiting for a manager -> taken; withdrawn while nobody has it for good; past.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from oncall.models import Schedule, Swap, SwapState
from oncall.operations.onduty import (
    away_in,
    lock_schedule,
    must_be_current,
    must_be_free,
    on_call_within,
    stretches_of,
    time_ahead,
)
from oncall.roster import Span


@dataclass(frozen=True)
class Swapped:
    """`warnings` are sentences for whoever did it; nothing is refused for them."""

    swap: Swap
    warnings: list[str] = field(default_factory=list)


def ask(
    *,
    schedule: Schedule,
    membership: Membership,
    starts_at: datetime,
    ends_at: datetime,
    actor: Actor,
    now: datetime,
    asked_of: Membership | None = None,
    note: str = "",
) -> Swapped:
    """Asks `asked_of`, or anybody, for what is left of [starts_at, ends_at). It changes nothing yet.

    Needs oncall.cover, for another person oncall.setup. Raises Conflict where `membership` is not on call
    then, or asks for some of it already; warns where `asked_of` is away. Locks the schedule.
    """
    _must_be_own_or_set_up(membership, actor)
    with acting(actor, now=now):
        schedule = lock_schedule(schedule.pk)
        start, end = time_ahead(starts_at, ends_at, now)
        must_be_current(membership)
        own = [
            one for one in stretches_of(on_call_within(schedule, start, end)) if one.person == membership.pk
        ]
        if not own:
            raise Conflict(_("%(name)s is not on call then.") % {"name": membership})
        start, end = own[0].start, own[-1].end
        _must_not_ask_twice(schedule, membership, start, end)
        swap = Swap(
            schedule=schedule,
            membership=membership,
            asked_of=asked_of,
            starts_at=start,
            ends_at=end,
            note=note,
            made_at=now,
        )
        swap.full_clean()
        warnings: list[str] = []
        if asked_of is not None:
            _must_be_another(swap, asked_of)
            warnings = away_in(asked_of, start, end, schedule.zone)
        swap.save()
        return Swapped(swap, warnings)


def take(*, swap: Swap, membership: Membership, actor: Actor, now: datetime) -> Swapped:
    """`membership` is on call instead, at once or when a manager has approved. Needs oncall.cover, for
    another person oncall.setup.

    Raises Conflict where it is not open, was asked of another, is one's own, or `membership` is on call in
    that time already; warns where `membership` is away then. Locks the schedule, then the swap.
    """
    _must_be_own_or_set_up(membership, actor)
    with acting(actor, now=now):
        found = _locked(swap)
        _must_be(found, SwapState.OPEN, now)
        _must_be_another(found, membership)
        if found.asked_of_id not in (None, membership.pk):
            raise Conflict(_("It was asked of %(name)s.") % {"name": found.asked_of})
        start, end = max(found.starts_at, now), found.ends_at
        must_be_free(membership, _theirs(found, start, end), found.schedule.zone)
        found.taken_by, found.taken_at = membership, now
        found.full_clean()
        found.save()
        return Swapped(found, away_in(membership, start, end, found.schedule.zone))


def _theirs(swap: Swap, start: datetime, end: datetime) -> list[Span]:
    """Where the one who asks is on call still. Raises Conflict where that is nowhere."""
    found = on_call_within(swap.schedule, start, end)
    held = [span for span in found if swap.membership_id in span.duties]
    if not held:
        raise Conflict(_("%(name)s is not on call then any more.") % {"name": swap.membership})
    return held


def give_back(*, swap: Swap, actor: Actor, now: datetime) -> Swap:
    """Open again, also in the middle of it: from now on it is with whoever asked. What has been stays.

    Needs oncall.cover and to be whoever took it, or oncall.setup: so a manager says no as well.
    """
    actor.must("oncall.cover")
    with acting(actor, now=now):
        found = _locked(swap)
        _must_be(found, (SwapState.TAKEN, SwapState.ASKED), now)
        _must_be_theirs(found.taken_by_id, actor)
        found.taken_by_id = found.taken_at = found.approved_by_id = found.approved_at = None
        found.save()
        return found


def withdraw(*, swap: Swap, actor: Actor, now: datetime) -> Swap:
    """Asks no more. Needs oncall.cover and to be whoever asked, or oncall.setup.

    Raises Conflict where somebody has it for good: they can give it back.
    """
    actor.must("oncall.cover")
    with acting(actor, now=now):
        found = _locked(swap)
        _must_be(found, (SwapState.OPEN, SwapState.ASKED), now)
        _must_be_theirs(found.membership_id, actor)
        found.withdrawn_at = now
        found.save()
        return found


def approve(*, swap: Swap, actor: Actor, now: datetime) -> Swap:
    """It holds from now on. Needs oncall.setup. Raises Conflict where it does not wait for that."""
    actor.must("oncall.setup")
    with acting(actor, now=now):
        found = _locked(swap)
        _must_be(found, (SwapState.ASKED,), now)
        found.approved_by_id, found.approved_at = actor.membership_id, now
        found.save()
        return found


def _locked(swap: Swap) -> Swap:
    """Its schedule first, as `ask` does. Raises Swap.DoesNotExist for a missing one, and another tenant's."""
    lock_schedule(Swap.objects.get(pk=swap.pk).schedule_id)
    rows = Swap.objects.select_related("schedule", "membership__user", "taken_by__user", "asked_of__user")
    found: Swap = rows.select_for_update(no_key=True, of=("self",)).get(pk=swap.pk)
    return found


def _must_be(swap: Swap, states: SwapState | tuple[SwapState, ...], now: datetime) -> None:
    state = swap.state(now)
    if swap.ends_at <= now:
        raise Conflict(_("That time is past."))
    if state in (states if isinstance(states, tuple) else (states,)):
        return
    if state in (SwapState.TAKEN, SwapState.ASKED):
        raise Conflict(_("%(name)s has taken it.") % {"name": swap.taken_by})
    raise Conflict(_("It was withdrawn.") if state == SwapState.WITHDRAWN else _("Nobody has taken it."))


def _must_be_another(swap: Swap, membership: Membership) -> None:
    must_be_current(membership)
    if membership.pk == swap.membership_id:
        raise Conflict(_("It is their own shift."))


def _must_not_ask_twice(schedule: Schedule, membership: Membership, start: datetime, end: datetime) -> None:
    same = Swap.objects.filter(
        schedule=schedule,
        membership=membership,
        withdrawn_at=None,
        starts_at__lt=end,
        ends_at__gt=start,
    )
    if same.exists():
        raise Conflict(_("Somebody is asked for that time already."))


def _must_be_own_or_set_up(membership: Membership, actor: Actor) -> None:
    actor.must("oncall.cover")
    _must_be_theirs(membership.pk, actor)


def _must_be_theirs(membership_id: int | None, actor: Actor) -> None:
    if membership_id is None or actor.membership_id != membership_id:
        actor.must("oncall.setup")
