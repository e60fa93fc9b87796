"""Answers to a call: I have it, not me, undo, later, over. Each locks its own escalation and no other."""

from datetime import datetime

from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.scoping import bound_tenant_id
from oncall.card import storable
from oncall.ladder import FOOT, Ladder, Place, after
from oncall.models import Escalation, EscalationState, EventKind, Note, NotificationKind
from oncall.models.escalation import UNDO_WITHIN
from oncall.operations.answers import (
    ack_end,
    add_answer,
    answered_ids,
    answers_of,
    forget_answers,
    save_afresh,
    set_ack_end,
    take,
)
from oncall.operations.events import record
from oncall.operations.firing import is_held
from oncall.operations.locking import lock_escalation
from oncall.operations.reviving import revive_dropped
from oncall.operations.summons import drop_waiting, tell_paged, unfold, unfold_behind


def acknowledge(*, escalation_id: int, membership: Membership, actor: Actor, now: datetime) -> Escalation:
    """`membership` has it: the ladder waits, waiting pages are skipped, the others paged hear who took it.

    Where its step asks for several, all but the last of them only stop their own pages: it goes on paging
    until enough have it, and whoever was first is shown as having it. Also from `snoozed` and `exhausted`,
    where one is enough. A second call, by anyone, changes nothing and returns it: the state says who has it,
    or that it is over. Sends escalation_acknowledged once. Needs oncall.respond, or to have been paged for
    it.
    """
    with acting(actor, now=now):
        escalation = lock_to_answer(escalation_id, actor)
        _own(membership)
        if escalation.state in (EscalationState.ACKNOWLEDGED, EscalationState.STOPPED):
            return escalation
        answers = _answered(escalation, membership, actor, now)
        if answers is not None:
            take(
                escalation,
                has_it=answers[0],
                said_by=membership,
                actor=actor,
                now=now,
                answered={one.pk for one in answers},
            )
        return escalation


def _answered(
    escalation: Escalation, membership: Membership, actor: Actor, now: datetime
) -> list[Membership] | None:
    """All who have it, the first first, once that is enough; None while more are needed."""
    paging = escalation.state == EscalationState.PAGING
    if escalation.answers_needed < 2 or not paging:
        return [membership]
    if not add_answer(escalation, membership, now):
        return None
    people = [answer.membership for answer in answers_of(escalation)]
    if len(people) >= escalation.answers_needed:
        return people
    words = {"by": str(membership), "have": len(people), "needed": escalation.answers_needed}
    record(escalation, EventKind.ANSWERED, actor=actor, now=now, **words)
    drop_waiting(escalation, note=Note.ANSWERED, now=now, of=membership.pk)
    unfold_behind(escalation, membership, now)
    return None


def pass_on(
    *,
    escalation_id: int,
    membership: Membership,
    actor: Actor,
    now: datetime,
    asked_at: datetime | None = None,
) -> Escalation:
    """`membership` will not, or wants more: the next step is due at once, also after one that is held. Needs
    oncall.respond, or to have been paged for it.

    `asked_at` is when the page that is answered was sent or drawn: where a step fired after it, nothing
    happens, so that a late or second tap cannot skip a person. Does nothing unless it is paging.
    """
    with acting(actor, now=now):
        escalation = lock_to_answer(escalation_id, actor)
        _own(membership)
        if escalation.state != EscalationState.PAGING or _fired_since(escalation, asked_at):
            return escalation
        _step_over_hold(escalation)
        escalation.next_step_at = now
        save_afresh(escalation)
        record(escalation, EventKind.PASSED_ON, actor=actor, now=now, by=str(membership))
        # Theirs only: whoever was called beside them has not been heard yet.
        drop_waiting(escalation, note=Note.PASSED_ON, now=now, of=membership.pk)
        unfold_behind(escalation, membership, now)
        doorbell.ring("oncall.steps")
        return escalation


def undo_acknowledge(*, escalation_id: int, actor: Actor, now: datetime) -> Escalation:
    """Within 10 minutes: paging again; the next step keeps its time, or is due at once where that is past.

    Of several who have it, the one who gives it back does so alone; who is none of them, for all. Raises
    Conflict afterwards. Does nothing unless somebody has it. Needs oncall.respond, or to have been paged for
    it.
    """
    with acting(actor, now=now):
        escalation = lock_to_answer(escalation_id, actor)
        if escalation.state == EscalationState.PAGING:
            return _take_back_own(escalation, actor, now)
        if escalation.state != EscalationState.ACKNOWLEDGED:
            return escalation
        taken_at = escalation.acknowledged_at or now
        if now - taken_at > UNDO_WITHIN:
            raise Conflict(_("Undo works for 10 minutes. Page somebody, or hand it over."))
        forgotten = forget_answers(escalation, actor.membership_id)
        by = str(forgotten[0].membership if len(forgotten) == 1 else escalation.acknowledged_by)
        _page_again(escalation, now)
        record(escalation, EventKind.UNDONE, actor=actor, now=now, by=by)
        still = answered_ids(escalation)
        since = min([answer.at for answer in forgotten], default=taken_at)
        revive_dropped(escalation, note=Note.ANSWERED, dropped_at=since, now=now, but=still)
        if not still:
            why = {"by": by, "at": now.isoformat()}
            tell_paged(escalation, NotificationKind.GIVEN_BACK, why=why, now=now, but=_of_actor(actor))
        doorbell.ring("oncall.steps")
        return escalation


