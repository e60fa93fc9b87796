"""Prometheus Alertmanager's webhook, version "4" and its elders: one alert of ours for each of theirs.

Each alert triggers or resolves by its own status and is known by its fingerprint, the same from both halves
of a highly available pair. With `by_group` one alert stands for the whole group (frame.as_one).
"""

import json
from typing import Any

from incidents.adapters.frame import Group, action_of, address, alerts_of, as_one, is_frame
from incidents.adapters.incoming import IncomingAlert, Options, Unreadable, digest, short_key
from incidents.adapters.limits import labels_of, line_of, parse, text_of, time_of, url_of
from incidents.adapters.severities import severity_of


def read(body: bytes, given_key: str = "", options: Options | None = None) -> list[IncomingAlert]:
    """In the order of the post. `given_key` is unused: an alert is known by its labels. Raises Unreadable."""
    group = parse(body)
    if not is_frame(group):
        raise Unreadable("It has no list of alerts.")
    alerts = alerts_of(group, _alert)
    return as_one(group, alerts) if options is not None and options.by_group else alerts


def _alert(alert: dict[str, Any], group: Group) -> IncomingAlert:
    labels, notes = labels_of(alert.get("labels")), labels_of(alert.get("annotations"))
    fingerprint = line_of(alert.get("fingerprint"), 64) or fingerprint_of(labels)
    return IncomingAlert(
        action=action_of(alert, group),
        dedup_key=short_key(fingerprint),
        title=title_of(labels, notes),
        severity=severity_of(labels.get("severity")),
        summary=text_of(notes.get("description") or notes.get("message"), 5_000),
        fingerprint=fingerprint,
        labels=labels,
        payload=alert | {name: line_of(group.get(name)) for name in ("receiver", "groupKey")},
        runbook_url=address(notes, "runbook_url", "runbook"),
        dashboard_url=address(notes, "dashboard_url", "dashboard") or url_of(alert.get("generatorURL")),
        started_at=time_of(alert.get("startsAt")),
    )


def fingerprint_of(labels: dict[str, str]) -> str:
    """What old versions leave out: a hash of the sorted labels, the same for the same alert each time."""
    return digest(json.dumps(sorted(labels.items())))


def title_of(labels: dict[str, str], notes: dict[str, str]) -> str:
    named = f"{labels.get('alertname', '')} {labels.get('instance', '')}"
    return line_of(notes.get("summary")) or line_of(notes.get("title")) or line_of(named)
