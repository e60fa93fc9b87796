"""What two workers sustain: alerts to an incident and its escalation each, alerts that join, duplicates.

`python -m tests.benchmarks.sustained [alerts [rounds]]`. The posts are in the database before the workers
start: what is measured is the work behind the door. The floors run in the same two processes, by turns. And,
with web and workers as `up` starts them, how many Celery tasks an alert costs.
"""

import json
import os
import subprocess
import sys
import threading
import time
from typing import Any

from tests.benchmarks.alert_in import BODY
from tests.benchmarks.rig import Rig, median, post_once, request, rig, table
from tests.benchmarks.tasks import Tasks
from tests.e2e.machine import PROJECT, until

ALERTS = 2_000
TENANTS = 40
DUPLICATES = 10
ROUNDS = 3
WORKERS = 2
# For the tasks of an alert: one each this many seconds, so that no bell stands for two.
APART, LONE, WARM = 0.2, 60, 3
# Else the guard would gather what opens as a storm.
NO_GUARD = "UPDATE incidents_service SET storm_per_minute = 10000"
POSTS = """
INSERT INTO incidents_inboundevent
       (tenant_id, source_id, format, body, given_key, received_at, outcome, problem, attempts)
SELECT source.tenant_id, source.id, 'pagerduty', convert_to(format(
       '{"routing_key": "*", "event_action": "trigger", "dedup_key": "%%s-%%s", "payload": {'
       '"summary": "Disk %%s is full", "source": "db-%%s", "severity": "critical", "class": "disk"}}',
       %s::text, n %% %s::int, n %% %s::int, n), 'UTF8'), '', clock_timestamp(), 'pending', '', 0
  FROM generate_series(1, %s::int) AS n CROSS JOIN incidents_alertsource AS source
 WHERE source.tenant_id = ANY(%s)
"""
# Each alert is an incident of its own (key), or one of its tenant's (service).
GROUPING = (
    "UPDATE incidents_alertsource SET grouping = %s, limit_per_minute = 100000 WHERE tenant_id = ANY(%s)"
)
LEFT = """
SELECT json_build_object(
    'incidents', (SELECT count(*) FROM incidents_incident),
    'escalations', (SELECT count(*) FROM oncall_escalation),
    'counted', (SELECT sum(count) FROM incidents_alert),
    'pending', (SELECT count(*) FROM incidents_inboundevent WHERE outcome = 'pending'))
"""


def main() -> int:
    alerts = int(sys.argv[1]) if len(sys.argv) > 1 else ALERTS
    times = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    with rig() as bench:
        tenants = bench.tenants(TENANTS + LONE + WARM)
        bench.sql(NO_GUARD)
        ids, load = [one["id"] for one in tenants[:TENANTS]], os.getloadavg()[0]
        found = rounds(bench, ids, alerts // TENANTS, times)
        words = f"load average {load:.1f} before, {os.getloadavg()[0]:.1f} after"
        tasks = tasks_per_alert(bench, tenants[TENANTS:])
    return report(found, tasks, words)


def rounds(bench: Rig, tenants: list[int], each: int, times: int) -> dict[str, list[dict[str, Any]]]:
    """What is measured, by name, a few times by turns; `each` alerts of each tenant."""
    found: dict[str, list[dict[str, Any]]] = {}
    for number in range(times):
        for name, mode, grouping, keys, posts in (
            ("floor: six statements", "six", "", 0, 0),
            ("to incident and escalation", "work", "key", each, each),
            ("joining an open incident", "work", "service", each, each),
            ("floor: rows by the hundred", "batch", "", 0, 0),
            ("duplicates", "work", "key", 1, each * DUPLICATES),
        ):
            if posts:
                bench.sql(GROUPING, grouping, tenants)
                bench.sql(POSTS, f"{name[:4]}{number}", keys, keys, posts, tenants)
                bench.sql("VACUUM ANALYZE incidents_inboundevent")
            found.setdefault(name, []).append(_one(bench, mode, posts * len(tenants)))
    return found


def _one(bench: Rig, mode: str, posts: int) -> dict[str, Any]:
    before = dict(bench.sql(LEFT)[0])
    one = worked(mode)
    after = dict(bench.sql(LEFT)[0])
    one |= {
        name: (after[name] or 0) - (before[name] or 0) for name in ("incidents", "escalations", "counted")
    }
    assert not after["pending"], after
    assert not posts or one["counted"] == one["done"] == posts, (one, posts)
    return one


def worked(mode: str) -> dict[str, Any]:
    """Both workers at once, from the first that begins to the last that ends."""
    program = [sys.executable, "-m", "tests.benchmarks.sustained_worker", mode]
    pipe = subprocess.PIPE
    both = [
        subprocess.Popen(program, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True) for _ in range(WORKERS)
    ]
    for worker in both:
        assert worker.stdout is not None
        if worker.stdout.readline().strip() != "ready":
            sys.exit("a worker did not start")
    said = []
    for worker in both:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in both:
        out, _ = worker.communicate()
        said.append(json.loads(out.splitlines()[-1]))
    seconds = max(one["ended"] for one in said) - min(one["began"] for one in said)
    done = sum(one["done"] for one in said)
    return {"done": done, "seconds": seconds, "rate": done / seconds}


def tasks_per_alert(bench: Rig, tenants: list[dict[str, Any]]) -> float:
    """Of alerts that come one by one, each a tenant's first, to the page that is sent."""
    port = bench.web()
    bench.workers()
    _post(bench, port, tenants[:WARM])
    tasks, pause = Tasks(), threading.Event()
    for tenant in tenants[WARM:]:
        _post(bench, port, [tenant])
        pause.wait(APART)
    time.sleep(1)
    return tasks.so_far() / LONE


def _post(bench: Rig, port: int, tenants: list[dict[str, Any]]) -> None:
    for tenant in tenants:
        post_once(port, request(f"/ingest/{tenant['alert_key']}/alertmanager", BODY))
        email = tenant["owner"]["email"]
        until(lambda email=email: email in bench.inbox.begun, patience=60, what="the page")


def report(found: dict[str, list[dict[str, Any]]], tasks: float, load: str) -> int:
    rates = {name: median([one["rate"] for one in rounds]) for name, rounds in found.items()}
    six, rows = rates["floor: six statements"], rates["floor: rows by the hundred"]
    goals = {"to incident and escalation": 600, "duplicates": 3_000}
    lines, missed = [], 0
    for name, rounds in found.items():
        last, rate = rounds[-1], rates[name]
        floor = rows if name in ("duplicates", "floor: rows by the hundred") else six
        goal = goals.get(name)
        word = "" if goal is None else "ok" if rate >= goal else "missed"
        missed += word == "missed"
        made = f"{last['incidents']:,} / {last['escalations']:,}" if "floor" not in name else ""
        lines.append([name, f"{rate:,.0f}/s", f"{rate / floor:.2f}", made, f"{goal or ''}", word])
    head = ["what", "rate", "of its floor", "incidents / escalations", "goal /s", ""]
    table(f"Sustained by {WORKERS} workers, the middle of its rounds; {load}", head, lines)
    print(f"  Celery tasks an alert, one by one, to its page: {tasks:.2f}; goal <= 2")
    return 1 if missed or tasks > 2 else 0


if __name__ == "__main__":
    sys.exit(main())
