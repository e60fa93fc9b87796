"""How punctual deadlines are: one when idle, 200 at once, and claims beside 100,000 that wait (PERFORMANCE).

The deadlines are steps of ladders. "Begun" is the moment the engine read from the database's clock when it
took the row (`last_step_at`), so what is measured is how late it woke up, on one clock.
"""

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg

from tests.benchmarks.rig import Rig, median, ms, percentile, rig, table

ALONE = 40
APART = 0.43  # seconds: nothing that ticks every second may look good by falling in step with them
TOGETHER = 200
PENDING = 100_000
LIMIT = 20  # as the engine claims
ROUNDS = 200
FLOOR = """
CREATE TABLE floor_due (id bigserial PRIMARY KEY, due timestamptz, lease timestamptz);
CREATE INDEX ON floor_due (due) WHERE due IS NOT NULL;
INSERT INTO floor_due (due) SELECT now() + interval '1 day' FROM generate_series(1, %s)
"""
BARE_CLAIM = """
WITH picked AS MATERIALIZED (
    SELECT id FROM floor_due WHERE due <= %(now)s AND (lease IS NULL OR lease <= %(now)s)
     ORDER BY due LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED)
UPDATE floor_due SET lease = %(until)s WHERE id IN (SELECT id FROM picked) RETURNING id
"""


def main() -> int:
    with rig() as bench:
        import django

        django.setup()
        tenant = bench.tenants(1)[0]["id"]
        bench.workers()
        time.sleep(8)  # until they consume
        alone_holds = alone(bench, tenant)
        together_holds = together(bench, tenant)
    with rig() as bench:
        claims_hold = claims(bench, bench.tenants(1)[0]["id"])
    return 0 if claims_hold and alone_holds and together_holds else 1


# --- one by one, and all at once ----------------------------------------------------------------------------
def alone(bench: Rig, tenant: int) -> bool:
    """Goal: p50 <= 50 ms, p99 <= 250 ms."""
    late = lateness(bench, tenant, ALONE, APART)
    p50, p99 = percentile(late, 50), percentile(late, 99)
    table(
        f"Due deadline to work begun, idle, {ALONE} of them. Goal: p50 <= 50 ms, p99 <= 250 ms",
        ["p50", "p90", "p99"],
        [[ms(p50), ms(percentile(late, 90)), ms(p99)]],
    )
    return p50 <= 0.050 and p99 <= 0.250


def together(bench: Rig, tenant: int) -> bool:
    """Goal: the last of 200 that fall due at once begins within 0.6 s. The middle one of three rounds."""
    last = [max(lateness(bench, tenant, TOGETHER, 0)) for _round in range(3)]
    table(
        f"{TOGETHER} deadlines due at once, the last one begun. Goal: <= 0.6 s",
        ["middle of 3", "best", "worst"],
        [[ms(median(last)), ms(min(last)), ms(max(last))]],
    )
    return median(last) <= 0.6


def lateness(bench: Rig, tenant: int, count: int, apart: float) -> list[float]:
    """Seconds between each deadline and the moment the engine took it, in order of the deadlines."""
    ids = ladders(tenant, count)
    first = bench.sql("SELECT clock_timestamp() + interval '3 seconds'")[0]
    due = {pk: first + timedelta(seconds=apart * place) for place, pk in enumerate(ids)}
    with psycopg.connect(bench.sql_url, autocommit=True) as database:
        database.execute("SELECT set_config('app.scope', 'all', false)")
        with database.transaction(), database.cursor() as cursor:
            cursor.executemany(
                "UPDATE oncall_escalation SET next_step_at = %s, state = 'paging' WHERE id = %s",
                [(moment, pk) for pk, moment in due.items()],
            )
        begun = _begun(database, ids)
    return [(begun[pk] - due[pk]).total_seconds() for pk in ids]


def _begun(database: Any, ids: list[int]) -> dict[int, datetime]:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        rows = database.execute(
            "SELECT id, last_step_at FROM oncall_escalation WHERE id = ANY(%s) AND last_step_at IS NOT NULL",
            [ids],
        ).fetchall()
        if len(rows) == len(ids):
            return dict(rows)
        time.sleep(0.2)
    sys.exit("some deadlines were never worked")


