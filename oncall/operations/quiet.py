"""Quiet hours: low urgency waits for their end, and is then told in one message. High urgency never waits."""

from collections.abc import Iterable
from datetime import datetime

from config import doorbell
from config.tenancy.models import Membership
from oncall import quiet
from oncall.models import (
    Escalation,
    EscalationState,
    Note,
    Notification,
    NotificationKind,
    NotificationState,
    PagerProfile,
    PersonalKind,
    PersonalMessage,
    Urgency,
)

# Owners hear at once that nobody answered, and a test is asked for by whoever is awake.
ALWAYS = {NotificationKind.NOBODY, NotificationKind.TEST}


def quiet_until(notification: Notification, escalation: Escalation, now: datetime) -> datetime | None:
    """Until when it waits; None where it goes now. One query, none of high urgency."""
    person = notification.membership
    if escalation.urgency == Urgency.HIGH or notification.kind in ALWAYS or person is None:
        return None
    return quiet_hours_of(person, now)


def quiet_hours_of(person: Membership, now: datetime) -> datetime | None:
    """The end of the quiet hours this person has now, or None. Reads the user. One query."""
    profile = PagerProfile.objects.filter(membership=person, quiet_start__isnull=False).first()
    if profile is None:
        return None
    return quiet.quiet_until(
        profile.quiet_days, profile.quiet_start, profile.quiet_end, person.user.zone, now
    )


def put_in_digest(notification: Notification, now: datetime) -> int:
    """At the end of the quiet hours: what waited for this person goes as one message. Returns how many pages.

    `notification` is locked and one of them. The others are taken where they are free; one that another
    worker has in hand makes a message of its own. By the way that comes first in the person's rules.
    """
    waited = [notification, *_others(notification, now)]
    first = min(waited, key=lambda row: (row.delay_minutes, row.pk))
    PersonalMessage.objects.create(
        tenant_id=notification.tenant_id,
        membership_id=notification.membership_id,
        contact=first.contact,
        method=first.method,
        kind=PersonalKind.DIGEST,
        why={"notifications": sorted(_one_a_page(waited))},
        created_at=now,
        retry_at=now,
    )
    Notification.objects.filter(pk__in=[row.pk for row in waited]).update(
        state=NotificationState.SKIPPED,
        state_at=now,
        note=Note.TOLD_WITH,
        retry_at=None,
        lease_until=None,
        lease_token=None,
    )
    doorbell.ring("oncall.messages")
    return len(waited)


def release(person: Membership, now: datetime) -> int:
    """After a change of the quiet hours: what waits for their end is looked at again now. One statement."""
    held = Notification.objects.filter(
        membership=person, note=Note.QUIET, state=NotificationState.PENDING, retry_at__isnull=False
    )
    released: int = held.update(retry_at=now)
    if released:
        doorbell.ring("oncall.sends")
    return released


def _others(notification: Notification, now: datetime) -> Iterable[Notification]:
    held = Notification.objects.select_related("contact").filter(
        membership_id=notification.membership_id,
        kind=NotificationKind.PAGE,
        note=Note.QUIET,
        state=NotificationState.PENDING,
        retry_at__lte=now,
        escalation__state__in=[EscalationState.PAGING, EscalationState.EXHAUSTED],
    )
    return held.exclude(pk=notification.pk).select_for_update(skip_locked=True, no_key=True, of=("self",))


def _one_a_page(waited: Iterable[Notification]) -> list[int]:
    """Of several methods for one page, the soonest: a digest names each page once."""
    first: dict[int | None, Notification] = {}
    for row in sorted(waited, key=lambda row: (row.delay_minutes, row.pk)):
        first.setdefault(row.page_id, row)
    return [row.pk for row in first.values()]
