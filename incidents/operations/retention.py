"""Old rows go (what is old: `kept`), in batches that keep nobody waiting.

Once an hour, and every few seconds while there is more. The oldest rows of each table come first, whosever
they are: ids are in the order of age, and a page of them is read by the primary key alone. Each tenant's,
open or closed, are deleted in a transaction of their own. Rows that somebody has in hand are left for the
next time, and a table that is being changed is not waited for. Killed at any moment it goes on where it was:
nothing is remembered but when it last ran (Pulse).
"""

from collections import defaultdict
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import connection, transaction
from django.db.models import Q

from config.clock import DueWork
from config.tenancy.models import Pulse
from config.tenancy.scoping import all_tenants, tenant_scope
from incidents.operations.kept import KEPT, Kept

log = structlog.get_logger(__name__)

RETENTION = "incidents.retention"
EVERY = timedelta(hours=1)
# Between two runs while there is more, so that nobody else feels it: 60,000 rows of each table a minute.
PAUSE = timedelta(seconds=10)
PAGE = 1000
MOST_PAGES = 10
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '1s'"


class Row(NamedTuple):
    pk: int
    tenant_id: int | None
    born: datetime
    ended: datetime | None


def run(now: datetime) -> int:
    """One run over all tables, where one is due; how many rows went. What fails keeps no other table."""
    if not _claim(now):
        return 0
    gone = {kept.name: _try(kept, now) for kept in KEPT}
    if any(count >= PAGE * MOST_PAGES for count in gone.values()):
        Pulse.objects.filter(name=RETENTION).update(at=now - EVERY + PAUSE)
    return sum(gone.values())


def _try(kept: Kept, now: datetime) -> int:
    try:
        count = sweep(kept, now)
    except Exception:
        log.exception("retention_failed", rows=kept.name)
        return 0
    if count:
        log.info("retention", rows=kept.name, deleted=count, older_than_days=kept.days)
    return count


def sweep(kept: Kept, now: datetime) -> int:
    """Deletes the oldest of one kind, MOST_PAGES pages at most; how many went. Where the oldest are young it
    reads one page and is done. Pages of which nothing may go are passed by.
    """
    before, after, total, pages = now - timedelta(days=kept.days), 0, 0, 0
    while pages < MOST_PAGES:
        page = read_page(kept, after)
        gone = sum(_delete(kept, tenant, ids, before) for tenant, ids in _old(page, before).items())
        total, pages = total + gone, pages + bool(gone)
        if len(page) < PAGE or page[-1].born >= before:
            break
        after = page[-1].pk
    return total


def read_page(kept: Kept, after: int) -> list[Row]:
    """The next rows by age, of all tenants: no words of theirs. One statement, by the primary key."""
    columns = ("pk", "tenant_id", kept.born or kept.column, kept.column)
    with all_tenants("old rows"):
        rows = kept.model.objects.filter(pk__gt=after).order_by("pk")
        if kept.of_tenants:
            return [Row(*found) for found in rows.values_list(*columns)[:PAGE]]
        found = rows.values_list("pk", kept.column)[:PAGE]
        return [Row(pk, None, moment, moment) for pk, moment in found]


def _old(page: list[Row], before: datetime) -> dict[int | None, list[int]]:
    found: dict[int | None, list[int]] = defaultdict(list)
    for row in page:
        if row.ended is not None and row.ended < before:
            found[row.tenant_id].append(row.pk)
    return found


def _delete(kept: Kept, tenant_id: int | None, ids: list[int], before: datetime) -> int:
    """Looked at again under lock: what was taken up meanwhile stays."""
    scope: AbstractContextManager[None] = nullcontext() if tenant_id is None else tenant_scope(tenant_id)
    with scope, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK_TIMEOUT)
        old = kept.model.objects.filter(kept.may_go(), pk__in=ids, **{f"{kept.column}__lt": before})
        locked = list(old.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))
        if locked:
            kept.model.objects.filter(pk__in=locked).delete()
    return len(locked)


# --- when ---------------------------------------------------------------------------------------------------
def _claim(now: datetime) -> bool:
    """Of two at once one has it. A clock that was set back must not let it rest for long."""
    due = Q(at__lte=now - EVERY) | Q(at__gt=now + EVERY)
    return bool(Pulse.objects.filter(due, name=RETENTION).update(at=now))


def _next() -> datetime | None:
    last = Pulse.objects.filter(name=RETENTION).values_list("at", flat=True).first()
    return None if last is None else last + EVERY


def oldest_due(now: datetime) -> datetime | None:
    at = _next()
    return at if at is not None and at <= now else None


def next_due(now: datetime) -> datetime | None:
    at = _next()
    return at if at is not None and at > now else None


def repair(now: datetime) -> int:
    """The first time: nothing says yet when it ran. It runs at once."""
    _row, made = Pulse.objects.get_or_create(name=RETENTION, defaults={"at": now - EVERY})
    return int(made)


WORK = DueWork(RETENTION, run, oldest_due, next_due, repair, queue="send")
