"""Routing rules: read for alerts that come in, written by those who set Muster up (ONCALL 4.8)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from incidents.models import Alert, AlertSource, RoutingRule
from incidents.routing import Rule, Seen, read_conditions


def rules() -> list[Rule]:
    """Those of the bound tenant that are in use, in their order. One query."""
    return [as_rule(row) for row in RoutingRule.objects.filter(enabled=True).order_by("position", "id")]


def as_rule(row: RoutingRule) -> Rule:
    return Rule(
        id=row.pk,
        name=row.name,
        source_id=row.source_id,
        match="any" if row.match == "any" else "all",
        conditions=read_conditions(row.conditions),
        service_id=row.service_id,
        severity=row.severity,
        suppress=row.suppress,
        tags=tuple(row.tags),
        goes_on=row.goes_on,
    )


def seen_of(alert: Alert, source: AlertSource) -> Seen:
    """What rules see of a stored alert; its severity is what the source says."""
    return Seen(
        source_id=source.pk,
        source=source.name,
        title=alert.title,
        summary=alert.summary,
        severity=alert.said_severity,
        key=alert.dedup_key,
        labels=alert.labels,
        payload=alert.payload,
    )


def note_hits(*, hits: Mapping[int, int], now: datetime) -> None:
    """Counts how many alerts each rule (by id) caught, once the transaction that is open is committed.

    Not within it: services would wait for each other at the row of a rule that catches much. No history row;
    a count that fails is logged, and nobody's alert is lost for it.
    """
    if hits:
        counted = dict(hits)
        transaction.on_commit(lambda: _count(counted, now), robust=True)


def _count(hits: Mapping[int, int], now: datetime) -> None:
    for rule_id, times in sorted(hits.items()):
        RoutingRule.objects.filter(pk=rule_id).update(
            hits=F("hits") + times, last_hit_at=Greatest("last_hit_at", now)
        )
