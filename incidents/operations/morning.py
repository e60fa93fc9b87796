"""The morning mail: at 08:00 of the tenant's zone, what happened since the last one. No news, no mail.

One row a tenant says when the next is due. It is moved on in the transaction that writes the mails, so that a
machine that was off sends one that tells of all, and two at once send it once.
"""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q

from config import doorbell
from config.clock import DueWork
from config.tenancy.models import Membership, Tenant
from config.tenancy.roles import Role
from config.tenancy.scoping import all_tenants, tenant_scope
from incidents.figures.news import happened, news_of
from incidents.models import InternalMail, MailKind, Morning
from incidents.morning_words import body_of, subject_of
from incidents.operations import mail_words
from incidents.operations.mails import MAILS
from oncall.operations.load import load_of

log = structlog.get_logger(__name__)

MORNING = "incidents.morning"
AT = time(8)
BATCH = 50
# So far back at most, after a long silence.
REACH = timedelta(days=7)
READERS = [Role.OWNER.value, Role.MANAGER.value]


def begin_mornings(*, tenant: Tenant, now: datetime) -> Morning:
    """The tenant's row, made once, inside its scope. The first mail is that of the next 08:00."""
    row: Morning
    zone = tenant.zone
    row, _made = Morning.objects.get_or_create(
        defaults={"next_at": next_morning(now, zone), "day": _day_of(now, zone)}
    )
    return row


def next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """The first 08:00 after `now` on that clock."""
    return datetime.combine(_day_of(now, zone) + timedelta(days=1), AT, tzinfo=zone)


def _day_of(now: datetime, zone: ZoneInfo) -> date:
    """The day whose morning was last: before 08:00 it is still yesterday's."""
    local = now.astimezone(zone)
    return local.date() if local.time() >= AT else local.date() - timedelta(days=1)


# --- due work -----------------------------------------------------------------------------------------------
def run_due(now: datetime) -> int:
    """One batch of tenants whose morning it is; each in its own scope and transaction."""
    with all_tenants("claim mornings"):
        rows = Morning.objects.filter(next_at__lte=now, tenant__closed_at=None).order_by("next_at", "id")
        due = list(rows.values_list("tenant_id", flat=True)[:BATCH])
    done = 0
    for tenant_id in due:
        with tenant_scope(tenant_id):
            try:
                done += _tell(now)
            except Exception:  # one tenant's trouble must not keep the others from their morning
                log.exception("morning_failed", tenant_id=tenant_id)
    return done


def _tell(now: datetime) -> bool:
    with transaction.atomic():
        row = (
            Morning.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
            .select_related("tenant")
            .first()
        )
        if row is None or row.next_at is None or row.next_at > now:
            return False
        zone = row.tenant.zone
        day, told = _day_of(now, zone), row.day
        row.day, row.next_at = day, next_morning(now, zone)
        row.save()
        if told != day:
            begins_at = _since(told, now, day, zone)
            if happened(begins_at=begins_at, ends_at=now, day=day):
                _queue(row.tenant_id, day=day, begins_at=begins_at, now=now)
    return True


def _since(told: date | None, now: datetime, day: date, zone: ZoneInfo) -> datetime:
    last = told or day - timedelta(days=1)
    return max(datetime.combine(last, AT, tzinfo=zone), now - REACH)


def _queue(tenant_id: int, *, day: date, begins_at: datetime, now: datetime) -> None:
    data = {"day": day.isoformat(), "since": begins_at.isoformat()}
    shared: dict[str, Any] = {"tenant_id": tenant_id, "kind": MailKind.MORNING, "created_at": now}
    rows = [
        InternalMail(membership=reader, data=data, retry_at=now, **shared)
        for reader in _readers(begins_at, now)
    ]
    InternalMail.objects.bulk_create(rows)
    if rows:
        doorbell.ring(MAILS)


def _readers(begins_at: datetime, now: datetime) -> list[Membership]:
    """Owners and managers, and whoever was called; not those who switched internal mail off."""
    called = [one.membership.pk for one in load_of(begins_at=begins_at, ends_at=now)]
    members = Membership.objects.filter(ended_at=None, user__is_active=True, wants_internal_mail=True)
    return list(members.filter(Q(role__in=READERS) | Q(pk__in=called)).order_by("id"))


def oldest_due(now: datetime) -> datetime | None:
    return _first(next_at__lte=now)


def next_due(now: datetime) -> datetime | None:
    return _first(next_at__gt=now)


def _first(**where: datetime) -> datetime | None:
    with all_tenants("first morning"):
        rows = Morning.objects.filter(tenant__closed_at=None, **where)
        found: datetime | None = rows.aggregate(at=Min("next_at"))["at"]
    return found


def repair(now: datetime) -> int:
    """Gives tenants a morning that have none: made before there were any, or by hand."""
    with all_tenants("repair mornings"):
        kept = Morning.objects.filter(tenant=OuterRef("pk"), next_at__isnull=False)
        lost = list(Tenant.objects.filter(~Exists(kept), closed_at=None).order_by("pk")[:BATCH])
    for tenant in lost:
        with tenant_scope(tenant.pk):
            begin_mornings(tenant=tenant, now=now)
            Morning.objects.filter(next_at=None).update(next_at=next_morning(now, tenant.zone))
    return len(lost)


# --- words --------------------------------------------------------------------------------------------------
def _text(mail: InternalMail, now: datetime) -> tuple[str, str]:
    """Read when it is sent, as of when it was written; of private ones only the circle hears."""
    news = news_of(
        begins_at=datetime.fromisoformat(mail.data["since"]),
        ends_at=mail.created_at,
        day=date.fromisoformat(mail.data["day"]),
        membership=mail.membership,
    )
    return subject_of(news), body_of(news, slug=mail.tenant.slug, now=now)


mail_words.TEXTS[MailKind.MORNING] = _text

WORK = DueWork(MORNING, run_due, oldest_due, next_due, repair)
