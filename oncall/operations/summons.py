"""Writing down who is called: pages with their links, and the notifications that carry them.

Nothing is sent here. Everything is written in the transaction of the deed, a few statements for any number of
people; the sends are claimed after the commit.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Subquery
from django.db.models.functions import Coalesce

from config import doorbell
from config.tenancy.doors import hash_of
from config.tenancy.models import Door, DoorKind, Membership
from config.tenancy.scoping import tenant_scope
from oncall.models import (
    ContactMethod,
    Escalation,
    Method,
    Notification,
    NotificationKind,
    NotificationState,
    Page,
    SharedChannel,
)
from oncall.operations.crew import Called
from oncall.operations.reach import RULES, Way, reach_of

log = structlog.get_logger(__name__)

LINK_LASTS = timedelta(days=7)
# The door outlives the link, so that an old link can say that it is old.
DOOR_LASTS = LINK_LASTS + timedelta(days=60)
LINK_YOUNG = timedelta(days=1)


def call(
    escalation: Escalation,
    called: Sequence[Called],
    *,
    why: dict[str, Any],
    before: list[Page],
    now: datetime,
    channels: Iterable[SharedChannel] = (),
) -> None:
    """Pages these people by their own rules, and tells these channels. `before` are the pages the escalation
    has already.

    The escalation is locked and its `turn` is that of this deed. Four or five statements, two more where
    somebody's link has grown old.
    """
    pages = {page.membership_id: page for page in before}
    _renew_links([pages[c.membership.pk] for c in called if c.membership.pk in pages], now)
    pages |= new_pages(escalation, [c.membership for c in called if c.membership.pk not in pages], now)
    reach = reach_of([c.membership.pk for c in called], urgency=escalation.urgency)
    # In which run: a ladder that was given to others is not what it was when it rang.
    why = why | {"run": escalation.run}
    rows = []
    for one in called:
        how = reach[one.membership.pk]
        own_why = why | one.as_json() | _variant(escalation, one.membership, before)
        if how.source != RULES:
            log.warning(
                "paged_without_rule",
                membership=one.membership.pk,
                urgency=escalation.urgency,
                by=how.source,
            )
            # Shown beside the page: reached otherwise than they asked for.
            own_why["reach"] = how.source
        for way in how.ways:
            rows.append(
                _notification(
                    escalation,
                    one.membership,
                    kind=NotificationKind.PAGE,
                    due_at=now + timedelta(minutes=way.delay_minutes),
                    page=pages[one.membership.pk],
                    contact=way.contact,
                    method=way.method,
                    delay_minutes=way.delay_minutes,
                    why=own_why,
                    now=now,
                )
            )
    _write(rows + [_to_channel(escalation, channel, why, now) for channel in channels])


def _to_channel(
    escalation: Escalation, channel: SharedChannel, why: dict[str, Any], now: datetime
) -> Notification:
    own_why = why | {"kind": "channel", "name": channel.name, "variant": "page"}
    kind = NotificationKind.PAGE
    return _notification(
        escalation, None, kind=kind, due_at=now, channel=channel, method=channel.kind, why=own_why, now=now
    )


def new_pages(escalation: Escalation, people: list[Membership], now: datetime) -> dict[int, Page]:
    """Pages and their doors. Two statements, none for nobody."""
    if not people:
        return {}
    tenant = escalation.tenant_id
    pages = Page.objects.bulk_create(
        Page(
            tenant_id=tenant,
            escalation=escalation,
            membership=person,
            created_at=now,
            expires_at=now + LINK_LASTS,
        )
        for person in people
    )
    _open_doors(pages, now)
    return {page.membership_id: page for page in pages}


def _renew_links(pages: list[Page], now: datetime) -> None:
    """Whoever is paged again after days needs a link that works. No statement where all are young."""
    old = [page for page in pages if page.expires_at < now + LINK_LASTS - LINK_YOUNG]
    if old:
        Page.objects.filter(pk__in=[page.pk for page in old]).update(expires_at=now + LINK_LASTS)
        _open_doors(old, now)


def _open_doors(pages: list[Page], now: datetime) -> None:
    """A door for each page, or a longer life for the one it has. One statement."""
    Door.objects.bulk_create(
        [
            Door(
                kind=DoorKind.PAGE,
                hash=hash_of(page.token),
                tenant_id=page.tenant_id,
                row_id=page.pk,
                expires_at=now + DOOR_LASTS,
            )
            for page in pages
        ],
        update_conflicts=True,
        unique_fields=["kind", "hash"],
        update_fields=["expires_at"],
    )


def _variant(escalation: Escalation, person: Membership, before: list[Page]) -> dict[str, Any]:
    """Which words fit: the first page, a further one, somebody else's turn."""
    others = [str(page.membership) for page in before if page.membership_id != person.pk]
    if escalation.run_reason in {"raised", "expired"}:
        return {"variant": escalation.run_reason, "detail": escalation.run_detail}
    if len(others) < len(before):
        return {"variant": "again", "try": escalation.loop + 1}
    if escalation.called_by:
        return {"variant": "called_in", "detail": escalation.called_by}
    if others:
        return {"variant": "escalated", "others": others}
    return {"variant": "page"}


