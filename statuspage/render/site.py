"""One page as the files that are published, and when it must be made again though nothing changed. Pure."""

from datetime import datetime, timedelta

from statuspage.render import feeds, html, payloads
from statuspage.render.assets import assets
from statuspage.render.facts import ON_TOP_FOR, PageFacts
from statuspage.render.moments import Moments

# While something is wrong the figures move with the clock, and "As of" should not look forgotten.
WHILE_TROUBLED = timedelta(minutes=5)


def site(page: PageFacts, now: datetime) -> dict[str, bytes]:
    """{path: bytes}, in the order in which they should be written: what others point at comes first."""
    at = Moments(page.time_zone, now)
    made = dict(assets().files)
    made |= payloads.payloads(page)
    if page.is_public:
        made |= feeds.feeds(page, at)
    return made | html.pages(page, at, assets())


def next_change(page: PageFacts, now: datetime) -> datetime:
    """The first moment after `now` at which time alone makes the page look different.

    Midnight of its zone; the end of a resolved notice's day on top; each five minutes of trouble.
    """
    moments = [Moments(page.time_zone, now).next_midnight()]
    moments += [
        notice.resolved_at + ON_TOP_FOR
        for notice in page.notices
        if notice.resolved_at and notice.resolved_at + ON_TOP_FOR > now
    ]
    if page.is_troubled or any(notice.is_open for notice in page.notices):
        moments.append(now + WHILE_TROUBLED)
    return min(moments)
