"""From a POST to its incident in the database, on an idle machine (PERFORMANCE 3)."""

import sys
from collections.abc import Callable
from typing import Any

import psycopg

from tests.benchmarks.alert_in import BODY
from tests.benchmarks.rig import Rig, ms, percentile, post_once, request, rig, seen, table

SAMPLES = 60
WARM = 5
Watch = Callable[[dict[str, Any]], Callable[[], Any]]


def main() -> int:
    with rig() as bench, psycopg.connect(bench.sql_url, autocommit=True) as database:
        database.execute("SELECT set_config('app.scope', 'all', false)")

        def incident_of(tenant: dict[str, Any]) -> Callable[[], Any]:
            find = "SELECT 1 FROM incidents_incident WHERE tenant_id = %s"
            return lambda: database.execute(find, [tenant["id"]]).fetchone()

        def row_of(tenant: dict[str, Any]) -> Callable[[], Any]:
            find = "SELECT 1 FROM floor_post WHERE id = %s AND done IS NOT NULL"
            return lambda: database.execute(find, [tenant["tenant"]]).fetchone()

        floor, ours = measure(bench, row_of, incident_of)
    return report(
        "POST to incident visible, idle. Goal: p50 <= 20 ms, p99 <= 100 ms", floor, ours, (0.020, 0.100)
    )


def measure(bench: Rig, floor_watch: Watch, watch: Watch) -> tuple[list[float], list[float]]:
    """Seconds of each sample, of the floor and of ours, by turns. Each alert is a tenant's first."""
    tenants = bench.tenants(SAMPLES + WARM)
    floor_port, port = bench.web("tests.benchmarks.floor_wsgi:application", FLOOR_WORK="1"), bench.web()
    bench.workers()
    floor, ours = [], []
    for tenant in tenants:
        begun = post_once(floor_port, request(f"/floor/{tenant['tenant']}", BODY))
        floor.append(seen(begun, floor_watch(tenant)))
        path = f"/ingest/{tenant['alert_key']}/alertmanager"
        begun = post_once(port, request(path, BODY))
        ours.append(seen(begun, watch(tenant)))
    return floor[WARM:], ours[WARM:]


def report(title: str, floor: list[float], ours: list[float], goal: tuple[float, float]) -> int:
    lines = [
        [name, *(ms(percentile(times, percent)) for percent in (50, 90, 99)), ratio(times, floor)]
        for name, times in (("floor: bare task", floor), ("Muster", ours))
    ]
    reached = percentile(ours, 50) <= goal[0] and percentile(ours, 99) <= goal[1]
    table(title, ["what", "p50", "p90", "p99", "p50 of floor"], lines)
    print(f"  {len(ours)} samples; goal {'reached' if reached else 'missed'}")
    return 0 if reached else 1


def ratio(times: list[float], floor: list[float]) -> str:
    return f"{percentile(times, 50) / percentile(floor, 50):.2f}"


if __name__ == "__main__":
    sys.exit(main())
