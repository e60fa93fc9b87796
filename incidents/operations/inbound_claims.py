"""Which posts a worker may take: claims over all tenants, in turns, with a lease and a fencing number.

`attempts` is counted in the claim, committed before a byte is parsed. What was claimed before and is still
here killed its worker, or was in the same hands: it is taken alone, so that nothing dies with it again.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from config.tenancy.scoping import all_tenants
from incidents.models import InboundEvent
from oncall.operations.claiming import IN_AN_OPEN_TENANT

LEASE = timedelta(seconds=30)
MOST_ROWS = 400
MOST_OF_A_TENANT = 200

# Tenants with something new are hopped through by index: a backlog of 100,000 costs the others nothing.
TENANTS = """
RECURSIVE tenants(id) AS (
    (SELECT tenant_id FROM incidents_inboundevent
      WHERE outcome = 'pending' AND attempts = 0 ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT e.tenant_id FROM incidents_inboundevent e
             WHERE e.outcome = 'pending' AND e.attempts = 0 AND e.tenant_id > t.id
             ORDER BY e.tenant_id LIMIT 1)
      FROM tenants t WHERE t.id IS NOT NULL
)"""
# A closed tenant's posts wait, untried, until it is open again.
OPEN = "EXISTS (SELECT 1 FROM tenancy_tenant o WHERE o.id = t.id AND o.closed_at IS NULL)"
LEASED = """
UPDATE incidents_inboundevent e
   SET attempts = e.attempts + 1, lease_until = %(until)s, lease_token = %(token)s
  FROM picked, incidents_alertsource s
 WHERE e.id = picked.id AND s.id = e.source_id
RETURNING e.tenant_id, e.id, e.source_id, e.attempts, octet_length(e.body)
"""
# One worker at a time has a tenant's posts (take_the_tenant). Others pass it by: in a storm they would all
# wait for it, and nobody be left for the rest. Only looked at here: a claim's locks end with its statement.
LOCK = "hashtextextended('muster inbound ' || %s, 0)"
FREE = f"pg_try_advisory_xact_lock({LOCK % 't.id'})"
FRESH = f"""
WITH {TENANTS}, free AS MATERIALIZED (
    SELECT t.id FROM tenants t WHERE t.id IS NOT NULL AND {OPEN} AND {FREE}
), heads AS (
    SELECT head.id, row_number() OVER (PARTITION BY t.id ORDER BY head.id) AS turn
      FROM free t
     CROSS JOIN LATERAL (
           SELECT e.id FROM incidents_inboundevent e
            WHERE e.tenant_id = t.id AND e.outcome = 'pending' AND e.attempts = 0
              AND (e.lease_until IS NULL OR e.lease_until <= %(now)s)
            ORDER BY e.id LIMIT %(each)s FOR UPDATE SKIP LOCKED) head
), picked AS (SELECT id FROM heads ORDER BY turn, id LIMIT %(most)s)
{LEASED}"""  # noqa: S608 (constants of this module)
LEFT_BEHIND = f"""
WITH picked AS (
    SELECT id FROM incidents_inboundevent n
     WHERE outcome = 'pending' AND attempts > 0 AND (lease_until IS NULL OR lease_until <= %(now)s)
       AND {IN_AN_OPEN_TENANT}
     ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
)
{LEASED}"""  # noqa: S608 (constants of this module)
OLDEST = f"""
WITH {TENANTS}
SELECT min(received_at) FROM (
    SELECT (SELECT e.received_at FROM incidents_inboundevent e
             WHERE e.tenant_id = t.id AND e.outcome = 'pending' AND e.attempts = 0
               AND (e.lease_until IS NULL OR e.lease_until <= %(now)s)
             ORDER BY e.id LIMIT 1) AS received_at
      FROM tenants t WHERE t.id IS NOT NULL AND {OPEN}
    UNION ALL
    SELECT received_at FROM incidents_inboundevent n
     WHERE outcome = 'pending' AND attempts > 0 AND (lease_until IS NULL OR lease_until <= %(now)s)
       AND {IN_AN_OPEN_TENANT}
) due
"""  # noqa: S608 (constants of this module)
LET_GO = """
UPDATE incidents_inboundevent SET lease_until = %(until)s, attempts = attempts - 1
 WHERE id = ANY(%(ids)s) AND lease_token = %(token)s AND outcome = 'pending'
"""
# bulk_update would write a CASE of as many branches for each column: most of a worker's time.
FINISH = """
UPDATE incidents_inboundevent e
   SET outcome = done.outcome, problem = done.problem, processed_at = done.processed_at,
       alert_ids = done.alert_ids::bigint[]
  FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[], %(problems)s::text[], %(processed)s::timestamptz[],
              %(alerts)s::text[]) AS done(id, outcome, problem, processed_at, alert_ids)
 WHERE e.id = done.id
"""


@dataclass(frozen=True)
class Claimed:
    """One post that this worker has until its lease ends. `size` in bytes."""

    tenant_id: int
    id: int
    source_id: int
    attempts: int
    size: int
    token: int


def take_the_tenant(tenant_id: int) -> None:
    """Its posts are this worker's until the transaction ends; waits where another has them.

    Whoever has them looks for more when done: what was passed by meanwhile is theirs.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK})", [tenant_id])


def claim_fresh(now: datetime) -> list[Claimed]:
    """Up to MOST_ROWS posts nobody has tried yet, by tenant in turns, then in the order they came; none of a
    tenant that another worker has at this moment.
    """
    return _claim(FRESH, now)


def claim_left_behind(now: datetime) -> list[Claimed]:
    """At most one post whose lease ran out."""
    return _claim(LEFT_BEHIND, now)


def _claim(sql: str, now: datetime) -> list[Claimed]:
    token = secrets.randbits(62)
    given = {"now": now, "until": now + LEASE, "token": token}
    with all_tenants("claim inbound"):
        rows = _execute(sql, given | {"each": MOST_OF_A_TENANT, "most": MOST_ROWS})
    claimed = [
        Claimed(tenant_id, pk, source_id, attempts, size, token)
        for tenant_id, pk, source_id, attempts, size in rows
    ]
    return sorted(claimed, key=lambda one: one.id)


def let_go(claimed: list[Claimed], *, until: datetime) -> None:
    """Gives posts back untried, to be claimed again from `until` on. Inside their tenant's scope."""
    with connection.cursor() as cursor:
        ids, token = [one.id for one in claimed], claimed[0].token
        cursor.execute(LET_GO, {"ids": ids, "token": token, "until": until})


def finish(posts: Sequence[InboundEvent]) -> None:
    """Writes what became of posts that this worker holds. One statement, inside their tenant's scope."""
    given: dict[str, Any] = {
        "ids": [post.pk for post in posts],
        "outcomes": [str(post.outcome) for post in posts],
        "problems": [post.problem for post in posts],
        "processed": [post.processed_at for post in posts],
        "alerts": [_array(post.alert_ids) for post in posts],
    }
    with connection.cursor() as cursor:
        cursor.execute(FINISH, given)


def _array(ids: list[int] | None) -> str | None:
    return None if ids is None else f"{{{','.join(map(str, ids))}}}"


def oldest_due(now: datetime) -> datetime | None:
    """When the oldest post that waits, and that nobody has, came in."""
    with all_tenants("due inbound"):
        [[moment]] = _execute(OLDEST, {"now": now})
    return moment if isinstance(moment, datetime) else None


def _execute(sql: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()
