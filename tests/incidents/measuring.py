"""Incidents with moments of their own choosing, many at a time, past the operations."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from config.tenancy.scoping import bound_tenant_id
from incidents.models import Incident, Service, Severity

MOMENTS = [
    "started_at",
    "acknowledged_at",
    "confirmed_at",
    "first_internal_at",
    "first_external_at",
]


def make(now: datetime, *many: dict[str, Any], first: int = 1) -> list[Incident]:
    """Incidents of the bound tenant, numbered from `first`, each declared at `now` where not said."""
    rows = [
        Incident(
            **{
                "tenant_id": bound_tenant_id(),
                "number": number,
                "uid": f"{number:012d}",
                "summary": f"Incident {number}",
                "declared_at": now,
                "found_by": "monitoring",
                **given,
            }
        )
        for number, given in enumerate(many, start=first)
    ]
    made: list[Incident] = Incident.objects.bulk_create(rows)
    return made


def any_incidents(
    now: datetime, count: int, *, severities: Iterable[Severity], services: Iterable[Service], seed: int = 1
) -> list[dict[str, Any]]:
    """What `count` believable incidents of the last 90 days would be: the same for the same seed."""
    dice = random.Random(seed)
    levels, kinds = [*severities, None], [*services, None]
    return [_any(now, dice, levels, kinds) for _ in range(count)]


def _any(now: datetime, dice: random.Random, levels: list[Any], kinds: list[Any]) -> dict[str, Any]:
    declared = now - timedelta(minutes=dice.randrange(1, 60 * 24 * 89))
    given: dict[str, Any] = {
        "declared_at": declared,
        "severity": dice.choice(levels),
        "service": dice.choice(kinds),
        "found_by": dice.choice(["monitoring", "team", "customer"]),
        "cases": dice.choice([0, 0, 3]),
    }
    for name in MOMENTS:
        if dice.random() < 0.8:
            given[name] = declared + timedelta(seconds=dice.randrange(-300, 4_000))
    ended = declared + timedelta(minutes=dice.randrange(70, 900))
    match dice.choice(["open", "resolved", "resolved", "false", "recovered"]):
        case "resolved":
            over = {"impact_over_at": ended, "nothing_imminent_at": ended, "resolved_at": ended}
            given |= {"phase": "resolved", **over}
        case "false":
            given |= {"phase": "cancelled", "cancel_reason": "false_alarm", "cancelled_at": ended}
        case "recovered":
            given |= {"phase": "cancelled", "cancel_reason": "recovered", "cancelled_at": ended}
    return given
