"""Mails about signing in: queued as rows with the act that wants them, sent afterwards, tried again for a
day.

A row that is due is claimed with a lease before the call. A lease that runs out is sent again: a mail twice
beats none. Registered as due work "tenancy.mails" (queue "send"); `repair` also sweeps what is over.
"""

from datetime import datetime, timedelta

import structlog
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import translation

from config import clock, doorbell
from config.tenancy import throttle
from config.tenancy.models import OutgoingMail, User

log = structlog.get_logger(__name__)

WORK = "tenancy.mails"
# One by one: of ten that take ten seconds each, the last would begin long after its lease.
BATCH = 1
LEASE = timedelta(seconds=30)
RETRY_AFTER = (1, 2, 5, 10, 30)  # minutes, the last again and again
GIVE_UP_AFTER = timedelta(hours=24)
KEPT_FOR = timedelta(days=30)


def queue_mail(*, user: User | None, subject: str, body: str, now: datetime) -> OutgoingMail:
    """Inside the caller's transaction. Without a user the same row is written, addressed to nobody and
    never due: the work for an unknown e-mail address must not differ from that for a known one.
    """
    mail = OutgoingMail.objects.create(
        to=user.email if user else "",
        subject=subject[:300],
        body=body,
        created_at=now,
        due_at=now if user else None,
    )
    doorbell.ring(WORK)
    return mail


def send_due(now: datetime) -> int:
    """Sends what is due, oldest first, at most BATCH. Returns how many were tried."""
    claimed = _claim(now)
    for mail in claimed:
        _send(mail, now)
    return len(claimed)


def _claim(now: datetime) -> list[OutgoingMail]:
    with transaction.atomic():
        rows = list(_due(now).select_for_update(skip_locked=True).order_by("due_at")[:BATCH])
        ids = [row.pk for row in rows]
        OutgoingMail.objects.filter(pk__in=ids).update(lease_until=now + LEASE, attempts=F("attempts") + 1)
    return rows


def _send(mail: OutgoingMail, now: datetime) -> None:
    row = OutgoingMail.objects.filter(pk=mail.pk, due_at=mail.due_at)
    try:
        EmailMessage(mail.subject, mail.body, to=[mail.to]).send()
    except Exception as error:  # whatever the backend raises: it is tried again, and said
        log.warning("mail_not_sent", mail=mail.pk, error=type(error).__name__)
        over = now - mail.created_at > GIVE_UP_AFTER
        minutes = RETRY_AFTER[min(mail.attempts, len(RETRY_AFTER) - 1)]
        row.update(
            due_at=None if over else now + timedelta(minutes=minutes),
            lease_until=None,
            body="" if over else mail.body,
        )
    else:
        # The text held a link that signs in: it is not kept.
        row.update(due_at=None, lease_until=None, sent_at=now, body="")


def _due(now: datetime) -> QuerySet[OutgoingMail]:
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    return OutgoingMail.objects.filter(free, due_at__lte=now)


def oldest_due(now: datetime) -> datetime | None:
    return _due(now).order_by("due_at").values_list("due_at", flat=True).first()


def next_due(now: datetime) -> datetime | None:
    later = OutgoingMail.objects.filter(due_at__gt=now)
    return later.order_by("due_at").values_list("due_at", flat=True).first()


def sweep(now: datetime) -> int:
    """Forgets windows that are over and mails of a month ago. No deadline can be missing here, so none is
    given.
    """
    throttle.sweep(now)
    OutgoingMail.objects.filter(due_at=None, created_at__lt=now - KEPT_FOR).delete()
    return 0


DUE_WORK = clock.DueWork(
    name=WORK, run=send_due, oldest_due=oldest_due, next_due=next_due, repair=sweep, queue="send"
)


def in_language_of(user: User) -> translation.override:
    """Mails speak the reader's language, whoever causes them."""
    return translation.override(user.language)
