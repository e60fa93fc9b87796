"""What is told together: a page behind another page to the same person, equal notices in one message."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from config import doorbell
from oncall.models import (
    Escalation,
    EscalationState,
    Note,
    Notification,
    NotificationKind,
    NotificationState,
    Page,
    Urgency,
)

FOLD_WITHIN = timedelta(minutes=5)
# Steps are at least a minute apart, and so are the rules of a person.
SOONEST_AGAIN = timedelta(minutes=1)
# For so long a page lets a worse one go first.
YIELDS = timedelta(seconds=1)
# The first half of an advisory lock's key: "page". The second is the person.
PERSON_LOCK = 0x70616765
# Notices that may be told together, and the state in which each is still true.
TOGETHER = {
    NotificationKind.TAKEN.value: EscalationState.ACKNOWLEDGED,
    NotificationKind.OVER.value: EscalationState.STOPPED,
}
# Of which words of `why` they must be equal.
SAME = {NotificationKind.TAKEN.value: "by", NotificationKind.OVER.value: "words"}


def page_to_fold_into(notification: Notification, escalation: Escalation, now: datetime) -> Page | None:
    """Another page to this person, as bad or worse and as loud, unanswered and young enough. Two statements.

    Trap: the look-up must be a statement of its own after the lock, or it would not see what was just
    committed. A test hides no page, and is hidden by none.
    """
    assert notification.membership_id is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [PERSON_LOCK, notification.membership_id % 2**31]
        )
    as_loud = [Urgency.HIGH] if escalation.urgency == Urgency.HIGH else Urgency.values
    found: Page | None = (
        Page.objects.filter(
            membership_id=notification.membership_id,
            last_sent_at__gt=now - FOLD_WITHIN,
            escalation__state=EscalationState.PAGING,
            escalation__severity_rank__lte=escalation.severity_rank,
            escalation__urgency__in=as_loud,
            escalation__is_test=False,
        )
        .exclude(escalation_id=escalation.pk)
        .order_by("-last_sent_at")
        .first()
    )
    return found


def yields_to_worse(notification: Notification, escalation: Escalation, now: datetime) -> bool:
    """Whether a page lets a worse one to the same person, which is due as well, go first: after an outage the
    worst is heard first, and the lesser fold behind it (RELIABILITY 26). One query, on the first try only.
    """
    if notification.kind != NotificationKind.PAGE or notification.tries:
        return False
    worse: bool = (
        Notification.objects.filter(
            membership_id=notification.membership_id,
            kind=NotificationKind.PAGE,
            state__in=[NotificationState.PENDING, NotificationState.FOLDED],
            retry_at__lte=now,
            escalation__state=EscalationState.PAGING,
            escalation__severity_rank__lt=escalation.severity_rank,
        )
        .exclude(pk=notification.pk)
        .exists()
    )
    return worse


def hears_that_it_is_over(notification: Notification, escalation: Escalation) -> bool:
    """Whether the person is told the end as well: who took it is no news then. A query, once it is over."""
    if escalation.state != EscalationState.STOPPED:
        return False
    over = Notification.objects.filter(
        escalation=escalation, membership_id=notification.membership_id, kind=NotificationKind.OVER
    )
    return bool(over.exclude(state=NotificationState.SKIPPED).exists())


def look_again_if_answered(notification_id: int, now: datetime) -> None:
    """The other page may have been answered or passed on while this one folded, and the answer could not see
    it.
    """
    rings = Q(folded_into__escalation__state=EscalationState.PAGING, folded_into__last_sent_at__isnull=False)
    late = Notification.objects.filter(pk=notification_id, state=NotificationState.FOLDED).exclude(rings)
    if late.update(retry_at=now):
        doorbell.ring("oncall.sends")


def folded_behind(notification: Notification) -> int:
    """How many other pages to the person are folded now. One statement."""
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


def take_along(notification: Notification, now: datetime) -> None:
    """Equal notices to this person by this contact that wait as well are told in this one, by their keys.

    They are skipped with a note; should this one not be sent in the end, they come back (let_go_of). Written
    into `why`, so that each try says the same. Two statements where there are any, else one.
    """
    if notification.kind not in TOGETHER or notification.why.get("with"):
        return
    others = list(_equal_to(notification, now))
    if not others:
        return
    notification.why = notification.why | {
        "also": [row.escalation.card_stored["key"] for row in others],
        "with": [row.pk for row in others],
    }
    Notification.objects.filter(pk__in=[row.pk for row in others]).update(
        state=NotificationState.SKIPPED,
        state_at=now,
        note=Note.TOLD_WITH,
        retry_at=None,
        lease_until=None,
        lease_token=None,
    )


def _equal_to(notification: Notification, now: datetime) -> list[Notification]:
    same = SAME[notification.kind]
    waiting = Notification.objects.select_related("escalation").filter(
        membership_id=notification.membership_id,
        contact_id=notification.contact_id,
        method=notification.method,
        kind=notification.kind,
        state=NotificationState.PENDING,
        retry_at__isnull=False,
        due_at__lte=now,
        escalation__state=TOGETHER[notification.kind],
    )
    # Rows of other escalations: only where they are free. What another worker began meanwhile is not pending.
    locked = waiting.exclude(pk=notification.pk).select_for_update(
        skip_locked=True, no_key=True, of=("self",)
    )
    return [row for row in locked.order_by("pk") if row.why.get(same, "") == notification.why.get(same, "")]


def let_go_of(notification: Notification, now: datetime) -> None:
    """A notice that is not sent after all: those told with it are told by themselves."""
    if told_with := notification.why.get("with"):
        Notification.objects.filter(
            pk__in=told_with, state=NotificationState.SKIPPED, note=Note.TOLD_WITH
        ).update(state=NotificationState.PENDING, state_at=now, note="", retry_at=now)
        doorbell.ring("oncall.sends")


def is_told_otherwise(notification: Notification) -> bool:
    """A call that says "taken" or "over" wakes whoever went back to sleep: not where other words go out too.

    One statement, none but for such a call.
    """
    if notification.method != "voice" or notification.kind not in TOGETHER:
        return False
    others = Notification.objects.filter(
        escalation_id=notification.escalation_id,
        membership_id=notification.membership_id,
        kind=notification.kind,
        turn=notification.turn,
    )
    told: bool = others.exclude(method="voice").exists()
    return told


def is_said_again(notification: Notification, now: datetime) -> bool:
    """A page that did not get through in time, and is due by the same way once more, for a further round: the
    newer one says it, and when the world is back nobody is told the same thing five times.

    One statement, none for what is not late.
    """
    is_page = notification.kind == NotificationKind.PAGE
    if not is_page or notification.page_id is None or now - notification.due_at < SOONEST_AGAIN:
        return False
    newer = Notification.objects.filter(
        escalation_id=notification.escalation_id,
        kind=NotificationKind.PAGE,
        page_id=notification.page_id,
        way=notification.way,
        due_at__gt=notification.due_at,
        due_at__lte=now,
    )
    again: bool = newer.exclude(state__in=[NotificationState.SKIPPED, NotificationState.DEAD]).exists()
    return again
