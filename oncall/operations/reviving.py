"""Pages that were dropped come back when the answer that dropped them is undone."""

from collections.abc import Collection
from datetime import datetime

from django.db.models.functions import Greatest

from config import doorbell
from oncall.models import Escalation, Notification, NotificationKind, NotificationState


def revive_dropped(
    escalation: Escalation,
    *,
    note: str,
    dropped_at: datetime,
    now: datetime,
    of: int | None = None,
    but: Collection[int] = (),
) -> int:
    """Pages skipped since then with `note` wait again: for their own time, or at once where it is past.

    `of` is the membership whose pages they are, None: everybody's; `but` are those who still have it. Since,
    not then: one that was being sent when the answer came, and failed, is dropped at its next try.
    """
    rows = Notification.objects.filter(
        escalation=escalation,
        kind=NotificationKind.PAGE,
        state=NotificationState.SKIPPED,
        state_at__gte=dropped_at,
        note=note,
    )
    if of is not None:
        rows = rows.filter(membership_id=of)
    if but:
        rows = rows.exclude(membership_id__in=but)
    revived: int = rows.update(
        state=NotificationState.PENDING,
        state_at=now,
        retry_at=Greatest("due_at", now),
        folded_into=None,
        note="",
    )
    if revived:
        doorbell.ring("oncall.sends")
    return revived
