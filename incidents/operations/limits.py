"""Events counted by source and minute, and which of them are over a limit (incidents.limits).

Over a limit nothing is refused and nothing is lost: what is known goes on as ever, and what is new comes
together in one alert of its source and service (ledger). An owner hears of it once an hour.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, Sum

from incidents.limits import A_MINUTE, TELL_EVERY
from incidents.models import AlertSource, InboundEvent, SourceMinute
from incidents.operations.limit_mails import tell_owners

COUNT = """
INSERT INTO incidents_sourceminute AS m (tenant_id, source_id, minute, events, over)
SELECT %(tenant)s, %(source)s, new.minute, new.events, 0
  FROM unnest(%(minutes)s::timestamptz[], %(events)s::int[]) AS new(minute, events) ORDER BY new.minute
ON CONFLICT (tenant_id, source_id, minute) DO UPDATE SET events = m.events + excluded.events
RETURNING minute, events
"""
COUNT_OVER = """
UPDATE incidents_sourceminute m SET over = m.over + new.events
  FROM unnest(%(minutes)s::timestamptz[], %(events)s::int[]) AS new(minute, events)
 WHERE m.tenant_id = %(tenant)s AND m.source_id = %(source)s AND m.minute = new.minute
"""


def count_events(source: AlertSource, posts: Sequence[InboundEvent], now: datetime) -> frozenset[int]:
    """Counts the posts in the minutes they were received in; the ids of those over a limit.

    Over the tenant's limit are those of a source that sends more than its share: the limit by the sources
    that sent in that minute. One that is quiet beside another's storm is heard as ever. What is worked again
    counts for nothing. Within the tenant's turn, so that what another worker counts is known. Two
    statements; where there is something over, three more, and the mails.
    """
    posts = [post for post in posts if post.replay_of is None]
    if not posts:
        return frozenset()
    mine = Counter(minute_of(post.received_at) for post in posts)
    of_source = _count(source, mine)
    of_tenant = _of_tenant(list(mine))
    over: list[InboundEvent] = []
    left = Counter(mine)
    for post in posts:
        minute = minute_of(post.received_at)
        # As many as came before it, itself included.
        left[minute] -= 1
        sent = of_source[minute] - left[minute]
        if sent > source.limit_per_minute or of_tenant[minute].exceeded(sent, left[minute]):
            over.append(post)
    if over:
        _note_over(source, over, now)
    return frozenset(post.pk for post in over)


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _count(source: AlertSource, mine: Counter[datetime]) -> dict[datetime, int]:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, _given(source, mine))
        return dict(cursor.fetchall())


@dataclass(frozen=True)
class _Together:
    """What all sources of the tenant sent in one minute, and how many of them did."""

    events: int
    sources: int

    def exceeded(self, sent: int, left: int) -> bool:
        """By a source that has `sent` so many in that minute, `left` others of its posts not counted yet."""
        most = settings.INGEST_TENANT_PER_MINUTE
        return self.events - left > most and sent * self.sources > most


def _of_tenant(minutes: list[datetime]) -> dict[datetime, _Together]:
    rows = SourceMinute.objects.filter(minute__in=minutes).order_by().values("minute")
    counted = rows.annotate(all=Sum("events"), sources=Count("source"))
    return {one["minute"]: _Together(one["all"], one["sources"]) for one in counted}


def _given(source: AlertSource, counted: Counter[datetime]) -> dict[str, Any]:
    minutes, events = list(counted), list(counted.values())
    return {"tenant": source.tenant_id, "source": source.pk, "minutes": minutes, "events": events}


def _note_over(source: AlertSource, over: list[InboundEvent], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT_OVER, _given(source, Counter(minute_of(post.received_at) for post in over)))
    rows = AlertSource.objects.filter(pk=source.pk)
    untold = Q(over_limit_told_at=None) | Q(over_limit_told_at__lte=now - TELL_EVERY)
    if rows.filter(untold).update(over_limit_at=now, over_limit_told_at=now):
        tell_owners(source, now)
    elif source.over_limit_at is None or now - source.over_limit_at >= A_MINUTE:
        rows.update(over_limit_at=now)
