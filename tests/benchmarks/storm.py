"""10,000 posts a minute for five minutes, of one key and of ever new ones, and a quiet tenant beside them.

`python -m tests.benchmarks.storm [seconds]`. None may be lost, none answered with a 5xx, and the quiet
tenant's alert pages no later than without the storm (RELIABILITY, "storm", "one noisy tenant"). Each quiet
one is a tenant's first alert.
"""

import json
import os
import subprocess
import sys
import threading
import time
from typing import Any

from tests.benchmarks.alert_in import BODY
from tests.benchmarks.rig import Rig, ms, percentile, post_once, request, rig, table
from tests.benchmarks.tasks import Tasks
from tests.e2e.machine import PROJECT, until

PER_MINUTE = 10_000
SECONDS = 300
APART = 10.0
WARM = 4
ALONE_APART = 1.0
VARIANTS = ("one", "distinct")
# Ours to miss: twice as late as without, and half a second.
TIMES, AT_MOST = 2.0, 0.5
# How long their posts lay before a worker took them.
LAY = """
SELECT array_agg(extract(epoch FROM processed_at - received_at)::float8)
  FROM incidents_inboundevent WHERE tenant_id = ANY(%s)
"""
KEPT = """
SELECT json_build_object(
    'kept', count(*), 'pending', count(*) FILTER (WHERE outcome = 'pending'),
    'processed', count(*) FILTER (WHERE outcome = 'processed'),
    'coalesced', count(*) FILTER (WHERE outcome = 'coalesced'),
    'counted', (SELECT sum(count) FROM incidents_alert WHERE tenant_id = %s),
    'alerts', (SELECT count(*) FROM incidents_alert WHERE tenant_id = %s),
    'incidents', (SELECT count(*) FROM incidents_incident WHERE tenant_id = %s))
  FROM incidents_inboundevent WHERE tenant_id = %s
"""


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    apart = min(APART, seconds / 12)
    samples = int(seconds / apart)
    with rig() as bench:
        tenants = bench.tenants(len(VARIANTS) + WARM + (len(VARIANTS) + 1) * samples)
        port = bench.web()
        bench.workers()
        quiet = iter(tenants[len(VARIANTS) :])
        delays(bench, port, [next(quiet) for _ in range(WARM)], 0.5)
        without = [next(quiet) for _ in range(samples)]
        alone = {"which": "without", "delays": delays(bench, port, without, min(apart, ALONE_APART))}
        alone |= {"lay": bench.sql(LAY, ids(without))[0]}
        found = [
            storm(bench, port, which, tenants[number], [next(quiet) for _ in range(samples)], seconds, apart)
            for number, which in enumerate(VARIANTS)
        ]
    return report(alone, found, seconds)


def storm(
    bench: Rig,
    port: int,
    which: str,
    noisy: dict[str, Any],
    quiet: list[dict[str, Any]],
    seconds: float,
    apart: float,
) -> dict[str, Any]:
    """What the storm's own process says, the quiet tenants' delays, and what the rows say in the end."""
    words = [str(port), noisy["alert_key"], str(PER_MINUTE), str(seconds), which]
    tasks = Tasks()
    program = [sys.executable, "-m", "tests.benchmarks.storm_load", *words]
    with subprocess.Popen(program, cwd=PROJECT, stdout=subprocess.PIPE) as loader:
        found = {"which": which, "load": os.getloadavg()[0], "delays": delays(bench, port, quiet, apart)}
        said, _ = loader.communicate()
    found |= json.loads(said)
    ended = time.perf_counter()
    until(lambda: not kept(bench, noisy)["pending"], patience=300, what="the queue to be worked")
    found |= kept(bench, noisy) | {"after": time.perf_counter() - ended, "tasks": tasks.so_far()}
    found |= {"lay": bench.sql(LAY, ids(quiet))[0]}
    mails = [mail for mail in list(bench.inbox.mails.queue) if mail["To"] == noisy["owner"]["email"]]
    return found | {"mails": len(mails), "load after": os.getloadavg()[0]}


