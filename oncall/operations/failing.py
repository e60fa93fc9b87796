"""When a page does not get through: other ways to the same person, and in the end the owners."""

from datetime import datetime

import structlog
from django.db.models import Max, Q

from config import doorbell
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from oncall.models import (
    Escalation,
    EventKind,
    Method,
    Note,
    Notification,
    NotificationKind,
    NotificationState,
    Page,
)
from oncall.operations.crew import owners
from oncall.operations.events import record
from oncall.operations.locking import lock_escalation
from oncall.operations.summons import tell_people

log = structlog.get_logger(__name__)

FALL_BACK_AT_TRY = 2


def try_otherwise(notification: Notification, now: datetime, *, mail: bool = False) -> None:
    """After a failed try: the person's later methods go now, and other pages stop hiding behind this one.

    From the second failed try on there is also an e-mail to the person's own address, unless this is that;
    with `mail` at once, where no other method is left. The escalation is locked. For pages.
    """
    page = notification.page
    if page is None:
        return
    # By the escalation as well: that is what the index knows.
    of_page = Notification.objects.filter(escalation_id=notification.escalation_id, page=page)
    arrived = of_page.filter(state=NotificationState.SENT).exclude(note=Note.NOT_CONFIRMED)
    arrived_at = arrived.exclude(pk=notification.pk).aggregate(at=Max("sent_at"))["at"]
    # Trying again keeps no page young: others would hide behind it as long as a provider is down.
    Page.objects.filter(pk=page.pk).update(last_sent_at=arrived_at)
    if arrived_at is None:
        Notification.objects.filter(folded_into=page, state=NotificationState.FOLDED).update(retry_at=now)
    next_ones = of_page.filter(state=NotificationState.PENDING).update(retry_at=now)
    nothing_left = mail and not next_ones and arrived_at is None
    if nothing_left or notification.tries >= FALL_BACK_AT_TRY:
        _mail_as_well(notification, now)
    doorbell.ring("oncall.sends")


def _goes_to_own_address(notification: Notification) -> bool:
    contact, person = notification.contact, notification.membership
    assert person is not None
    own = person.user.email
    return notification.method == Method.EMAIL and (
        contact is None or contact.address.casefold() == own.casefold()
    )


def has_own_mail(notification: Notification, now: datetime) -> bool:
    """Whether the same page goes to the person's own address by another row of this turn: it went, is tried,
    or is due. One query.
    """
    under_way = Q(state__in=[NotificationState.SENDING, NotificationState.FAILED])
    went = Q(state=NotificationState.SENT)
    due = Q(state=NotificationState.PENDING, retry_at__lte=now)
    mails = Notification.objects.select_related("contact", "membership__user").filter(
        went | under_way | due,
        escalation_id=notification.escalation_id,
        turn=notification.turn,
        kind=NotificationKind.PAGE,
        membership_id=notification.membership_id,
        method=Method.EMAIL,
    )
    return any(_goes_to_own_address(mail) for mail in mails.exclude(pk=notification.pk))


def _mail_as_well(notification: Notification, now: datetime) -> None:
    if _goes_to_own_address(notification) or has_own_mail(notification, now):
        return
    mail = Notification(
        tenant_id=notification.tenant_id,
        escalation_id=notification.escalation_id,
        page_id=notification.page_id,
        membership_id=notification.membership_id,
        contact=None,
        method=Method.EMAIL.value,
        kind=NotificationKind.PAGE,
        turn=notification.turn,
        why=notification.why,
        created_at=now,
        state_at=now,
        due_at=now,
        retry_at=now,
    )
    # Unique per turn: a further try, or a second webhook that fails, finds it there.
    Notification.objects.bulk_create([mail], ignore_conflicts=True)


def give_up(notification_id: int, escalation_id: int, *, note: str, now: datetime) -> None:
    """A dead letter: the row says so, the log says so and, of a page nobody has answered, the owners hear.

    A second call does nothing.
    """
    with acting(ENGINE, now=now):
        escalation = lock_escalation(escalation_id)
        dead = Notification.objects.filter(pk=notification_id).exclude(
            state__in=[NotificationState.DEAD, NotificationState.SENT]
        )
        if not dead.update(
            state=NotificationState.DEAD,
            state_at=now,
            retry_at=None,
            lease_until=None,
            lease_token=None,
            note=note[:200],
        ):
            return
        lost = Notification.objects.select_related("membership__user", "channel").get(pk=notification_id)
        log.error("dead_letter", notification=notification_id, kind=lost.kind, note=note[:200])
        if lost.kind != NotificationKind.PAGE or not escalation.is_unanswered:
            return
        tell_lost(escalation, str(lost.membership or lost.channel), note=note, now=now)


def tell_lost(escalation: Escalation, name: str, *, note: str, now: datetime) -> None:
    """The owners hear that a page to `name` did not get through. On a locked escalation."""
    escalation.turn += 1
    escalation.save(update_fields=["turn"])
    record(escalation, EventKind.UNDELIVERED, actor=ENGINE, now=now, to=name, note=note[:200])
    why = {"lost": name, "at": now.isoformat()}
    tell_people(escalation, owners(), NotificationKind.NOBODY, why=why, now=now)
