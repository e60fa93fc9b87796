"""Grafana's webhook: alerting (Alertmanager's frame, version "1"), and the legacy one before it.

A body that is neither was written by hand ("custom payload"): it is read like any JSON. The contact point's
test button sends an ordinary alert, known by its two labels: it is kept, and pages nobody.
"""

from dataclasses import replace
from typing import Any

from incidents.adapters import generic
from incidents.adapters.alertmanager import fingerprint_of, title_of
from incidents.adapters.frame import Group, action_of, address, alerts_of, as_one, is_frame
from incidents.adapters.incoming import Action, IncomingAlert, Options, digest, short_key
from incidents.adapters.limits import cleaned, labels_of, line_of, parse, text_of, time_of, url_of
from incidents.adapters.severities import severity_of

# What Grafana itself raises where a rule cannot be evaluated: its own title says nothing of which rule.
OF_THE_SOURCE = {"DatasourceNoData": "no data", "DatasourceError": "the data source fails"}
LINKS = ("panelURL", "dashboardURL", "generatorURL")
# The legacy states that say nothing about whether it is broken.
SILENT = {"no_data", "paused", "pending"}
# What its test button says, in every version.
TESTING = "someone is testing the alert notification within grafana"


def read(body: bytes, given_key: str = "", options: Options | None = None) -> list[IncomingAlert]:
    """In the order of the post; none where a legacy rule is paused or has no data. Raises Unreadable."""
    value = parse(body)
    if is_frame(value):
        alerts = alerts_of(value, _alert)
        return as_one(value, alerts) if options is not None and options.by_group else alerts
    if isinstance(value, dict) and "version" not in value and "ruleId" in value:
        return _legacy(cleaned(value))
    return generic.read(body, given_key, options)


def _alert(alert: dict[str, Any], group: Group) -> IncomingAlert:
    labels, notes = labels_of(alert.get("labels")), labels_of(alert.get("annotations"))
    fingerprint = line_of(alert.get("fingerprint"), 64) or fingerprint_of(labels)
    organisation = line_of(alert.get("orgId")) or line_of(group.get("orgId"))
    return IncomingAlert(
        action=action_of(alert, group),
        dedup_key=short_key(fingerprint if organisation in ("", "1") else f"{organisation}:{fingerprint}"),
        title=_title(labels, notes),
        severity=severity_of(labels.get("severity")),
        summary=_summary(alert, notes),
        fingerprint=fingerprint,
        labels=labels,
        payload=alert | {name: line_of(group.get(name)) for name in ("receiver", "groupKey")},
        runbook_url=address(notes, "runbook_url", "runbook"),
        dashboard_url=next((url for name in LINKS if (url := url_of(alert.get(name)))), ""),
        started_at=time_of(alert.get("startsAt")),
        is_test=(labels.get("alertname"), labels.get("instance")) == ("TestAlert", "Grafana"),
    )


def _title(labels: dict[str, str], notes: dict[str, str]) -> str:
    trouble, rule = OF_THE_SOURCE.get(labels.get("alertname", "")), labels.get("rulename")
    # Its summary was written for values that there are none of now.
    return line_of(f"{rule}: {trouble}") if trouble and rule else title_of(labels, notes)


def _summary(alert: dict[str, Any], notes: dict[str, str]) -> str:
    said = text_of(notes.get("description") or notes.get("message"), 5_000)
    values = alert.get("values")
    numbers = labels_of(values) if isinstance(values, dict) else {}
    measured = ", ".join(f"{name} = {number}" for name, number in sorted(numbers.items()))
    return said or text_of(measured, 5_000) or text_of(alert.get("valueString"), 5_000)


def _legacy(event: dict[str, Any]) -> list[IncomingAlert]:
    state = line_of(event.get("state")).lower()
    if state in SILENT:
        return []
    name = line_of(event.get("ruleName"))
    alert = IncomingAlert(
        action=Action.RESOLVE if state == "ok" else Action.TRIGGER,
        dedup_key=short_key(line_of(event.get("ruleId")) or digest(name)),
        title=name or line_of(event.get("title")),
        severity=severity_of(labels_of(event.get("tags")).get("severity")),
        summary=text_of(event.get("message"), 5_000),
        labels=labels_of(event.get("tags")),
        payload=event,
        dashboard_url=url_of(event.get("ruleUrl")),
    )
    return [replace(alert, is_test=_is_legacy_test(event))]


def _is_legacy_test(event: dict[str, Any]) -> bool:
    """By its name and its words, or the id that no rule has: a rule may have the name alone."""
    its_words = line_of(event.get("message")).lower().startswith(TESTING)
    return line_of(event.get("ruleName")) == "Test notification" and (its_words or event.get("ruleId") == 0)
