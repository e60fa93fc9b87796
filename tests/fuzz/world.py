"""Tenants that are posted to: sources of every kind, rules that suppress and send elsewhere, heartbeats."""

import itertools
from typing import Any

from config import clock
from config.tenancy.actors import ENGINE
from config.tenancy.scoping import tenant_scope
from incidents.models import AlertSource, Grouping, Heartbeat, RoutingRule, Service, Tool
from incidents.operations.heartbeats import save_heartbeat
from incidents.operations.routing_rules import save_rule
from incidents.operations.sources import create_source, revoke_source
from incidents.operations.tenants import create_tenant

MAPPING = {
    "each": "$.items[*]",
    "title": ["@.title", "$.title"],
    "key": ["@.key", "$.key"],
    "ignored_when": {"path": "$.status", "is": ["ignored"]},
    "test_when": {"path": "$.status", "is": ["UP"]},
}
# By the labels of asking.SOURCES. No limit but that of "key" is ever reached by accident.
SOURCES: dict[str, dict[str, Any]] = {
    "plain": {"settings": {"limit_per_minute": 100_000}},
    "each": {"settings": {"mapping": MAPPING}},
    "group": {"tool": Tool.ALERTMANAGER, "settings": {"by_group": True}},
    "labels": {"settings": {"grouping": Grouping.LABELS, "grouping_labels": ["alertname", "env"]}},
    "key": {"settings": {"grouping": Grouping.KEY, "limit_per_minute": 30, "reopen_minutes": 5}},
    **{tool: {"tool": tool} for tool in ("zabbix", "datadog", "sentry", "sns", "uptimekuma")},
    "signed": {"tool": Tool.GRAFANA, "settings": {"signature_secret": "a secret"}},
    "beats": {"tool": Tool.HEARTBEAT},
    "revoked": {},
}
_number = itertools.count(1)


class World:
    """`keys` by label; `ids` of the tenants; `sources` by label."""

    def __init__(self) -> None:
        now = clock.now()
        number = f"{next(_number)}-{now:%H%M%S%f}"
        made = create_tenant(
            slug=f"fuzz-{number}", name="Fuzz", owner_email=f"olga@fuzz{number}.test", actor=ENGINE, now=now
        )
        other = create_tenant(
            slug=f"outside-{number}",
            name="Outside",
            owner_email=f"omar@out{number}.test",
            actor=ENGINE,
            now=now,
        )
        self.ids = [made.tenant.pk, other.tenant.pk]
        self.keys = {"other": other.alert_key, "unknown": "nosuchkeynosuchkeynosuchkeynosuc"}
        self.sources: dict[str, AlertSource] = {}
        with tenant_scope(made.tenant.pk):
            self._fill(made.service)

    def _fill(self, service: Service) -> None:
        now = clock.now()
        for label, given in SOURCES.items():
            # Half of them page by the service, half by the tenant's default policy.
            of = service if len(self.sources) % 2 else None
            source, key = create_source(name=label, service=of, actor=ENGINE, now=now, **given)
            self.sources[label], self.keys[label] = source, key
        revoke_source(source=self.sources["revoked"], actor=ENGINE, now=now)
        for name in ("one", "two"):
            beat = Heartbeat(source=self.sources["beats"], name=name, slug=name, interval_minutes=5)
            save_heartbeat(heartbeat=beat, actor=ENGINE, now=now)
        for name, given in rules(service).items():
            save_rule(rule=RoutingRule(name=name, created_at=now, **given), actor=ENGINE, now=now)


def rules(service: Service) -> dict[str, dict[str, Any]]:
    def holds(field: str, op: str, value: str = "") -> list[dict[str, str]]:
        return [{"field": field, "op": op, "value": value}]

    return {
        "labs page nobody": {"conditions": holds("labels.env", "is", "lab"), "suppress": True},
        "development is never critical": {
            "conditions": holds("labels.env", "is", "dev"),
            "severity": "warning",
            "tags": ["dev"],
            "goes_on": True,
        },
        "disks": {"conditions": holds("title", "regex", "(?i)disk|node"), "service": service},
        "slow": {"conditions": holds("payload.labels.alertname", "glob", "Slow*"), "severity": "info"},
    }
