"""What the rules would make of an alert, each with its reasons, and who would be paged. Writes nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.models import Tenant
from incidents import adapters
from incidents.adapters import Action, Options, Unreadable
from incidents.conditions import condition_words
from incidents.models import Alert, AlertSeverity, AlertSource, RoutingRule, Service, Severity
from incidents.operations.foreseeing import Paged, foresee
from incidents.operations.joining import severity_for
from incidents.operations.routing_rules import as_rule, seen_of
from incidents.routing import Check, Decision, decide
from incidents.rule_words import decision_words, then_words, when_words

LONGEST_PASTED = 100_000


@dataclass(frozen=True)
class TriedCheck:
    """A condition in words, and what stood in its field; None: nothing."""

    words: str
    found: str | None
    holds: bool


@dataclass(frozen=True)
class TriedRule:
    """`state`: caught, passed, not_asked (one above it has decided), off, elsewhere (another source's)."""

    row: RoutingRule
    state: str
    when: str
    then: str
    checks: list[TriedCheck] = field(default_factory=list)


@dataclass(frozen=True)
class Trial:
    """`paged` is None where the rules suppress it. `service` None: none is known."""

    alert: Alert
    rules: list[TriedRule]
    decision: Decision
    service: Service | None
    severity: Severity | None
    words: str
    paged: Paged | None


def try_rules(*, alert: Alert, tenant: Tenant, now: datetime) -> Trial:
    """As if it came in now, and no open incident took it. `alert` is a stored one, or was never saved."""
    rows = list(RoutingRule.objects.select_related("source", "service").order_by("position", "id"))
    in_use = [as_rule(row) for row in rows if row.enabled]
    decision = decide(in_use, seen_of(alert, alert.source), explain=True)
    service = _service(alert.source, decision, rows)
    severity = severity_for(decision.severity or alert.said_severity)
    paged = None
    if not decision.suppress:
        paged = foresee(tenant=tenant, service=service, severity=severity, at=now, alerts=[alert])
    return Trial(
        alert=alert,
        rules=_tried(rows, decision),
        decision=decision,
        service=service,
        severity=severity,
        words=decision_words(decision, str(service) if service is not None else ""),
        paged=paged,
    )


def alert_of(*, source: AlertSource, said: str, severity: str = "", title: str = "") -> Alert:
    """An alert as pasted: labels, one `name=value` a line; or JSON as its monitor posts it. Not saved.

    `title` and `severity` go before what was pasted. Raises ValidationError.
    """
    if len(said) > LONGEST_PASTED:
        words = _("Paste at most %(most)d characters.") % {"most": LONGEST_PASTED}
        raise ValidationError({"said": words})
    if said.lstrip().startswith(("{", "[")):
        alert = _from_json(source, said)
    else:
        alert = Alert(labels=_labels(said), said_severity=AlertSeverity.ERROR)
    alert.source, alert.title = source, title or alert.title or alert.labels.get("alertname", "")
    alert.said_severity = severity or alert.said_severity
    return alert


def _labels(said: str) -> dict[str, str]:
    labels: dict[str, str] = {}
    for number, line in enumerate(said.splitlines(), start=1):
        name, equals, value = line.strip().rstrip(",").partition("=" if "=" in line else ":")
        if name.strip() and equals:
            labels[name.strip()] = value.strip().strip('"').replace("\0", "")
        elif line.strip():
            words = _("Line %(number)d is no label: write name=value.") % {"number": number}
            raise ValidationError({"said": words})
    return labels


def _from_json(source: AlertSource, said: str) -> Alert:
    """The first alert in it, as the address of its shape would read it."""
    options = Options(tool=source.tool, by_group=source.by_group, mapping=source.mapping)
    try:
        found = adapters.read(_format(said), said.encode("utf-8", "replace"), "", options)
    except Unreadable as problem:
        raise ValidationError({"said": str(problem)}) from None
    read = next((one for one in found if one.action == Action.TRIGGER), found[0] if found else None)
    if read is None:
        raise ValidationError({"said": _("There is no alert in it.")})
    return Alert(
        dedup_key=read.dedup_key,
        title=read.title,
        summary=read.summary,
        said_severity=read.severity,
        labels=read.labels,
        payload=read.payload,
    )


def _format(said: str) -> str:
    try:
        body = json.loads(said)
    except (ValueError, RecursionError):
        return "json"  # its reader says what is wrong
    if not isinstance(body, Mapping):
        return "json"
    if isinstance(body.get("alerts"), list):
        return "grafana" if "orgId" in body else "alertmanager"
    return "pagerduty" if "event_action" in body else "json"


def _service(source: AlertSource, decision: Decision, rows: list[RoutingRule]) -> Service | None:
    if decision.service_id is None:
        return source.service
    return next((row.service for row in rows if row.service_id == decision.service_id), None)


def _tried(rows: list[RoutingRule], decision: Decision) -> list[TriedRule]:
    tried = {one.rule.id: one for one in decision.tried}
    found = []
    for row in rows:
        one = tried.get(row.pk)
        state = "off" if not row.enabled else "not_asked"
        if one is not None:
            elsewhere = not one.caught and not one.checks
            state = "caught" if one.caught else "elsewhere" if elsewhere else "passed"
        checks = [_check(check) for check in one.checks] if one is not None else []
        found.append(TriedRule(row, state, when_words(row), then_words(row), checks))
    return found


def _check(check: Check) -> TriedCheck:
    found = check.found if check.found is None or len(check.found) <= 200 else check.found[:199] + "…"
    return TriedCheck(condition_words(check.condition), found, check.holds)


def trial_as_data(trial: Trial) -> dict[str, Any]:
    """For the API: rules by uid, in their order."""
    return {
        "rules": trial.rules,
        "caught": trial.decision.words,
        "service": trial.service,
        "severity": trial.severity,
        "suppress": trial.decision.suppress,
        "tags": list(trial.decision.tags),
        "words": trial.words,
        "pages_at": trial.paged.pages_at if trial.paged is not None else None,
        "why": trial.paged.rules if trial.paged is not None else [],
        "rows": trial.paged.rows if trial.paged is not None else [],
    }
