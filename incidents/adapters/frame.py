"""The frame that Alertmanager and Grafana share: a group with a list of alerts.

Each alert speaks for itself, by its own status. What is not listed (`max_alerts` cuts lists, truncatedAlerts
counts what was cut) says nothing: it is never taken for resolved.
"""

import json
from collections.abc import Callable
from typing import Any

from incidents.adapters.incoming import Action, IncomingAlert, Unreadable, digest, short_key
from incidents.adapters.limits import MOST_ALERTS, cleaned, labels_of, line_of, text_of, url_of
from incidents.adapters.severities import worst_of

Group = dict[str, Any]
ReadOne = Callable[[dict[str, Any], Group], IncomingAlert]

RUNBOOKS = ("runbook_url", "runbook")
# How many alerts of a group are kept whole in the payload of the one that stands for it.
SHOWN = 10


def is_frame(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("alerts"), list)


def alerts_of(group: Group, read_one: ReadOne) -> list[IncomingAlert]:
    """In the order of the post, at most MOST_ALERTS of them; what is beyond is one that could not be read.

    Limits hold for each alert: a storm of hundreds is no bomb, and a bad one does not spoil the others.
    """
    listed = group["alerts"]
    read = [_one(raw, group, read_one) for raw in listed[:MOST_ALERTS]]
    if len(listed) > MOST_ALERTS:
        problem = f"It lists {len(listed)} alerts: the first {MOST_ALERTS} were read."
        key = digest(f"beyond\0{line_of(group.get('groupKey'))}")
        read.append(IncomingAlert(action=Action.TRIGGER, dedup_key=key, problem=problem))
    return read


def _one(raw: Any, group: Group, read_one: ReadOne) -> IncomingAlert:
    try:
        alert = cleaned(raw)
    except Unreadable as error:
        return _unreadable(raw, group, str(error))
    if not isinstance(alert, dict):
        return _unreadable(raw, group, "It is not an object.")
    return read_one(alert, group)


def _unreadable(raw: Any, group: Group, problem: str) -> IncomingAlert:
    given = raw.get("fingerprint") if isinstance(raw, dict) else None
    try:
        written = json.dumps(raw)
    except RecursionError:
        written = problem
    key = line_of(given, 64) or digest(written)
    return IncomingAlert(action=action_of(raw, group), dedup_key=key, problem=problem)


def action_of(alert: Any, group: Group) -> Action:
    """By the alert's own status; by the group's only where it has none."""
    status = alert.get("status") if isinstance(alert, dict) else None
    resolved = (status if isinstance(status, str) else group.get("status")) == "resolved"
    return Action.RESOLVE if resolved else Action.TRIGGER


def as_one(group: Group, alerts: list[IncomingAlert]) -> list[IncomingAlert]:
    """One alert for the whole group (the option of a source): it triggers while any that is listed fires.

    It resolves only where the group says so and nothing was cut from its list: the sender reckons the
    group's status over what it lists. Where none that is listed fires and the rest is not known, nothing.
    One that could not be read stays an alert of its own: the whole is what can be read, and goes where rules
    send that. While such a one fires, the whole does not resolve.
    """
    bad = [alert for alert in alerts if alert.problem]
    good = [alert for alert in alerts if not alert.problem]
    return [*_of_readable(group, good, bad), *bad]


def _of_readable(group: Group, good: list[IncomingAlert], bad: list[IncomingAlert]) -> list[IncomingAlert]:
    firing = [alert for alert in good if alert.action == Action.TRIGGER]
    says_resolved = group.get("status") == "resolved"
    if firing or not (good or bad or says_resolved):
        return [_whole(group, firing, Action.TRIGGER)]
    cut = group.get("truncatedAlerts") not in (None, 0)
    if not says_resolved or cut or any(alert.action == Action.TRIGGER for alert in bad):
        return []
    return [_whole(group, good, Action.RESOLVE)]


def _whole(group: Group, alerts: list[IncomingAlert], action: Action) -> IncomingAlert:
    shared, notes = labels_of(group.get("commonLabels")), labels_of(group.get("commonAnnotations"))
    chosen = labels_of(group.get("groupLabels"))
    started = [alert.started_at for alert in alerts if alert.started_at is not None]
    first = alerts[0] if alerts else IncomingAlert(action=action, dedup_key="")
    return IncomingAlert(
        action=action,
        dedup_key=group_key_of(group),
        title=_title(chosen, notes) or first.title or line_of(group.get("receiver")),
        severity=worst_of([alert.severity for alert in alerts]),
        summary=text_of(notes.get("description") or notes.get("message"), 5_000) or first.summary,
        labels=shared | chosen,
        payload=_payload(group, chosen, alerts),
        runbook_url=address(notes, *RUNBOOKS) or first.runbook_url,
        dashboard_url=address(notes, "dashboard_url", "dashboard") or first.dashboard_url,
        started_at=min(started, default=None),
        is_test=bool(alerts) and all(alert.is_test for alert in alerts),
    )


def group_key_of(group: Group) -> str:
    """The group's key is the same for the same route and group labels; without one, its labels' hash."""
    named = text_of(group.get("groupKey"), 600_000)
    return (
        short_key(named) if named else digest(json.dumps(sorted(labels_of(group.get("groupLabels")).items())))
    )


def _title(chosen: dict[str, str], notes: dict[str, str]) -> str:
    named = [chosen.get("alertname", ""), *(chosen[name] for name in sorted(chosen) if name != "alertname")]
    return line_of(notes.get("summary")) or line_of(notes.get("title")) or line_of(" ".join(named))


def _payload(group: Group, chosen: dict[str, str], alerts: list[IncomingAlert]) -> dict[str, Any]:
    said = {name: line_of(group.get(name)) for name in ("receiver", "groupKey", "truncatedAlerts")}
    return said | {"groupLabels": chosen, "alerts": [alert.payload for alert in alerts[:SHOWN]]}


def address(notes: dict[str, str], *names: str) -> str:
    """The first of these annotations that is a web address."""
    return next((url for name in names if (url := url_of(notes.get(name)))), "")
