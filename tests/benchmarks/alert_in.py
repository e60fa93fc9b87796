"""Alert in: answered only after the commit, against one upsert under the same web server (1, 2)."""

import json
import sys

from tests.benchmarks.rig import Rig, hammer, median, ms, percentile, request, rig, table

ROUNDS = 5
SECONDS = 4.0
BODY = json.dumps(
    {
        "version": "4",
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "HighErrorRate", "instance": "web-1", "severity": "critical"},
                "annotations": {"summary": "Half of all requests fail", "description": "x" * 300},
                "startsAt": "2026-11-23T09:58:00Z",
                "generatorURL": "http://prometheus.example.org/graph",
                "fingerprint": "c0ffee0123456789",
            }
        ],
    }
).encode()


def main() -> int:
    with rig() as bench:
        return measure(bench)


def measure(bench: Rig) -> int:
    [tenant] = bench.tenants(1)
    ways = {
        "floor: one upsert": (bench.web("tests.benchmarks.floor_wsgi:application"), "/floor/row{n}"),
        "Alertmanager webhook": (bench.web(), f"/ingest/{tenant['alert_key']}/alertmanager"),
        "Events v2": (bench.web(), "/v2/enqueue"),
    }
    event = {"routing_key": tenant["alert_key"], "event_action": "trigger", "dedup_key": "d1"}
    events = json.dumps(event | {"payload": json.loads(BODY)["alerts"][0]}).encode()
    rates: dict[tuple[str, int], list[float]] = {}
    times: dict[tuple[str, int], list[float]] = {}
    for round_number in range(-1, ROUNDS):
        for clients in (8, 32):
            for name, (port, path) in ways.items():
                body = events if path == "/v2/enqueue" else BODY
                sent = request(path.format(n=clients), body)
                rate, taken = hammer(port, sent, clients=clients, seconds=SECONDS if round_number >= 0 else 1)
                if round_number >= 0:  # the first round warms everything up
                    rates.setdefault((name, clients), []).append(rate)
                    times.setdefault((name, clients), []).extend(taken)
    return report(ways, rates, times)


def report(
    ways: dict[str, tuple[int, str]],
    rates: dict[tuple[str, int], list[float]],
    times: dict[tuple[str, int], list[float]],
) -> int:
    floor = next(iter(ways))
    lines, missed = [], 0
    for clients in (8, 32):
        for name in ways:
            rate, base = median(rates[name, clients]), median(rates[floor, clients])
            p50, base50 = (percentile(times[way, clients], 50) for way in (name, floor))
            verdict = ""
            if name != floor:
                reached = rate >= 0.8 * base and (clients != 8 or p50 <= 1.3 * base50)
                verdict, missed = ("ok", missed) if reached else ("missed", missed + 1)
            lines.append(
                [
                    str(clients),
                    name,
                    f"{rate:.0f}/s",
                    f"{rate / base:.2f}",
                    ms(p50),
                    ms(percentile(times[name, clients], 99)),
                    f"{p50 / base50:.2f}",
                    verdict,
                ]
            )
    head = ["clients", "what", "rate", "of floor", "p50", "p99", "p50 of floor", "goal"]
    table("Alert in, 2xx after commit. Goal: >= 0.8 of the floor; p50 <= 1.3 of it at 8 clients", head, lines)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
