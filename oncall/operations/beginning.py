"""Right before a send: the state is read again under lock, and the attempt is written down.

What was acknowledged is not sent; what can wait behind another page to the same person is folded into it;
what a limit or quiet hours hold back waits and says so; else the attempt row says `sending`, committed,
before anything leaves the house.
"""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Coalesce

from config.tenancy import links
from oncall.models import (
    Attempt,
    AttemptOutcome,
    Escalation,
    EscalationState,
    Method,
    Note,
    Notification,
    NotificationKind,
    NotificationState,
    Page,
)
from oncall.operations import failing, folding, limits, quiet, replying
from oncall.operations.answers import answered_ids
from oncall.operations.claiming import LEASE, Claimed
from oncall.operations.crew import can_be_called
from oncall.operations.drafts import Draft, message_of
from oncall.operations.locking import lock_escalation


def begin_attempt(claimed: Claimed, now: datetime) -> Draft | None:
    """The attempt to make, or None where there is nothing to send any more. One transaction.

    Locks the escalation, then the person (an advisory lock), so that of two first pages to one person the
    second sees the first. Does nothing where the lease was lost.
    """
    draft, folded = _begin(claimed, now)
    if folded:
        folding.look_again_if_answered(claimed.id, now)
    return draft


def _begin(claimed: Claimed, now: datetime) -> tuple[Draft | None, bool]:
    """The attempt, and whether it was folded instead."""
    with transaction.atomic():
        escalation = lock_escalation(claimed.escalation_id)
        notification = _leased(claimed)
        if notification is None:
            return None, False
        if note := _not_needed(notification, escalation, now):
            _drop(notification, note, now)
            return None, False
        if _held(notification, escalation, now):
            return None, False
        if other := _page_to_fold_into(notification, escalation, now):
            _fold(notification, other, now)
            return None, True
        if folding.yields_to_worse(notification, escalation, now):
            again, note = now + folding.YIELDS, notification.note
            _settle(notification, NotificationState(notification.state), now, note=note, retry_at=again)
            return None, False
        if _fall_back(notification) and failing.has_own_mail(notification, now):
            _drop(notification, Note.TOLD_WITH, now)
            return None, False
        if until := limits.held_back_until(notification, now):
            _hold(notification, Note.LIMIT, until, now)
            return None, False
        return _write_attempt(notification, escalation, claimed, now), False


def _leased(claimed: Claimed) -> Notification | None:
    found: Notification | None = (
        # Locked, so that nobody claims it between this look and the renewal of its lease.
        Notification.objects.select_related("contact", "membership__user", "page", "channel")
        .select_for_update(no_key=True, of=("self",))
        .filter(pk=claimed.id, lease_token=claimed.token, retry_at__isnull=False)
        .first()
    )
    return found


# --- is it still to be said? -------------------------------------------------------------------------------


def _not_needed(notification: Notification, escalation: Escalation, now: datetime) -> str:
    """Why it is not to be said any more; empty where it is."""
    if not _has_receiver(notification):
        return Note.LEFT
    if note := _overtaken(notification, escalation):
        return note
    told = folding.is_told_otherwise(notification) or folding.is_said_again(notification, now)
    return Note.TOLD_WITH if told else ""


def _has_receiver(notification: Notification) -> bool:
    if notification.membership is not None:
        return can_be_called(notification.membership)
    return notification.channel is not None and notification.channel.disabled_at is None


def _overtaken(notification: Notification, escalation: Escalation) -> str:
    """Of notices too: a "taken, nothing for you to do" that comes through after it was given back would put
    somebody to sleep.
    """
    match notification.kind:
        case NotificationKind.TAKEN:
            # Given to others, it is not theirs any more, whether or not those have answered.
            if "given_to" in notification.why:
                return ""
            if escalation.is_unanswered:
                return Note.BEGUN_AGAIN
            return Note.OVER if folding.hears_that_it_is_over(notification, escalation) else ""
        case NotificationKind.OVER:
            return Note.BEGUN_AGAIN if escalation.state != EscalationState.STOPPED else ""
        case NotificationKind.REMINDER:
            ends_at = escalation.ack_expires_at
            renewed = ends_at is None or ends_at.isoformat() != notification.why["at"]
            return Note.ANSWERED if renewed else ""
        case NotificationKind.NOBODY if "have_it" in notification.why:
            return ""
    if escalation.answers_needed > 1 and notification.membership_id in answered_ids(escalation):
        return Note.ANSWERED
    return "" if escalation.is_unanswered else Note.ANSWERED


def _drop(notification: Notification, note: str, now: datetime) -> None:
    folding.let_go_of(notification, now)
    _settle(notification, NotificationState.SKIPPED, now, note=note)


