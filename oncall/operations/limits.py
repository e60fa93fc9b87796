"""Limits on how often a contact is written to: what comes too soon waits, and says so; nothing is dropped.

What waits folds meanwhile (folding.py): pages into the newest page to the person, notices into each other.
"""

from datetime import datetime

from oncall import limits
from oncall.models import ContactMethod, Notification, NotificationKind, PagerProfile

# What somebody asked for, and what asks somebody to get up because another gave it back.
NEVER = {NotificationKind.TEST, NotificationKind.GIVEN_BACK}


def free_at(contact: ContactMethod, *, now: datetime) -> datetime | None:
    """When the next may go by this contact; None: now. Counted from what was sent. One query."""
    sent = Notification.objects.filter(contact=contact, sent_at__gt=now - limits.LONGEST)
    times = list(sent.order_by("-sent_at").values_list("sent_at", flat=True)[: limits.MOST])
    return limits.free_at(contact.kind, times, now)


def held_back_until(notification: Notification, now: datetime) -> datetime | None:
    """Until when a limit holds it back; None where it may go.

    Never the first that goes out for a page, that its severity rose, that it was given back, a test, or a try
    again: what was begun is brought to an end. A try again after the provider took the one before is a
    further message, and counts. Two queries at most.
    """
    contact, page = notification.contact, notification.page
    if contact is None or notification.kind in NEVER:
        return None
    if notification.kind == NotificationKind.PAGE and page is not None and page.first_sent_at is None:
        return None
    if notification.why.get("variant") == "raised" or (notification.tries and notification.sent_at is None):
        return None
    until = free_at(contact, now=now)
    if until is not None and _has_none(notification.membership_id):
        return None
    return until


def _has_none(membership_id: int | None) -> bool:
    """Whether this person wants no limits (heavy sleepers)."""
    wants: bool = PagerProfile.objects.filter(membership_id=membership_id, without_limits=True).exists()
    return wants
