"""Sends: claimed one by one, begun under lock, made outside any transaction, and written down.

The world outside is slow, so nothing waits behind a send: while more is due, each claim rings for a further
worker before its own call.
"""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet

from config import clock, doorbell
from config.tenancy.scoping import tenant_scope
from oncall.backoff import wait_after
from oncall.models import Attempt, AttemptOutcome, Note, Notification, NotificationKind, NotificationState
from oncall.operations.beginning import begin_attempt
from oncall.operations.claiming import SENDS, Claimed
from oncall.operations.drafts import Draft, send
from oncall.operations.failing import give_up, try_otherwise
from oncall.operations.gone import switch_off_gone
from oncall.operations.locking import lock_escalation
from oncall.operations.receiving import as_reported, to_be_confirmed
from oncall.senders.message import Outcome

log = structlog.get_logger(__name__)

POISON_AFTER = 5
NOTICE_TRIES = 8
PAGE_LIVES = timedelta(hours=24)
# An address that is not found for an hour is taken for gone.
MISSING_FOR = timedelta(hours=1)
DONE: dict[str, Any] = {"retry_at": None, "lease_until": None, "lease_token": None, "claims": 0}


def run_sends(now: datetime) -> int:
    """Sends one thing that is due at `now`. Returns how many rows were claimed: 1 or 0."""
    batch, more = SENDS.claim_one(now)
    for claimed in batch:
        if more:
            doorbell.ring("oncall.sends")
        with tenant_scope(claimed.tenant_id):
            _work(claimed)
    return len(batch)


def _work(claimed: Claimed) -> None:
    """One row. What goes wrong with it stays with it: it is tried again, and given up after POISON_AFTER."""
    try:
        if claimed.claims > POISON_AFTER:
            give_up(claimed.id, claimed.escalation_id, note=Note.BROKEN, now=clock.now())
            return
        draft = begin_attempt(claimed, clock.now())
        if draft is not None:
            finish_attempt(draft, send(draft), clock.now())
    except Exception:
        log.exception("send_failed_here", notification=claimed.id, claims=claimed.claims)
        SENDS.put_back(claimed, clock.now())


def finish_attempt(draft: Draft, outcome: Outcome, now: datetime) -> None:
    """Writes down what became of an attempt. One transaction, two statements when it went well.

    Where the lease was lost meanwhile the notification belongs to another worker, and only the attempt is
    told. An address that will never work is switched off, and the next try goes another way at once.
    """
    notification = draft.notification
    with transaction.atomic():
        if not outcome.ok or outcome.receipt:
            # A failure touches other rows of the page: in turn with sends of it that begin right now.
            lock_escalation(notification.escalation_id)
        if outcome.receipt:
            outcome = as_reported(notification, outcome)
        if outcome.missing and _was_missing_before(notification, now):
            outcome = replace(outcome, gone=True)
        hopeless = not outcome.ok and _is_hopeless(notification, outcome, now)
        Attempt.objects.filter(pk=draft.attempt.pk).update(
            outcome=AttemptOutcome.SENT if outcome.ok else AttemptOutcome.FAILED,
            ended_at=now,
            detail=outcome.detail[:300],
        )
        mine = Notification.objects.filter(pk=notification.pk, lease_token=draft.attempt.lease_token)
        if outcome.ok:
            mine.update(**DONE, **_as_sent(notification, now), **to_be_confirmed(notification, outcome, now))
        elif not hopeless:
            _try_again(notification, mine, outcome, now)
        if outcome.gone:
            switch_off_gone(notification, detail=outcome.detail, now=now)
    if not outcome.ok:
        log.warning(
            "send_failed",
            notification=notification.pk,
            method=notification.method,
            tries=notification.tries,
            detail=outcome.detail,
        )
    if hopeless:
        give_up(notification.pk, notification.escalation_id, note=outcome.detail, now=now)


def _was_missing_before(notification: Notification, now: datetime) -> bool:
    """Whether it has failed for so long that nobody will put it back. One query."""
    tried = Attempt.objects.filter(notification=notification, started_at__lte=now - MISSING_FOR)
    return bool(tried.exists())


def _as_sent(notification: Notification, now: datetime) -> dict[str, Any]:
    """What was delayed still says so; what went wrong before it arrived is in the attempts."""
    delayed = notification.delayed_until is not None
    note = Note.LIMIT.value if delayed else ""
    return {"state": NotificationState.SENT, "state_at": now, "sent_at": now, "note": note}


def _try_again(notification: Notification, mine: QuerySet[Any], outcome: Outcome, now: datetime) -> None:
    wait = wait_after(notification.tries, chance=random.random(), wish=outcome.retry_after)  # noqa: S311
    if outcome.gone and notification.contact is not None:
        wait = timedelta(0)  # by the person's own address, since this one is switched off
    again = DONE | {"retry_at": now + wait, "note": outcome.detail[:200]}
    mine.update(**again, state=NotificationState.FAILED, state_at=now)
    if notification.kind == NotificationKind.PAGE:
        try_otherwise(notification, now)


def _is_hopeless(notification: Notification, outcome: Outcome, now: datetime) -> bool:
    """A page is tried while nobody has it, for a day; a notice eight times; a channel that is gone not at
    all.
    """
    if outcome.gone and notification.membership_id is None:
        return True
    if notification.kind == NotificationKind.PAGE:
        return now - notification.created_at > PAGE_LIVES
    return notification.tries >= NOTICE_TRIES
