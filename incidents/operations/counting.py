"""Repeats of alerts that are known are only counted: in one statement, however many."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from incidents.models import Alert

# bulk_update would write a CASE of as many branches for each column: most of a worker's time in a storm.
COUNT = """
UPDATE incidents_alert a SET count = n.count, last_seen = n.last_seen
  FROM unnest(%(ids)s::bigint[], %(counts)s::int[], %(seen)s::timestamptz[]) AS n(id, count, last_seen)
 WHERE a.id = n.id
"""


def count_repeats(alerts: Mapping[int, Alert]) -> None:
    """Writes `count` and `last_seen` of rows that are locked. Nothing where there are none."""
    if not alerts:
        return
    given: dict[str, Any] = {
        "ids": list(alerts),
        "counts": [alert.count for alert in alerts.values()],
        "seen": [alert.last_seen for alert in alerts.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, given)
