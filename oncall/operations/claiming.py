"""Claims: how workers share due rows without a broker. Rows are the queue.

A claim leases up to `limit` due rows in one statement, in turns across tenants, and stamps them with a
fencing number. Whoever works a row checks the number under lock, so a worker that slept through its lease
does nothing. Rows of a closed tenant wait, untouched, until it is open again: nobody is paged by a house
that they cannot enter.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from config.tenancy.scoping import all_tenants

LEASE = timedelta(seconds=30)
SPARE = 8
# Sends of one tenant that are under way at once: of a pool of eight workers some stay free for the others,
# whatever its receivers and its personal messages do.
SEATS = 4
MESSAGE_SEATS = 2
# The first half of an advisory lock's key: "seat". The second is the table's.
SEAT_LOCK = 0x73656174

# Trap: row security's predicate makes the planner expect a handful of rows per tenant, and with that it would
# rather read and sort all 100,000. So it is told to go by index, before each look and each claim. The two are
# one message to the server, which makes them one transaction: the settings end with it, and nobody waits for
# the network with the seats locked.
BY_INDEX = """
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true),
       set_config('max_parallel_workers_per_gather', '0', true)
"""
# One claim at a time, a millisecond each: two at once would count the same free seat twice.
LOCK_SEATS = "SELECT pg_advisory_xact_lock(%(seat_lock)s, hashtext('{table}'))"
# The tenants with anything waiting are hopped through by index, so a backlog of 100,000 rows of one costs the
# others nothing. Each tenant's oldest row comes before any tenant's second; among tenants chance decides,
# since by age those with a backlog would always come first. The orders are those of the partial index
# (tenant, deadline, id). The inner check is made again on the locked row: it may be claimed in between.
CLAIM = """
WITH RECURSIVE waiting(tenant_id) AS (
    (SELECT tenant_id FROM {table} WHERE {due} IS NOT NULL ORDER BY tenant_id, {due} LIMIT 1)
    UNION ALL
    SELECT (SELECT n.tenant_id FROM {table} n
             WHERE n.{due} IS NOT NULL AND n.tenant_id > w.tenant_id
             ORDER BY n.tenant_id, n.{due} LIMIT 1)
      FROM waiting w WHERE w.tenant_id IS NOT NULL
), turns AS (
    SELECT x.id, row_number() OVER (PARTITION BY w.tenant_id ORDER BY x.due, x.id) AS turn,
           random() AS chance, {free} AS free
      FROM waiting w
      JOIN tenancy_tenant t ON t.id = w.tenant_id AND t.closed_at IS NULL
     {join_seats}
     CROSS JOIN LATERAL (
           SELECT n.id, n.{due} AS due FROM {table} n
            WHERE n.tenant_id = w.tenant_id AND n.{due} <= %(now)s
              AND (n.lease_until IS NULL OR n.lease_until <= %(now)s)
            ORDER BY n.{due}, n.id LIMIT %(candidates)s) x
     WHERE w.tenant_id IS NOT NULL
), locked AS MATERIALIZED (
    SELECT c.id FROM turns t JOIN {table} c ON c.id = t.id
     WHERE c.{due} <= %(now)s AND (c.lease_until IS NULL OR c.lease_until <= %(now)s) AND t.turn <= t.free
     ORDER BY t.turn, t.chance LIMIT %(limit)s
       FOR NO KEY UPDATE OF c SKIP LOCKED
)
UPDATE {table} SET lease_until = %(until)s, lease_token = %(token)s, claims = claims + 1
 WHERE id IN (SELECT id FROM locked)
RETURNING tenant_id, id, {escalation}, claims, {due}
"""
# How many of a tenant's rows are under way. What is under way is among its oldest, so that a look at those is
# enough, and a backlog costs nothing.
SEATED = """
CROSS JOIN LATERAL (
      SELECT count(*) AS taken FROM (
             SELECT l.lease_until FROM {table} l
              WHERE l.tenant_id = w.tenant_id AND l.{due} <= %(now)s
              ORDER BY l.{due}, l.id LIMIT 64) oldest
       WHERE oldest.lease_until > %(now)s) s
"""
# No join: of a join the planner guesses how many rows remain, and where it guesses none it would rather read
# all that are due than the first by index.
IN_AN_OPEN_TENANT = "(SELECT t.closed_at IS NULL FROM tenancy_tenant t WHERE t.id = n.tenant_id)"
OLDEST = """
SELECT {due} FROM {table} n
 WHERE {due} <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s) AND {in_an_open_tenant}
 ORDER BY {due} LIMIT 1
