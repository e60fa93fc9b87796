"""Prometheus Alertmanager's webhook, version "4" and its elders: one alert of ours for each of theirs.

Each alert speaks for itself: it triggers or resolves by its own status, and an alert that is not listed
(`max_alerts` cuts lists, truncatedAlerts counts what was cut) is never taken for resolved.
"""

import json
from typing import Any

from incidents.adapters.incoming import Action, IncomingAlert, Options, Unreadable, digest, short_key
from incidents.adapters.limits import cleaned, labels_of, line_of, parse, text_of, time_of, url_of
from incidents.adapters.severities import severity_of


def read(body: bytes, given_key: str = "", options: Options | None = None) -> list[IncomingAlert]:
    """In the order of the post. `given_key` is unused: an alert is known by its labels. Raises Unreadable."""
    group = parse(body)
    if not isinstance(group, dict) or not isinstance(group.get("alerts"), list):
        raise Unreadable("It has no list of alerts.")
    return [_alert(alert, group) for alert in group["alerts"]]


def _alert(raw: Any, group: dict[str, Any]) -> IncomingAlert:
    try:
        # Limits hold for each alert: a storm of hundreds is no bomb.
        alert = cleaned(raw)
    except Unreadable as error:
        return _unreadable(raw, group, str(error))
    if not isinstance(alert, dict):
        return _unreadable(raw, group, "It is not an object.")
    labels, notes = labels_of(alert.get("labels")), labels_of(alert.get("annotations"))
    fingerprint = line_of(alert.get("fingerprint"), 64) or fingerprint_of(labels)
    return IncomingAlert(
        action=_action(alert, group),
        dedup_key=short_key(fingerprint),
        title=_title(labels, notes),
        severity=severity_of(labels.get("severity")),
        summary=text_of(notes.get("description") or notes.get("message"), 5_000),
        fingerprint=fingerprint,
        labels=labels,
        payload=alert | {name: line_of(group.get(name)) for name in ("receiver", "groupKey")},
        runbook_url=url_of(notes.get("runbook_url") or notes.get("runbook")),
        dashboard_url=url_of(notes.get("dashboard_url") or notes.get("dashboard"))
        or url_of(alert.get("generatorURL")),
        started_at=time_of(alert.get("startsAt")),
    )


def fingerprint_of(labels: dict[str, str]) -> str:
    """What old versions leave out: a hash of the sorted labels, the same for the same alert each time."""
    return digest(json.dumps(sorted(labels.items())))


def _action(alert: Any, group: dict[str, Any]) -> Action:
    status = alert.get("status") if isinstance(alert, dict) else None
    # The group says resolved only when all of it is.
    resolved = (status if isinstance(status, str) else group.get("status")) == "resolved"
    return Action.RESOLVE if resolved else Action.TRIGGER


def _title(labels: dict[str, str], notes: dict[str, str]) -> str:
    named = f"{labels.get('alertname', '')} {labels.get('instance', '')}"
    return line_of(notes.get("summary")) or line_of(notes.get("title")) or line_of(named)


def _unreadable(raw: Any, group: dict[str, Any], problem: str) -> IncomingAlert:
    given = raw.get("fingerprint") if isinstance(raw, dict) else None
    try:
        written = json.dumps(raw)
    except RecursionError:
        written = problem
    key = line_of(given, 64) or digest(written)
    return IncomingAlert(action=_action(raw, group), dedup_key=key, problem=problem)
