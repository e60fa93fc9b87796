"""Limits on how often something may be tried, counted in the database: a restart or a lost Redis forgets
none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from config.tenancy.models import Throttle

COUNT = """
INSERT INTO tenancy_throttle AS held (bucket, count, ends_at) VALUES (%(bucket)s, 1, %(end)s)
ON CONFLICT (bucket) DO UPDATE SET
    count = CASE WHEN held.ends_at <= %(now)s THEN 1 ELSE least(held.count + 1, 1000000) END,
    ends_at = CASE WHEN held.ends_at <= %(now)s THEN %(end)s ELSE held.ends_at END
RETURNING count, ends_at
"""


@dataclass(frozen=True)
class Limit:
    """At most `most` tries per `window` in one bucket; the bucket's name never holds an e-mail or a key."""

    bucket: str
    most: int
    window: timedelta = timedelta(minutes=15)


def wait_for(limits: list[Limit], *, now: datetime) -> timedelta | None:
    """Counts one try in each bucket. None where all allow it, else how long until they do.

    Counted before the try is judged, so that a hundred at once are a hundred. One statement per limit.
    """
    waits = [wait for limit in limits if (wait := _count(limit, now))]
    return max(waits, default=None)


def forget(bucket: str) -> None:
    """The try was a good one: those before it no longer count."""
    Throttle.objects.filter(bucket=bucket).delete()


def sweep(now: datetime) -> int:
    """Deletes the rows whose window is over."""
    return Throttle.objects.filter(ends_at__lte=now).delete()[0]


def _count(limit: Limit, now: datetime) -> timedelta | None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"bucket": limit.bucket, "now": now, "end": now + limit.window})
        count, ends_at = cursor.fetchone() or (0, now)
    return max(ends_at - now, timedelta(seconds=1)) if count > limit.most else None