def tell_paged(
    escalation: Escalation, kind: str, *, why: dict[str, Any], now: datetime, but: Collection[int] = ()
) -> None:
    """A notice to everybody and every channel a page went to, by the methods it went by. Two statements.

    `but` are the memberships that need no telling. Nor do those to whom it was said that it was given to
    others, unless they were paged again since.
    """
    given = Notification.objects.filter(
        escalation=escalation, kind=NotificationKind.TAKEN, why__has_key="given_to"
    )
    given_at = given.order_by("-turn").values("turn")[:1]
    reached = (
        Notification.objects.select_related("contact", "channel", "membership", "page")
        .filter(
            escalation=escalation,
            kind=NotificationKind.PAGE,
            state__in=[NotificationState.SENT, NotificationState.SENDING],
            turn__gt=Coalesce(Subquery(given_at), -1),
        )
        .exclude(membership_id__in=but)
        .order_by("membership_id", "contact_id", "channel_id", "id")
        .distinct("membership_id", "contact_id", "channel_id")
    )
    rows = [
        _notification(
            escalation,
            row.membership,
            kind=kind,
            due_at=now,
            page=row.page,
            contact=row.contact,
            channel=row.channel,
            method=row.method,
            why=why,
            now=now,
        )
        for row in reached
        # A channel that was taken away meanwhile leaves nobody to tell.
        if row.membership_id or row.channel_id
    ]
    _write(rows)


def tell_people(
    escalation: Escalation, people: Iterable[Membership], kind: str, *, why: dict[str, Any], now: datetime
) -> None:
    """A notice by e-mail to each one's own address, whatever their rules say. One statement."""
    method = Method.EMAIL.value
    _write(
        [
            _notification(escalation, person, kind=kind, due_at=now, method=method, why=why, now=now)
            for person in people
        ]
    )


def tell_by(
    escalation: Escalation,
    person: Membership,
    ways: Iterable[Way],
    *,
    kind: str,
    page: Page | None,
    why: dict[str, Any],
    now: datetime,
) -> None:
    """A notice to one person by each of these ways at once. One statement."""
    _write(
        [
            _notification(
                escalation,
                person,
                kind=kind,
                due_at=now,
                page=page,
                contact=way.contact,
                method=way.method,
                why=why,
                now=now,
            )
            for way in ways
        ]
    )


def _write(rows: list[Notification]) -> None:
    if rows:
        Notification.objects.bulk_create(rows)
        doorbell.ring("oncall.sends")


def _notification(
    escalation: Escalation,
    person: Membership | None,
    *,
    due_at: datetime,
    now: datetime,
    contact: ContactMethod | None = None,
    channel: SharedChannel | None = None,
    **fields: Any,
) -> Notification:
    place = contact or channel
    return Notification(
        tenant_id=escalation.tenant_id,
        escalation=escalation,
        membership=person,
        turn=escalation.turn,
        contact=contact,
        channel=channel,
        way=place.pk if place is not None else 0,
        due_at=due_at,
        retry_at=due_at,
        created_at=now,
        state_at=now,
        **fields,
    )


def drop_waiting(escalation: Escalation, *, note: str, now: datetime, of: int | None = None) -> int:
    """Pages of this escalation that have not begun are not needed any more. One statement.

    `of` is the membership whose pages they are; None: everybody's. What is being sent right now is left
    alone: its own end finds that nothing is left to do.
    """
    rows = Notification.objects.filter(
        escalation=escalation,
        kind=NotificationKind.PAGE,
        state__in=[NotificationState.PENDING, NotificationState.FAILED, NotificationState.FOLDED],
    )
    if of is not None:
        rows = rows.filter(membership_id=of)
    dropped: int = rows.update(
        state=NotificationState.SKIPPED, state_at=now, retry_at=None, lease_until=None, note=note[:200]
    )
    return dropped


def unfold_behind(escalation: Escalation, person: Membership, now: datetime) -> None:
    """Of a ladder that goes on, this person's page rings no more (answered in part, passed on): nothing hides
    behind it now, and what lay folded in it is looked at again.

    Two statements, more where something lay there.
    """
    if escalation.pages.filter(membership=person).update(last_sent_at=None):
        unfold(escalation, now)


def unfold(escalation: Escalation, now: datetime) -> None:
    """What lay folded in this escalation's pages is looked at again at once: they are answered or over.

    One statement, two where there are any; once more after the commit, for what folded meanwhile and could
    not know (begin_attempt looks from the other side). Rows somebody else holds are passed over: they are
    being answered or sent themselves, and waiting for them here could lock two answers against each other.
    """
    _look_again(escalation, now)
    transaction.on_commit(lambda: _look_again_after(escalation, now), robust=True)


def _look_again_after(escalation: Escalation, now: datetime) -> None:
    with tenant_scope(escalation.tenant_id):
        _look_again(escalation, now)


def _look_again(escalation: Escalation, now: datetime) -> None:
    folded = Notification.objects.filter(
        folded_into__escalation=escalation, state=NotificationState.FOLDED
    ).select_for_update(skip_locked=True, no_key=True, of=("self",))
    with transaction.atomic():
        ids = list(folded.values_list("pk", flat=True))
        if ids:
            Notification.objects.filter(pk__in=ids).update(retry_at=now)
            doorbell.ring("oncall.sends")