# --- can it wait? ------------------------------------------------------------------------------------------


def _held(notification: Notification, escalation: Escalation, now: datetime) -> bool:
    """By quiet hours: held until their end, or at their end told with the others that waited."""
    until = quiet.quiet_until(notification, escalation, now)
    if until is not None and notification.state != NotificationState.SENDING:
        _hold(notification, Note.QUIET, until, now)
        return True
    if notification.note != Note.QUIET:
        return False
    if notification.kind == NotificationKind.PAGE and escalation.urgency == "low":
        quiet.put_in_digest(notification, now)
        return True
    notification.delayed_until, notification.note = None, ""
    return False


def _page_to_fold_into(notification: Notification, escalation: Escalation, now: datetime) -> Page | None:
    if notification.kind != NotificationKind.PAGE or notification.membership is None:
        return None
    return folding.page_to_fold_into(notification, escalation, now)


def _fold(notification: Notification, into: Page, now: datetime) -> None:
    """It is looked at again when that page has grown old, or is answered (summons.unfold)."""
    assert into.last_sent_at is not None
    notification.folded_into = into
    again = into.last_sent_at + folding.FOLD_WITHIN
    _settle(notification, NotificationState.FOLDED, now, retry_at=again)


def _hold(notification: Notification, note: str, until: datetime, now: datetime) -> None:
    notification.delayed_until, notification.folded_into = until, None
    _settle(notification, NotificationState.PENDING, now, note=note, retry_at=until)


def _settle(
    notification: Notification,
    state: NotificationState,
    now: datetime,
    *,
    note: str = "",
    retry_at: datetime | None = None,
) -> None:
    notification.state, notification.state_at = state, now
    notification.note, notification.retry_at = note, retry_at
    notification.lease_until = notification.lease_token = None
    notification.claims = 0
    notification.save(
        update_fields=[
            *("state", "state_at", "note", "retry_at", "delayed_until", "folded_into"),
            *("lease_until", "lease_token", "claims"),
        ]
    )


# --- it goes -----------------------------------------------------------------------------------------------


def _fall_back(notification: Notification) -> bool:
    """A contact that was removed or switched off meanwhile: e-mail to the person's own address instead.

    Whether it is a page that becomes such a mail only now.
    """
    if notification.membership is None:
        return False
    contact, method = notification.contact, notification.method
    if contact is not None and not contact.is_usable:
        notification.contact = None
    if notification.contact is None and notification.method != Method.EMAIL:
        notification.method = Method.EMAIL.value
    changed = (notification.contact, notification.method) != (contact, method)
    return changed and notification.kind == NotificationKind.PAGE


def _write_attempt(
    notification: Notification, escalation: Escalation, claimed: Claimed, now: datetime
) -> Draft:
    resent = notification.state == NotificationState.SENDING
    was_folded = notification.state == NotificationState.FOLDED
    if resent:
        # The lease of the try before ran out: nobody knows whether it arrived.
        Attempt.objects.filter(notification=notification, outcome=AttemptOutcome.SENDING).update(
            outcome=AttemptOutcome.UNKNOWN, ended_at=now
        )
    folding.take_along(notification, now)
    replying.give_code(notification, now)
    _mark_sending(notification, now)
    attempt = Attempt.objects.create(
        tenant_id=notification.tenant_id,
        notification=notification,
        number=notification.tries,
        resent=resent,
        lease_token=claimed.token,
        started_at=now,
    )
    if notification.page is not None and notification.kind == NotificationKind.PAGE:
        Page.objects.filter(pk=notification.page_id).update(
            first_sent_at=Coalesce("first_sent_at", now), last_sent_at=now
        )
    link = notification.page.url if notification.page else escalation.card.url or links.absolute("/")
    folded = folding.folded_behind(notification) if was_folded else 0
    also = tuple(notification.why.get("also", ()))
    message = message_of(
        notification, escalation, link=link, now=now, resent=resent, folded=folded, also=also
    )
    return Draft(notification, attempt, message)


def _mark_sending(notification: Notification, now: datetime) -> None:
    notification.tries += 1
    notification.state, notification.state_at = NotificationState.SENDING, now
    notification.folded_into = None
    notification.lease_until = now + LEASE
    # What was reported of the try before says nothing about this one. Its id stays until this one has its
    # own: what is reported of it late is known by that.
    notification.receipt_rank, notification.confirm_by = 0, None
    notification.save(
        update_fields=[
            *("tries", "state", "state_at", "folded_into", "lease_until", "contact", "method", "why"),
            *("receipt_rank", "confirm_by", "reply_code", "delayed_until", "note"),
        ]
    )
