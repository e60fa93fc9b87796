"""Pages that are due are rendered and published: the queue is StatusPage.render_due_at.

A claim leases a page for LEASE and gives it a random token, so that a renderer that was given up cannot
finish another's work. A page that changed while it was rendered stays due.
"""

import secrets
from datetime import datetime, timedelta

import structlog
from django.db import connection
from django.db.models import Min, Q

from config.clock import DueWork
from config.tenancy.scoping import all_tenants, tenant_scope
from statuspage import publishing
from statuspage.models import StatusPage
from statuspage.operations.changes import RENDER
from statuspage.render.assets import assets
from statuspage.render.load import load
from statuspage.render.site import next_change, site

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
BATCH = 10
# One page of each tenant comes before the second of any: the inner query ranks, the outer one locks. Trap: as
# a plain IN (SELECT … LIMIT) it may be run once for each row and claims them all. Hence MATERIALIZED.
CLAIM = """
WITH picked AS MATERIALIZED (
    SELECT page.id
      FROM statuspage_statuspage page
      JOIN (SELECT id, row_number() OVER (PARTITION BY tenant_id ORDER BY render_due_at, id) AS turn
              FROM statuspage_statuspage
             WHERE render_due_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)) ranked
        ON ranked.id = page.id
     WHERE page.render_due_at <= %(now)s AND (page.lease_until IS NULL OR page.lease_until <= %(now)s)
     ORDER BY ranked.turn, page.render_due_at
     LIMIT %(most)s
       FOR NO KEY UPDATE OF page SKIP LOCKED)
UPDATE statuspage_statuspage page SET lease_until = %(until)s, lease_token = %(token)s
  FROM picked WHERE page.id = picked.id
RETURNING page.tenant_id, page.id
"""


def render_due(now: datetime) -> int:
    """Claims what is due, renders each page in its own tenant's scope; returns how many were rendered.

    A page that cannot be rendered is logged, keeps its lease and is tried again when that is over.
    """
    token = secrets.randbits(62)
    with all_tenants("claim pages to render"), connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "until": now + LEASE, "token": token, "most": BATCH})
        claimed: list[tuple[int, int]] = cursor.fetchall()
    rendered = 0
    for tenant_id, page_id in claimed:
        with tenant_scope(tenant_id):
            try:
                rendered += render_page(page_id=page_id, token=token, now=now)
            except Exception:
                log.exception("status_page_not_rendered", page_id=page_id)
    return rendered


def render_page(*, page_id: int, token: int | None, now: datetime, whole: bool = False) -> bool:
    """Renders and publishes one page, whether due or not. False: someone else's newer work stands.

    `token` is that of the claim; None takes no notice of claims (publish_status, a page missing on disk).
    `whole`: with every notice there ever was, not only the newest. About ten statements, none of them per
    row. Files are written outside of any transaction.
    """
    page = StatusPage.objects.get(pk=page_id)
    facts = load(page, now, whole=whole)
    published = publishing.publish(
        page.slug, site(facts, now), public=page.is_public, now=now, language=page.language
    )
    mine = StatusPage.objects.filter(pk=page_id)
    if token is not None:
        mine = mine.filter(lease_token=token)
    if not published:
        mine.update(lease_until=None, lease_token=None)
        return False
    mine.update(rendered_version=page.version, rendered_at=now, lease_until=None, lease_token=None)
    # Only what was rendered is done: a change since then has raised the version and stays due.
    mine = StatusPage.objects.filter(pk=page_id, version=page.version)
    return bool(mine.update(render_due_at=next_change(facts, now)))


def oldest_due(now: datetime) -> datetime | None:
    with all_tenants("oldest page to render"):
        due = StatusPage.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now), render_due_at__lte=now)
        oldest: datetime | None = due.aggregate(oldest=Min("render_due_at"))["oldest"]
    return oldest


def next_due(now: datetime) -> datetime | None:
    with all_tenants("next page to render"):
        after = StatusPage.objects.filter(render_due_at__gt=now)
        soonest: datetime | None = after.aggregate(soonest=Min("render_due_at"))["soonest"]
    return soonest


def repair(now: datetime) -> int:
    """Pages without a deadline, not on disk, or of an older look become due. Returns how many."""
    with all_tenants("pages without a deadline"):
        lost = [
            page.pk
            for page in StatusPage.objects.only("pk", "slug", "kind", "render_due_at")
            if page.render_due_at is None or (page.render_due_at > now and not _stands(page))
        ]
        if lost:
            StatusPage.objects.filter(pk__in=lost).update(render_due_at=now)
            log.warning("status_pages_repaired", pages=len(lost))
    return len(lost)


def _stands(page: StatusPage) -> bool:
    """On disk, and with the looks that this version of Muster gives it."""
    return publishing.is_published(page.slug, public=page.is_public, style=assets().style)


WORK = DueWork(name=RENDER, run=render_due, oldest_due=oldest_due, next_due=next_due, repair=repair)