"""
NEXT = """
SELECT {due} FROM {table} n WHERE {due} > %(now)s AND {in_an_open_tenant} ORDER BY {due} LIMIT 1
"""


PUT_BACK = "UPDATE {table} SET lease_until = %s WHERE id = %s AND lease_token = %s"
# Where leases are counted as seats, what waits after a failure must hold none: it is due later instead.
PUT_BACK_UNSEATED = """
UPDATE {table} SET {due} = %s, lease_until = NULL, lease_token = NULL WHERE id = %s AND lease_token = %s
"""


class Claimed(NamedTuple):
    """A leased row: `id`, the escalation to lock for it, the fencing number, and how often it was claimed."""

    tenant_id: int
    id: int
    escalation_id: int
    token: int
    claims: int


@dataclass(frozen=True)
class DueRows:
    """One table and its deadline column. `escalation` is the column with the id of the escalation.

    `seats`: how many rows of one tenant may be under way at once; None: any number. For what calls the world:
    a tenant whose receivers are slow must not keep all workers waiting.
    """

    table: str
    due: str
    escalation: str = "id"
    seats: int | None = None

    def _sql(self, template: str) -> str:
        # Names from this module only, never from a request.
        names = {"table": self.table, "due": self.due, "escalation": self.escalation}
        return template.format(
            **names,
            in_an_open_tenant=IN_AN_OPEN_TENANT,
            join_seats=SEATED.format(**names) if self.seats else "",
            free="%(seats)s - s.taken" if self.seats else "2147483647",
        )

    def _ask(self, *templates: str, **given: Any) -> list[tuple[Any, ...]]:
        """The rows of the last of these statements, all in one transaction."""
        with connection.cursor() as cursor:
            cursor.execute(";".join([BY_INDEX, *map(self._sql, templates)]), given)
            for _before in templates:
                cursor.nextset()
            return cursor.fetchall()

    def claim(self, now: datetime, *, limit: int) -> list[Claimed]:
        """Leases what is due at `now`, the oldest of each tenant first, over all tenants. One statement where
        nothing is due, else two.
        """
        with all_tenants(f"claim {self.table}.{self.due}"):
            # First a look: nearly always nothing is there.
            return self._claim(now, limit) if self._moment(OLDEST, now) is not None else []

    def claim_one(self, now: datetime) -> tuple[list[Claimed], bool]:
        """As `claim`, one row at most; and whether another is due after it, one statement more."""
        with all_tenants(f"claim {self.table}.{self.due}"):
            batch = self._claim(now, 1) if self._moment(OLDEST, now) is not None else []
            return batch, bool(batch) and self._moment(OLDEST, now) is not None

    def _claim(self, now: datetime, limit: int) -> list[Claimed]:
        token = secrets.randbits(62)
        rows = self._ask(
            *([LOCK_SEATS] if self.seats else []),
            CLAIM,
            now=now,
            until=now + LEASE,
            token=token,
            limit=limit,
            # A few more than wanted, since others may be claiming the first of them right now.
            candidates=limit + SPARE,
            seats=self.seats,
            seat_lock=SEAT_LOCK,
        )
        rows.sort(key=lambda row: (row[4], row[1]))
        return [Claimed(tenant, pk, escalation, token, claims) for tenant, pk, escalation, claims, _ in rows]

    def put_back(self, claimed: Claimed, now: datetime) -> None:
        """After a failure of our own: due again in 2, 4, 8 … seconds, at most when the lease would have
        ended.

        Does nothing where the lease is somebody else's by now. Inside the row's tenant scope.
        """
        until = now + min(timedelta(seconds=2**claimed.claims), LEASE)
        with connection.cursor() as cursor:
            template = PUT_BACK_UNSEATED if self.seats else PUT_BACK
            cursor.execute(self._sql(template), [until, claimed.id, claimed.token])

    def oldest_due(self, now: datetime) -> datetime | None:
        with all_tenants(f"due {self.table}.{self.due}"):
            return self._moment(OLDEST, now)

    def next_due(self, now: datetime) -> datetime | None:
        with all_tenants(f"due {self.table}.{self.due}"):
            return self._moment(NEXT, now)

    def _moment(self, template: str, now: datetime) -> datetime | None:
        return next((moment for (moment,) in self._ask(template, now=now)), None)


STEPS = DueRows("oncall_escalation", "next_step_at")
SENDS = DueRows("oncall_notification", "retry_at", escalation="escalation_id", seats=SEATS)
# Here the "escalation" is the person: there is none.
MESSAGES = DueRows("oncall_personalmessage", "retry_at", escalation="membership_id", seats=MESSAGE_SEATS)
ACK_EXPIRIES = DueRows("oncall_escalation", "ack_expires_at")
SNOOZES = DueRows("oncall_escalation", "snoozed_until")


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
