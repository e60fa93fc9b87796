"""Answers by text message: four digits that stand for one page, to one number, wherever that number is known.

The way in is a Door of kind REPLY, so that a code is one page's over all tenants: of "<number>:<code>", and
of "<number>:last" for an "ok" without a code. Both are the page's, and end with its link.
"""

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from config import clock
from config.tenancy import throttle
from config.tenancy.doors import Opened, hash_of
from config.tenancy.models import Door, DoorKind
from config.tenancy.throttle import Limit
from oncall.models import ContactMethod, EscalationState, Method, Notification, NotificationKind, Page

ANSWERABLE = {NotificationKind.PAGE, NotificationKind.GIVEN_BACK, NotificationKind.TEST}
LAST = "last"
DRAWS = 20
# 9000 codes, of which a number has a handful in use: guessing takes years.
WRONG_AN_HOUR = 10


class TooManyReplies(Exception):
    """So many wrong codes came from this number that none is looked at for now, not even a right one."""


def page_of_reply(*, number: str, code: str | None) -> Opened | None:
    """The page that a reply from `number` means, in any tenant; None where there is none. For the edge.

    `code` None: the last page that went there. Looks only: whether it is still to be answered is for whoever
    opens the tenant. Each wrong code counts; after ten in an hour raises TooManyReplies. Two statements.
    """
    now = clock.now()
    if code is None:
        return _door(number, LAST, now)
    tries = Limit(f"reply:{hash_of(number)}", WRONG_AN_HOUR, timedelta(hours=1))
    if throttle.wait_for([tries], now=now) is not None:
        raise TooManyReplies
    found = _door(number, code, now)
    if found is not None:
        throttle.forget(tries.bucket)
    return found


def _door(number: str, code: str, now: datetime) -> Opened | None:
    row = Door.objects.filter(
        kind=DoorKind.REPLY,
        hash=_hash(number, code),
        expires_at__gt=now,
        tenant__closed_at=None,
    ).first()
    return Opened(tenant_id=row.tenant_id, row_id=row.row_id) if row is not None else None


def other_codes(*, page: Page, number: str) -> list[tuple[int, str]]:
    """(page id, code) of this person's other unanswered pages that went to `number`, the newest first.

    For who answered the last one, which is over by now. One query, inside the tenant.
    """
    rows = Notification.objects.filter(
        page__membership=page.membership_id,
        method=Method.SMS,
        sent_at__isnull=False,
        escalation__state__in=[EscalationState.PAGING, EscalationState.EXHAUSTED],
    ).exclude(Q(reply_code="") | Q(page=page))
    rows = rows.select_related("contact").order_by("-sent_at")
    found = {row.page_id: row.reply_code for row in rows if row.contact and row.contact.address == number}
    return list(found.items())


def give_code(notification: Notification, now: datetime) -> None:
    """Before a text message that can be answered: its code, the same in every message of that page to there.

    Sets `reply_code` on the locked row, which the caller saves. Inside its transaction. Three statements; two
    when it is sent again.
    """
    page, contact = notification.page, notification.contact
    if contact is None or page is None or notification.method != Method.SMS:
        return
    if notification.kind not in ANSWERABLE:
        return
    code = notification.reply_code or _given_before(page, contact)
    if not code or not _keep(contact.address, code, page, now):
        code = _draw(contact.address, page, now)
    notification.reply_code = code
    Door.objects.bulk_create(
        [_door_to(contact.address, LAST, page)],
        update_conflicts=True,
        unique_fields=["kind", "hash"],
        update_fields=["tenant", "row_id", "expires_at"],
    )


def close_codes(contact: ContactMethod) -> None:
    """The number is not this person's any more: nothing that comes from it answers their pages."""
    used = Notification.objects.filter(contact=contact, sent_at__isnull=False).exclude(reply_code="")
    pages = set(used.values_list("page_id", flat=True))
    codes = {LAST, *used.values_list("reply_code", flat=True)}
    doors = Door.objects.filter(
        kind=DoorKind.REPLY,
        tenant_id=contact.tenant_id,
        hash__in=[_hash(contact.address, code) for code in codes],
        row_id__in=pages,
    )
    doors.delete()


def _given_before(page: Page, contact: ContactMethod) -> str:
    given = Notification.objects.filter(escalation_id=page.escalation_id, page=page, contact=contact)
    return given.exclude(reply_code="").values_list("reply_code", flat=True).first() or ""


def _keep(number: str, code: str, page: Page, now: datetime) -> bool:
    """Makes the code's door last as long as the link. False where it has become another page's."""
    own = Door.objects.filter(
        kind=DoorKind.REPLY, hash=_hash(number, code), tenant_id=page.tenant_id, row_id=page.pk
    )
    return bool(own.update(expires_at=page.expires_at))


def _draw(number: str, page: Page, now: datetime) -> str:
    """A code that stands for no other page to this number. Raises RuntimeError where chance finds none."""
    for _ in range(DRAWS):
        code = str(secrets.randbelow(9000) + 1000)
        if _claim(number, code, page, now):
            return code
    raise RuntimeError("no free reply code")


def _claim(number: str, code: str, page: Page, now: datetime) -> bool:
    """The unique index decides between two that draw the same; one that has ended may be had again."""
    ended = Door.objects.filter(kind=DoorKind.REPLY, hash=_hash(number, code), expires_at__lte=now)
    if ended.update(tenant_id=page.tenant_id, row_id=page.pk, expires_at=page.expires_at):
        return True
    try:
        with transaction.atomic():
            _door_to(number, code, page).save()
    except IntegrityError:
        return False
    return True


def _door_to(number: str, code: str, page: Page) -> Door:
    return Door(
        kind=DoorKind.REPLY,
        hash=_hash(number, code),
        tenant_id=page.tenant_id,
        row_id=page.pk,
        expires_at=page.expires_at,
    )


def _hash(number: str, code: str) -> str:
    return hash_of(f"{number}:{code}")