def ladders(tenant: int, count: int) -> list[int]:
    """Running ladders over the default policy that are due in a year: no worker has seen them before."""
    from django.db import transaction

    from config import clock
    from config.tenancy.actors import ENGINE
    from config.tenancy.scoping import tenant_scope
    from oncall.card import Card
    from oncall.models import Escalation, EscalationPolicy
    from oncall.operations.paging import start_escalation

    now = clock.now()
    card = Card("INC-1", "Payments fail", "Checkout", 1, "SEV1", False, now, "https://muster.test/i/1")
    with tenant_scope(tenant), transaction.atomic():
        policy = EscalationPolicy.objects.get(is_default=True)
        made = [
            start_escalation(card=card, policy=policy, urgency="high", actor=ENGINE, now=now).pk
            for _number in range(count)
        ]
        Escalation.objects.filter(pk__in=made).update(next_step_at=now + timedelta(days=365))
    return made


# --- claims -------------------------------------------------------------------------------------------------
def claims(bench: Rig, tenant: int) -> bool:
    """Beside 100,000 that wait: an empty claim <= 2x a bare one, claims >= 0.5x, none twice.

    What was claimed is worked before the next claim, untimed: no more are under way than workers have.
    """
    from config import clock
    from oncall.operations.claiming import STEPS

    bench.sql(FLOOR.replace("%s", str(PENDING)))
    (pattern,) = ladders(tenant, 1)
    copy_row(bench, pattern, PENDING - 1)
    bench.sql("VACUUM ANALYZE")
    now = clock.now()
    with psycopg.connect(bench.sql_url, autocommit=True) as database:
        bare = Bare(database)
        empty = by_turns(lambda: bare.claim(now), lambda: STEPS.claim(now, limit=LIMIT))
        bench.sql("UPDATE oncall_escalation SET next_step_at = now() - interval '1 minute'")
        bench.sql("UPDATE floor_due SET due = now() - interval '1 minute'")
        bench.sql("VACUUM ANALYZE")
        now = clock.now()
        taken: list[int] = []

        def worked() -> None:
            database.execute("UPDATE floor_due SET due = NULL WHERE id = ANY(%s)", [bare.taken])
            database.execute(
                "UPDATE oncall_escalation SET next_step_at = NULL, lease_until = NULL WHERE id = ANY(%s)",
                [taken[-LIMIT:]],
            )

        full = by_turns(
            lambda: bare.claim(now),
            lambda: taken.extend(row.id for row in STEPS.claim(now, limit=LIMIT)),
            worked,
        )
    once = len(taken) == len(set(taken)) == ROUNDS * LIMIT
    floor_rate, rate = LIMIT / median(full[0]), LIMIT / median(full[1])
    table(
        f"Claims beside {PENDING:,} deadlines. Goal: empty <= 2x the bare claim, claims >= 0.5x, none twice",
        ["what", "bare claim", "Muster", "ratio"],
        [
            ["empty claim", ms(median(empty[0])), ms(median(empty[1])), f"{_ratio(empty):.2f}"],
            [f"claims/s, {LIMIT} a time", f"{floor_rate:,.0f}", f"{rate:,.0f}", f"{rate / floor_rate:.2f}"],
            ["claimed twice", "", "none" if once else "SOME", ""],
        ],
    )
    return once and _ratio(empty) <= 2 and rate >= 0.5 * floor_rate


class Bare:
    """The floor: the same claim on a table without tenants, row security or turns."""

    def __init__(self, database: Any) -> None:
        self.database = database
        self.taken: list[int] = []

    def claim(self, now: datetime) -> None:
        given = {"now": now, "until": now + timedelta(seconds=30), "limit": LIMIT}
        self.taken = [pk for (pk,) in self.database.execute(BARE_CLAIM, given).fetchall()]


def by_turns(
    floor: Callable[[], object], ours: Callable[[], object], after: Callable[[], object] = lambda: None
) -> tuple[list[float], list[float]]:
    """Seconds of each, one after the other, so that whatever else the machine does hits both. `after` each
    round is untimed.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    for _round in range(ROUNDS):
        for times, deed in zip(taken, (floor, ours), strict=True):
            begun = time.perf_counter()
            deed()
            times.append(time.perf_counter() - begun)
        after()
    return taken


def _ratio(times: tuple[list[float], list[float]]) -> float:
    return median(times[1]) / median(times[0])


def copy_row(bench: Rig, pattern: int, count: int) -> None:
    """`count` copies of a ladder, each with an id and uid of its own."""
    names = bench.sql(
        "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns "
        "WHERE table_name = 'oncall_escalation' AND column_name NOT IN ('id', 'uid')"
    )[0]
    bench.sql(
        f"INSERT INTO oncall_escalation (uid, {names}) "
        f"SELECT lpad(n::text, 12, '0'), {names} FROM oncall_escalation, generate_series(1, {count}) n "
        f"WHERE id = {pattern}"
    )


if __name__ == "__main__":
    sys.exit(main())
