"""After a provider took a message: whether it arrived. Silence is a failure too, and the next method goes.

A provider that reports (text messages, calls) has a minute to say so. What is stored of its reports only
grows, so that they may come twice and in any order.
"""

import random
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from config.tenancy.deadlines import Deadlines
from oncall.backoff import wait_after
from oncall.models import (
    Attempt,
    AttemptOutcome,
    Escalation,
    Method,
    Note,
    Notification,
    NotificationKind,
    NotificationState,
)
from oncall.operations.failing import try_otherwise
from oncall.operations.locking import lock_escalation
from oncall.replies import BY_NOBODY_KNOWN, DELIVERED_FROM, FAILED_FROM, Receipt
from oncall.senders.message import Outcome

log = structlog.get_logger(__name__)

# A call rings for 25 seconds, and somebody has to say hello.
CONFIRMED_WITHIN = {Method.VOICE.value: timedelta(seconds=90)}
CONFIRMED_WITHIN_ELSE = timedelta(seconds=60)
# Whoever did not take a call is not called again at once; their other methods go meanwhile.
AGAIN_AFTER = timedelta(minutes=1)
# What has to arrive; of the rest it is nice to know.
WATCHED = {NotificationKind.PAGE, NotificationKind.GIVEN_BACK, NotificationKind.TEST}


def to_be_confirmed(notification: Notification, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """Columns to set when a provider took it: its id, and by when its report should be there."""
    if not outcome.receipt:
        return {"provider_id": ""}  # no report of a try before it is about this one
    known: dict[str, Any] = {"provider_id": outcome.provider_id}
    if notification.kind in WATCHED and notification.receipt_rank < DELIVERED_FROM:
        within = CONFIRMED_WITHIN.get(notification.method, CONFIRMED_WITHIN_ELSE)
        known["confirm_by"] = now + within
    return known


def as_reported(notification: Notification, outcome: Outcome) -> Outcome:
    """A report may be here before the call has returned. Reads the rank afresh; one query."""
    rank = Notification.objects.values_list("receipt_rank", flat=True).get(pk=notification.pk)
    notification.receipt_rank = rank
    if outcome.ok and _says_failed(rank):
        return Outcome(False, "accepted, then reported as failed", provider_id=outcome.provider_id)
    return outcome


def note_receipt(*, notification_id: int, receipt: Receipt, now: datetime, provider_id: str = "") -> None:
    """What the provider says became of it. Inside the tenant's scope; another tenant's is a missing one.

    A report that says less than one before, or is of an earlier try (`provider_id`), changes nothing.
    Delivered: nobody waits for it any more. Failed: as a failed attempt, and the next method goes now.
    """
    row = Notification.objects.filter(pk=notification_id).values("escalation_id").first()
    if row is None:
        return
    with transaction.atomic():
        escalation = lock_escalation(row["escalation_id"])
        notification = _locked(notification_id)
        if receipt.rank <= notification.receipt_rank or _of_another_try(notification, receipt, provider_id):
            return
        notification.receipt_rank = receipt.rank
        if receipt.delivered:
            notification.delivered_at, notification.confirm_by = now, None
            if notification.note == Note.NOT_CONFIRMED:
                notification.note = ""
        notification.save(update_fields=["receipt_rank", "delivered_at", "confirm_by", "note"])
        if receipt.failed and notification.state == NotificationState.SENT:
            _failed(notification, escalation, receipt.detail, now)


def _locked(notification_id: int) -> Notification:
    found: Notification = (
        Notification.objects.select_related("contact", "membership__user", "page")
        .select_for_update(no_key=True, of=("self",))
        .get(pk=notification_id)
    )
    return found


def _of_another_try(notification: Notification, receipt: Receipt, provider_id: str) -> bool:
    """A late failure of an earlier try says nothing of this one; that an earlier one arrived is good news.

    While a try is on its way the id is still that of the one before, if there was one.
    """
    if receipt.delivered or not provider_id:
        return False
    if notification.state == NotificationState.SENDING:
        return provider_id == notification.provider_id
    return provider_id != notification.provider_id


def _failed(notification: Notification, escalation: Escalation, detail: str, now: datetime) -> None:
    log.warning("send_failed", notification=notification.pk, method=notification.method, detail=detail)
    Attempt.objects.filter(notification=notification, number=notification.tries).update(
        outcome=AttemptOutcome.FAILED, ended_at=now, detail=detail[:300]
    )
    notification.confirm_by, notification.note = None, detail[:200]
    if escalation.is_unanswered and notification.kind in WATCHED:
        wait = max(AGAIN_AFTER, wait_after(notification.tries, chance=random.random()))  # noqa: S311
        notification.state, notification.state_at = NotificationState.FAILED, now
        notification.retry_at = now + wait
    notification.save(update_fields=["confirm_by", "note", "state", "state_at", "retry_at"])
    if escalation.is_unanswered and notification.kind == NotificationKind.PAGE:
        try_otherwise(notification, now, mail=True)


def give_up_waiting(notification_id: int, now: datetime) -> bool:
    """No word in time that it arrived: the person's next method goes now. False where nothing was to do.

    It is not sent again by the same way: it may well be there, and the provider has it.
    """
    row = Notification.objects.filter(pk=notification_id).values("escalation_id").first()
    if row is None:
        return False
    with transaction.atomic():
        escalation = lock_escalation(row["escalation_id"])
        notification = _locked(notification_id)
        if notification.confirm_by is None or notification.confirm_by > now:
            return False
        notification.confirm_by = None
        if notification.state == NotificationState.SENT:
            notification.note = Note.NOT_CONFIRMED
        notification.save(update_fields=["confirm_by", "note"])
        log.warning("send_not_confirmed", notification=notification.pk, method=notification.method)
        if escalation.is_unanswered and notification.kind == NotificationKind.PAGE:
            try_otherwise(notification, now, mail=True)
        return True


def _says_failed(rank: int) -> bool:
    return FAILED_FROM <= rank < DELIVERED_FROM and rank != BY_NOBODY_KNOWN


RECEIPTS = Deadlines("oncall.receipts", Notification, "confirm_by", give_up_waiting)
