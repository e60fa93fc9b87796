"""Right before a send: the state is read again under lock, and the attempt is written down.

What was acknowledged is not sent; what can wait behind another page to the same person is folded into it;
else the attempt row says `sending`, committed, before anything leaves the house.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models.functions import Coalesce

from config import doorbell
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
    Urgency,
)
from oncall.operations.claiming import LEASE, Claimed
from oncall.operations.crew import can_be_called
from oncall.operations.drafts import Draft, message_of
from oncall.operations.locking import lock_escalation

FOLD_WITHIN = timedelta(minutes=5)
# The first half of an advisory lock's key: "page". The second is the person.
PERSON_LOCK = 0x70616765


def begin_attempt(claimed: Claimed, now: datetime) -> Draft | None:
    """The attempt to make, or None where there is nothing to send any more. One transaction.

    Locks the escalation, then the person (an advisory lock), so that of two first pages to one person the
    second sees the first. Does nothing where the lease was lost.
    """
    draft, folded = _begin(claimed, now)
    if folded:
        _unless_answered(claimed, now)
    return draft


def _begin(claimed: Claimed, now: datetime) -> tuple[Draft | None, bool]:
    """The attempt, and whether it was folded instead."""
    folded = False
    with transaction.atomic():
        escalation = lock_escalation(claimed.escalation_id)
        notification = _leased(claimed)
        if notification is None:
            return None, False
        is_page = notification.kind == NotificationKind.PAGE
        if not can_be_called(notification.membership):
            _drop(notification, Note.LEFT, now)
        elif note := _overtaken(notification.kind, escalation):
            _drop(notification, note, now)
        elif is_page and (other := _page_to_fold_into(notification, escalation, now)):
            _fold(notification, other, now)
            folded = True
        else:
            _fall_back(notification)
            return _write_attempt(notification, escalation, claimed, now), False
    return None, folded


def _unless_answered(claimed: Claimed, now: datetime) -> None:
    """The other page may have been answered while this one folded, and the answer could not see it."""
    late = Notification.objects.filter(pk=claimed.id, state=NotificationState.FOLDED).exclude(
        folded_into__escalation__state=EscalationState.PAGING
    )
    if late.update(retry_at=now):
        doorbell.ring("oncall.sends")


def _leased(claimed: Claimed) -> Notification | None:
    found: Notification | None = (
        # Locked, so that nobody claims it between this look and the renewal of its lease.
        Notification.objects.select_related("contact", "membership__user", "page")
        .select_for_update(no_key=True, of=("self",))
        .filter(pk=claimed.id, lease_token=claimed.token, retry_at__isnull=False)
        .first()
    )
    return found


def _overtaken(kind: str, escalation: Escalation) -> str:
    """Why it is not to be said any more; empty where it still is so.

    Of notices too: a "taken, nothing for you to do" that comes through after it was given back would put
    somebody to sleep.
    """
    if kind == NotificationKind.TAKEN:
        return Note.BEGUN_AGAIN if escalation.is_unanswered else ""
    if kind == NotificationKind.OVER:
        return Note.BEGUN_AGAIN if escalation.state != EscalationState.STOPPED else ""
    return "" if escalation.is_unanswered else Note.ANSWERED


def _drop(notification: Notification, note: str, now: datetime) -> None:
    _settle(notification, NotificationState.SKIPPED, now, note=note)


def _page_to_fold_into(notification: Notification, escalation: Escalation, now: datetime) -> Page | None:
    """Another page to this person, as bad or worse and as loud, unanswered and young enough. Two statements.

    Trap: the look-up must be a statement of its own after the lock, or it would not see what was just
    committed.
    """
    with connection.cursor() as cursor:
        key = notification.membership_id % 2**31
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [PERSON_LOCK, key])
    as_loud = [Urgency.HIGH] if escalation.urgency == Urgency.HIGH else Urgency.values
    found: Page | None = (
        Page.objects.filter(
            membership_id=notification.membership_id,
            last_sent_at__gt=now - FOLD_WITHIN,
            escalation__state=EscalationState.PAGING,
            escalation__severity_rank__lte=escalation.severity_rank,
            escalation__urgency__in=as_loud,
        )
        .exclude(escalation_id=escalation.pk)
        .order_by("-last_sent_at")
        .first()
    )
    return found


def _fold(notification: Notification, into: Page, now: datetime) -> None:
    """It is looked at again when that page has grown old, or is answered (summons.unfold)."""
    assert into.last_sent_at is not None
    notification.folded_into = into
    again = into.last_sent_at + FOLD_WITHIN
    _settle(notification, NotificationState.FOLDED, now, retry_at=again)


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
    fields = ["state", "state_at", "note", "retry_at", "folded_into", "lease_until", "lease_token", "claims"]
    notification.save(update_fields=fields)


def _fall_back(notification: Notification) -> None:
    """A contact that was removed or switched off meanwhile: e-mail to the person's own address instead."""
    contact = notification.contact
    if contact is not None and not contact.is_usable:
        notification.contact = None
    if notification.contact is None and notification.method != Method.EMAIL:
        notification.method = Method.EMAIL.value


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
    notification.tries += 1
    notification.state, notification.state_at = NotificationState.SENDING, now
    notification.folded_into = None
    notification.lease_until = now + LEASE
    notification.save(
        update_fields=["tries", "state", "state_at", "folded_into", "lease_until", "contact", "method"]
    )
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
    message = message_of(
        notification, escalation, link=link, now=now, resent=resent, folded=_waiting(notification, was_folded)
    )
    return Draft(notification, attempt, message)


def _waiting(notification: Notification, was_folded: bool) -> int:
    """How many other pages to the person are folded now. Asked only where this one was folded itself."""
    if not was_folded:
        return 0
    waiting: int = (
        # What is folded is due some day: with that the index of what is due is enough.
        Notification.objects.filter(
            membership_id=notification.membership_id, state=NotificationState.FOLDED, retry_at__isnull=False
        )
        .values("escalation_id")
        .distinct()
        .count()
    )
    return waiting
