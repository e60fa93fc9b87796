"""Calendars that go out: an address nobody can guess, which shows duty until it is revoked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.doors import add_door, close_doors, new_key
from config.tenancy.models import DoorKind, Membership
from config.tenancy.scoping import bound_tenant_id
from config.tenancy.throttle import Limit, wait_for
from oncall.models import CalendarFeed, Schedule
from oncall.operations.feed_events import Shift, shifts_of

LETTERS = 52  # 260 bits
MOST_FEEDS = 20
# Calendar programs ask every quarter of an hour at most.
READS = 60
NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Served:
    """What a feed shows now. `wait`: asked too often; then there are no shifts."""

    feed: CalendarFeed
    shifts: list[Shift]
    wait: timedelta | None = None


def make_feed(
    *, membership: Membership, schedule: Schedule | None, actor: Actor, now: datetime
) -> tuple[CalendarFeed, str]:
    """The feed and its token, which is kept as a hash only and cannot be shown again.

    Of one schedule with everybody in it, or (None) of all duty of its owner. Only for oneself: it shows what
    this person may see, and dies with the membership. Needs oncall.view.
    """
    actor.must("oncall.view")
    _own(membership, actor)
    token = new_key(LETTERS)
    with acting(actor, now=now):
        if CalendarFeed.objects.filter(membership=membership, revoked_at=None).count() >= MOST_FEEDS:
            raise Conflict(_("You have %(n)d feeds already. Revoke one first.") % {"n": MOST_FEEDS})
        feed = CalendarFeed(membership=membership, schedule=schedule, made_at=now)
        feed.full_clean(exclude={"read_at", "revoked_at"})
        feed.save()
        add_door(DoorKind.ICAL, token, tenant_id=bound_tenant_id(), row_id=feed.pk)
    return feed, token


def revoke_feed(*, feed: CalendarFeed, actor: Actor, now: datetime) -> CalendarFeed:
    """From now on its address is unknown. One's own, or anybody's with oncall.setup. Again: nothing."""
    if feed.membership_id != actor.membership_id:
        actor.must("oncall.setup")
    with acting(actor, now=now):
        return _revoke(feed.pk, now)


def revoke_feeds_of(*, membership: Membership, actor: Actor, now: datetime) -> None:
    """Whoever leaves takes no window along. Whoever ended the membership was allowed to."""
    with acting(actor, now=now):
        for pk in CalendarFeed.objects.filter(membership=membership, revoked_at=None).values_list("pk"):
            _revoke(pk[0], now)


def read_feed(*, feed_id: int, now: datetime) -> Served | None:
    """What the feed shows, from 30 days ago to 180 ahead; None where it must look like a missing one.

    Notes that it was read, at most every five minutes.
    """
    feeds = CalendarFeed.objects.select_related("membership__user", "schedule")
    feed = feeds.filter(pk=feed_id, revoked_at=None).first()
    if feed is None or not feed.membership.is_current or not feed.membership.user.is_active:
        return None
    wait = wait_for([Limit(f"ical:{feed.pk}", READS)], now=now)
    if wait is not None:
        return Served(feed, [], wait)
    if feed.read_at is None or now - feed.read_at >= NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(read_at=now)
    return Served(feed, shifts_of(feed, now=now))


def _own(membership: Membership, actor: Actor) -> None:
    if membership.pk != actor.membership_id:
        raise ValidationError(_("A feed is made for oneself."))


def _revoke(pk: int, now: datetime) -> CalendarFeed:
    row: CalendarFeed = CalendarFeed.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    if row.revoked_at is None:
        row.revoked_at = now
        row.save()
        close_doors(DoorKind.ICAL, tenant_id=bound_tenant_id(), row_id=row.pk)
    return row
