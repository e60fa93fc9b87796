"""What each tool really sends, made of a handful of names so that posts meet the same alerts again."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from incidents.adapters.ready import READY

Strategy = st.SearchStrategy[Any]

NAMES = ("DiskFull", "HighErrorRate", "NodeDown", "Slow checkout", "Zażółć gęślą 💥", "TestAlert")
KEYS = ("k1", "k2", "k3", "k4", "a/b c?d#e", "ü" * 40, "x" * 300)
SEVERITIES = ("critical", "error", "warning", "info", "P1", "P5", "disaster", "", 3)
# The routing rules of the world look at these.
ENVIRONMENTS = ("prod", "staging", "dev", "lab")
MOMENTS = ("2026-11-23T09:58:00Z", "2026-11-23T10:58:00.123456789+01:00", "0001-01-01T00:00:00Z", "soon")

name, key, severity, environment, moment = (
    st.sampled_from(values) for values in (NAMES, KEYS, SEVERITIES, ENVIRONMENTS, MOMENTS)
)
status = st.sampled_from(("firing", "firing", "firing", "resolved"))
labels = st.fixed_dictionaries(
    {"alertname": name, "severity": severity, "env": environment},
    optional={"instance": st.sampled_from(("web-1", "db-1", "Grafana"))},
)
notes = st.fixed_dictionaries(
    {},
    optional={
        "summary": name,
        "description": st.just("All about it.\nTwo lines."),
        "runbook_url": st.sampled_from(
            ("https://runbooks.example/disk", "javascript:alert(1)", "http://[::1")
        ),
    },
)
alert = st.fixed_dictionaries(
    {"status": status, "labels": labels, "annotations": notes, "startsAt": moment},
    optional={
        "fingerprint": st.sampled_from(("c0ffee0123456789", "feedface01234567", "0000000000000001")),
        "generatorURL": st.just("http://prometheus.example/graph"),
        "endsAt": moment,
        "values": st.just({"A": 1.5, "B": None}),
        "orgId": st.sampled_from((1, 2)),
    },
)
alertmanager = st.fixed_dictionaries(
    {"version": st.just("4"), "status": status, "alerts": st.lists(alert, max_size=3)},
    optional={
        "groupKey": st.sampled_from(('{}:{alertname="A"}', "g2")),
        "truncatedAlerts": st.sampled_from((0, 5)),
        "groupLabels": labels,
        "commonLabels": labels,
        "commonAnnotations": notes,
        "receiver": name,
    },
)
grafana_legacy = st.fixed_dictionaries(
    {"ruleId": st.integers(1, 3), "ruleName": name},
    optional={"state": st.sampled_from(("alerting", "ok", "no_data", "paused", "?")), "tags": labels},
)
grafana = st.one_of(
    st.fixed_dictionaries(
        {"version": st.just("1"), "orgId": st.sampled_from((1, 2)), "alerts": st.lists(alert, max_size=3)},
        optional={"status": status, "title": name, "state": st.just("alerting"), "message": name},
    ),
    grafana_legacy,
)
payload = st.fixed_dictionaries(
    {"summary": name, "source": st.just("db-1"), "severity": severity},
    optional={
        "custom_details": st.one_of(labels, st.just([1, "two", None]), st.just("words")),
        "timestamp": moment,
        "component": name,
        "class": name,
    },
)
enqueue = st.fixed_dictionaries(
    {
        "routing_key": st.just("@key@"),
        "event_action": st.sampled_from(("trigger", "trigger", "trigger", "acknowledge", "resolve")),
        "payload": payload,
    },
    optional={
        "dedup_key": key,
        "links": st.just([{"href": "https://x.example", "text": "T"}]),
        "images": st.just([{"src": "https://x.example/i.png"}]),
        "client": name,
        "client_url": st.just("https://x.example"),
    },
)
change = st.fixed_dictionaries({"routing_key": st.just("@key@"), "payload": payload})
enqueue_v1 = st.fixed_dictionaries(
    {
        "service_key": st.just("@key@"),
        "event_type": st.sampled_from(("trigger", "trigger", "acknowledge", "resolve")),
        "description": name,
    },
    optional={"incident_key": key, "details": labels},
)
plain = st.fixed_dictionaries(
    {"title": name},
    optional={
        "key": key,
        "severity": severity,
        "status": st.sampled_from(("firing", "ok", "acknowledged", "ignored", "UP")),
        "labels": labels,
        "message": name,
        "items": st.lists(st.fixed_dictionaries({"title": name, "key": key}), max_size=3),
    },
)
opsgenie = st.fixed_dictionaries(
    {"message": name},
    optional={
        "alias": key,
        "description": name,
        "priority": st.sampled_from(("P1", "P3", "P5", "p2", "P9")),
        "tags": st.sampled_from((["a", "b"], "a,b", [1, None, "x" * 90])),
        "details": labels,
        "entity": name,
        "source": st.just("https://x.example"),
        "responders": st.just([{"type": "team", "name": "Ops"}]),
        "note": name,
    },
)
opsgenie_deed = st.fixed_dictionaries({}, optional={"note": name, "source": name, "user": name})


def _sample(tool: str) -> Strategy:
    found = READY[tool].sample
    return st.just(json.loads(found) if isinstance(found, bytes) else found)


ready = st.one_of([_sample(tool) for tool in sorted(READY)])
# By the name of the address; what stands at the end of its path where one name has several formats.
OF: dict[str, Strategy | Callable[[str], Strategy]] = {
    "enqueue": enqueue,
    "enqueue-change": change,
    "enqueue-v1": enqueue_v1,
    "opsgenie-alerts": opsgenie,
    "opsgenie-deed": opsgenie_deed,
    "ingest-by-header": alertmanager,
    "ingest-put-by-header": grafana,
    "ingest": lambda path: alertmanager if path.endswith("alertmanager") else st.one_of(plain, plain, ready),
    "ingest-put": grafana,
}


def shape_for(address: str, path: str) -> Strategy:
    found = OF.get(address, plain)
    return found(path) if callable(found) and not isinstance(found, st.SearchStrategy) else found
