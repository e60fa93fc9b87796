"""Routing rules: read for alerts that come in, written by those who set Muster up (ONCALL 4.8)."""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.conditions import LONGEST_PATTERN, problems_in, tidy
from incidents.models import Alert, AlertSource, RoutingRule
from incidents.routing import Rule, Seen, read_conditions

MOST_RULES = 200
MAY = "incidents.setup"
WRITTEN = (
    "name",
    "enabled",
    "source",
    "match",
    "conditions",
    "service",
    "severity",
    "suppress",
    "tags",
    "goes_on",
)


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


def conditions_like(alert: Alert) -> list[dict[str, str]]:
    """For a rule about alerts like this one, to be written on: by its alertname, else by its title."""
    by = "labels.alertname" if alert.labels.get("alertname") else "title"
    value = str(alert.labels["alertname"] if by != "title" else alert.title)
    if len(value) > LONGEST_PATTERN:
        return [{"field": by, "op": "glob", "value": value[: LONGEST_PATTERN - 1] + "*"}]
    return [{"field": by, "op": "is", "value": value}]


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


# --- written ------------------------------------------------------------------------------------------------
def save_rule(*, rule: RoutingRule, actor: Actor, now: datetime) -> RoutingRule:
    """Makes it, below all others, or changes one that is there; its place and its count stay as they are.

    Holds for alerts that come in from now on. Raises ValidationError by field; RoutingRule.DoesNotExist for
    one that is gone, or another tenant's. Needs incidents.setup.
    """
    actor.must(MAY)
    if problems := problems_in(rule.conditions):
        raise ValidationError({"conditions": problems})
    rule.conditions = tidy(rule.conditions)
    with acting(actor, now=now):
        check_rule(rule)
        if rule.pk is None:
            _make(rule, now)
        else:
            _lock(rule)
            rule.full_clean()
            # Not all of it: alerts are counted on it, and others move it, meanwhile.
            rule.save(update_fields=WRITTEN)
    return rule


def delete_rule(*, rule: RoutingRule, actor: Actor, now: datetime) -> None:
    """It is gone; what it was stays in its history, and its name on alerts that it caught. Raises
    RoutingRule.DoesNotExist the second time. Needs incidents.setup.
    """
    actor.must(MAY)
    with acting(actor, now=now):
        _lock(rule).delete()


def move_rule(*, rule: RoutingRule, up: bool, actor: Actor, now: datetime) -> None:
    """One place up or down among all of them; nothing where it is the first or the last already.

    Locks every rule: of two at once the second moves from where the first left it. A rule that is gone
    meanwhile raises RoutingRule.DoesNotExist. Needs incidents.setup.
    """
    actor.must(MAY)
    with acting(actor, now=now):
        rows = list(RoutingRule.objects.select_for_update(no_key=True).order_by("pk"))
        rows.sort(key=lambda row: (row.position, row.pk))
        at = next((n for n, row in enumerate(rows) if row.pk == rule.pk), None)
        if at is None:
            raise RoutingRule.DoesNotExist
        other = at - 1 if up else at + 1
        if 0 <= other < len(rows):
            rows[at], rows[other] = rows[other], rows[at]
            _renumber(rows)


def _lock(rule: RoutingRule) -> RoutingRule:
    found: RoutingRule = RoutingRule.objects.select_for_update(no_key=True, of=("self",)).get(pk=rule.pk)
    return found


def check_rule(rule: RoutingRule) -> None:
    """What full_clean cannot know. Raises ValidationError by field."""
    if rule.service is not None and rule.service.archived_at is not None:
        raise ValidationError({"service": _("This service is archived.")})
    if rule.suppress and not rule.conditions and rule.source is None:
        words = _("It would keep every alert quiet: add a condition, or choose a source.")
        raise ValidationError({"suppress": words})


def _make(rule: RoutingRule, now: datetime) -> None:
    if RoutingRule.objects.count() >= MOST_RULES:
        raise ValidationError(_("There are %(most)d rules already: no more.") % {"most": MOST_RULES})
    last = RoutingRule.objects.aggregate(last=Max("position"))["last"]
    rule.position, rule.created_at = (last or 0) + 1, now
    rule.full_clean()
    rule.save()


def _renumber(rows: list[RoutingRule]) -> None:
    """Only those that stand elsewhere than before are saved: mostly two."""
    taken = sorted(row.position for row in rows)
    places = taken if len(set(taken)) == len(taken) else range(1, len(rows) + 1)
    for row, place in zip(rows, places, strict=True):
        if row.position != place:
            row.position = place
            row.save(update_fields=["position"])