def ids(tenants: list[dict[str, Any]]) -> list[int]:
    return [tenant["id"] for tenant in tenants]


def kept(bench: Rig, tenant: dict[str, Any]) -> dict[str, int]:
    return dict(bench.sql(KEPT, *[tenant["id"]] * 4)[0])


def delays(bench: Rig, port: int, tenants: list[dict[str, Any]], apart: float) -> list[float]:
    """Seconds from each tenant's POST to its first mail, one every `apart` seconds."""
    sent, pause, began = {}, threading.Event(), time.perf_counter()
    for number, tenant in enumerate(tenants):
        pause.wait(max(0.0, began + number * apart - time.perf_counter()))
        sent[tenant["owner"]["email"]] = post_once(
            port, request(f"/ingest/{tenant['alert_key']}/alertmanager", BODY)
        )
    until(lambda: sent.keys() <= bench.inbox.begun.keys(), patience=120, what="the quiet tenants' pages")
    return [bench.inbox.begun[email] - begun for email, begun in sent.items()]


# --- what it says -------------------------------------------------------------------------------------------
def report(alone: dict[str, Any], found: list[dict[str, Any]], seconds: float) -> int:
    held = [verdict(alone["delays"], one) for one in found]
    head = [
        "storm",
        "posts",
        "2xx",
        "other",
        "late by",
        "p50",
        "p99",
        "queue done after",
        "Celery tasks",
        "load",
    ]
    lines = [
        [
            one["which"],
            f"{sum(one['statuses'].values()):,}",
            f"{taken(one):,}",
            str(sum(one["statuses"].values()) - taken(one)),
            ms(one["latest"]),
            ms(percentile(one["took"], 50)),
            ms(percentile(one["took"], 99)),
            f"{one['after']:.1f} s",
            f"{one['tasks']:,}",
            f"{one['load']:.1f} - {one['load after']:.1f}",
        ]
        for one in found
    ]
    table(
        f"{PER_MINUTE:,} posts a minute for {seconds:.0f} s, web and workers as `up` starts them", head, lines
    )
    names = ("kept", "processed", "coalesced", "counted", "alerts", "incidents", "mails")
    rows = [[one["which"], *(f"{one[name] or 0:,}" for name in names)] for one in found]
    table("What became of them", ["storm", *names], rows)
    rows = [["without", *_delays(alone, alone), ""]]
    rows += [[one["which"], *_delays(one, alone), word] for one, word in zip(found, held, strict=True)]
    head = [
        "storm",
        "alerts",
        "p50",
        "p95",
        "worst",
        "lay p50, p95",
        "p50 of without",
        "p95 of without",
        "goal",
    ]
    table(f"A quiet tenant's POST to its first send. Goal: p95 <= {TIMES:.0f}x or {AT_MOST} s", head, rows)
    return 0 if all(word == "ok" for word in held) else 1


def taken(one: dict[str, Any]) -> int:
    return int(one["statuses"].get("202", 0))


def verdict(alone: list[float], one: dict[str, Any]) -> str:
    if taken(one) != sum(one["statuses"].values()):
        return "refused"
    if not (taken(one) == one["kept"] == one["counted"] and not one["pending"]):
        return "LOST"
    late = percentile(one["delays"], 95)
    return "ok" if late <= max(TIMES * percentile(alone, 95), AT_MOST) else "late"


def _delays(one: dict[str, Any], alone: dict[str, Any]) -> list[str]:
    times = one["delays"]
    lay = ", ".join(ms(percentile(one["lay"], percent)) for percent in (50, 95))
    ratios = [
        f"{percentile(times, percent) / percentile(alone['delays'], percent):.2f}" for percent in (50, 95)
    ]
    p50, p95 = (ms(percentile(times, percent)) for percent in (50, 95))
    return [str(len(times)), p50, p95, ms(max(times)), lay, *ratios]


if __name__ == "__main__":
    sys.exit(main())