def _page_again(escalation: Escalation, now: datetime) -> None:
    escalation.state = EscalationState.PAGING
    escalation.turn += 1
    if escalation.held_step_at is None:
        # It was taken after the ladder had ended, or out of a snooze: from the foot.
        escalation.rung, escalation.loop = FOOT
    escalation.next_step_at = max(now, escalation.held_step_at or now)
    escalation.held_step_at = escalation.acknowledged_by = None
    escalation.acknowledged_at = escalation.ack_expires_at = escalation.remind_at = None
    save_afresh(escalation)


def _take_back_own(escalation: Escalation, actor: Actor, now: datetime) -> Escalation:
    """One of several, before there were enough: their own pages wait again."""
    mine = next((one for one in answers_of(escalation) if one.membership_id == actor.membership_id), None)
    if mine is None:
        return escalation
    if now - mine.at > UNDO_WITHIN:
        raise Conflict(_("Undo works for 10 minutes. Page somebody, or hand it over."))
    mine.delete()
    record(escalation, EventKind.UNDONE, actor=actor, now=now, by=str(mine.membership))
    revive_dropped(escalation, note=Note.ANSWERED, dropped_at=mine.at, now=now, of=mine.membership_id)
    return escalation


def stop(
    *, escalation_id: int, reason: str, actor: Actor, now: datetime, tell: bool = False, words: str = ""
) -> Escalation:
    """Ends the ladder and what waits to be sent. A second call changes nothing.

    Needs oncall.respond, or to have been paged for it. With `tell` those who were paged hear that it is
    over; `words` is one more sentence for them.
    """
    with acting(actor, now=now):
        escalation = lock_to_answer(escalation_id, actor)
        if escalation.state == EscalationState.STOPPED:
            return escalation
        escalation.state = EscalationState.STOPPED
        escalation.turn += 1
        escalation.next_step_at = escalation.ack_expires_at = escalation.snoozed_until = None
        escalation.remind_at = None
        escalation.ended_at, escalation.end_reason = now, storable(reason)[:200]
        save_afresh(escalation)
        record(escalation, EventKind.STOPPED, actor=actor, now=now, reason=reason)
        drop_waiting(escalation, note=Note.OVER, now=now)
        if tell:
            why = {"at": now.isoformat(), "words": storable(words)}
            tell_paged(escalation, NotificationKind.OVER, why=why, now=now)
        unfold(escalation, now)
        return escalation


def renew_ack(
    *, escalation_id: int, actor: Actor, now: datetime, until: datetime | None = None, said: bool = False
) -> Escalation | None:
    """Work goes on: the acknowledgement lasts from `now` again, or to `until`, and so does its reminder.

    `said`: a person pressed "still on it", which is written down. Returns the escalation, or None where it is
    not acknowledged (nothing changes then). Needs oncall.view; said, oncall.respond or to have been paged for
    it.
    """
    actor.must("oncall.view")
    with acting(actor, now=now):
        escalation = lock_to_answer(escalation_id, actor) if said else lock_escalation(escalation_id)
        if escalation.state != EscalationState.ACKNOWLEDGED:
            return None
        set_ack_end(escalation, until or ack_end(escalation, now), now)
        escalation.save(update_fields=["ack_expires_at", "remind_at"])
        if said:
            ends_at = escalation.ack_expires_at
            record(escalation, EventKind.RENEWED, actor=actor, now=now, until=ends_at and ends_at.isoformat())
        return escalation


def snooze(*, escalation_id: int, until: datetime, actor: Actor, now: datetime) -> Escalation:
    """Quiet until `until`, then paging from the first step. Conflict once it is over.

    Needs oncall.respond, or to have been paged for it. A second call moves the end.
    """
    with acting(actor, now=now):
        escalation = lock_to_answer(escalation_id, actor)
        if escalation.state == EscalationState.STOPPED:
            raise Conflict(_("It is over: there is nothing to snooze."))
        if until <= now:
            raise Conflict(_("Choose a time that is still to come."))
        escalation.state = EscalationState.SNOOZED
        escalation.next_step_at = escalation.ack_expires_at = escalation.ended_at = None
        escalation.remind_at = None
        escalation.snoozed_until = until
        save_afresh(escalation)
        record(escalation, EventKind.SNOOZED, actor=actor, now=now, until=until.isoformat())
        drop_waiting(escalation, note=Note.SNOOZED, now=now)
        unfold(escalation, now)
        doorbell.ring("oncall.acks")
        return escalation


def lock_to_answer(escalation_id: int, actor: Actor) -> Escalation:
    """Whoever was paged may answer, whatever their role; others need oncall.respond."""
    escalation = lock_escalation(escalation_id)
    if actor.may("oncall.respond"):
        return escalation
    paged = actor.membership_id is not None and escalation.pages.filter(membership_id=actor.membership_id)
    if not paged or not paged.exists():
        actor.must("oncall.respond")
    return escalation


def _own(membership: Membership) -> None:
    """Another tenant's person is answered as a missing one."""
    if membership.tenant_id != bound_tenant_id():
        raise Membership.DoesNotExist


def _fired_since(escalation: Escalation, asked_at: datetime | None) -> bool:
    fired = escalation.last_step_at
    return asked_at is not None and fired is not None and fired > asked_at


def _step_over_hold(escalation: Escalation) -> None:
    """A step that is held would only be held again: whoever asks for more now gets the one after it."""
    climbed, place = Ladder.from_json(escalation.snapshot), Place(escalation.rung, escalation.loop)
    if is_held(escalation, place):
        escalation.rung, escalation.loop = after(climbed, place)


def _of_actor(actor: Actor) -> set[int]:
    return {actor.membership_id} if actor.membership_id is not None else set()
