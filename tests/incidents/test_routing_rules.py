"""Rules as they are kept: checked, in their order, counted, audited, and another tenant's like none."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.models import RoutingRule, Service
from incidents.operations.routing_rules import (
    MOST_RULES,
    delete_rule,
    move_rule,
    note_hits,
    rules,
    save_rule,
)
from incidents.routing import Condition
from tests.conftest import START
from tests.incidents.leading import Lead
from tests.people import World

DISK = [{"field": "labels.alertname", "op": "glob", "value": "Disk*"}]


def a_rule(name: str = "Disks", **given: Any) -> RoutingRule:
    given.setdefault("conditions", DISK)
    return save_rule(rule=RoutingRule(name=name, **given), actor=ENGINE, now=START)


class TestSaved:
    def test_below_all_others_and_read_in_order(self, lead: Lead) -> None:
        first = a_rule("First", service=lead.checkout, severity="warning", tags=["a"], goes_on=True)
        a_rule("Off", enabled=False)
        a_rule("Last", match="any", suppress=True)
        read = rules()
        assert [rule.name for rule in read] == ["First", "Last"]
        assert read[0].conditions == (Condition("labels.alertname", "glob", "Disk*"),)
        assert (read[0].id, read[0].service_id, read[0].severity) == (first.pk, lead.checkout.pk, "warning")
        assert (read[0].tags, read[0].goes_on, read[1].match, read[1].suppress) == (("a",), True, "any", True)

    def test_rules_are_one_query(self, lead: Lead, django_assert_num_queries: Any) -> None:
        a_rule()
        with django_assert_num_queries(1):
            rules()

    def test_conditions_are_kept_tidy(self, lead: Lead) -> None:
        rule = a_rule(
            conditions=[{"field": " title ", "op": "exists", "value": "x"}, {"field": "key", "op": "missing"}]
        )
        assert rule.conditions == [
            {"field": "title", "op": "exists", "value": ""},
            {"field": "key", "op": "missing", "value": ""},
        ]

    def test_a_change_leaves_count_and_place(self, lead: Lead) -> None:
        rule, other = a_rule(), a_rule("Other")
        RoutingRule.objects.filter(pk=rule.pk).update(hits=7)
        move_rule(rule=rule, up=False, actor=ENGINE, now=START)
        rule.name = "Renamed"
        save_rule(rule=rule, actor=ENGINE, now=START)
        now = RoutingRule.objects.get(pk=rule.pk)
        assert (now.name, now.hits) == ("Renamed", 7)
        assert now.position > RoutingRule.objects.get(pk=other.pk).position

    def test_who_did_what_is_on_record(self, lead: Lead) -> None:
        rule = save_rule(rule=RoutingRule(name="R", conditions=DISK), actor=lead.as_("marc"), now=START)
        pk = rule.pk
        delete_rule(rule=rule, actor=lead.as_("anna"), now=START)
        rows = RoutingRule.history.filter(id=pk).order_by("history_id")
        assert [(row.history_type, row.actor_label) for row in rows] == [("+", "Marc"), ("-", "Anna")]


BAD: list[tuple[Any, str]] = [
    ("text", "Conditions are a list of field, operator and value."),
    ([7], "Condition 1: it has a field, an operator and a value."),
    (
        [{"field": "title", "op": "is", "value": "x", "more": 1}],
        "Condition 1: it has a field, an operator and a value.",
    ),
    ([{"field": "title", "op": "is", "value": 7}], "Condition 1: field, operator and value are text."),
    ([{"field": "title", "op": "is", "value": "a\0"}], "Condition 1: field, operator and value are text."),
    ([*DISK, {"field": "", "op": "is", "value": "x"}], "Condition 2: choose a field."),
    (
        [{"field": "labels.", "op": "is", "value": "x"}],
        "Condition 1: there is no field labels.. "
        "There are: title, summary, severity, source, key, labels.…, payload.….",
    ),
    (
        [{"field": "title", "op": "like", "value": "x"}],
        "Condition 1: there is no operator like. There are: is, is_not, glob, regex, exists, missing.",
    ),
    ([{"field": "title", "op": "is", "value": " "}], "Condition 1: write a value."),
    (
        [{"field": "title", "op": "glob", "value": "x" * 301}],
        "Condition 1: the value has more than 300 characters.",
    ),
    (
        [{"field": "labels." + "x" * 200, "op": "exists"}],
        "Condition 1: the field has more than 200 characters.",
    ),
    (
        [{"field": "title", "op": "regex", "value": "("}],
        "Condition 1: this pattern cannot be used: missing ): (.",
    ),
    (DISK * 51, "Use at most 50 conditions."),
]


class TestRefused:
    @pytest.mark.parametrize(("conditions", "words"), BAD)
    def test_conditions_in_words(self, lead: Lead, conditions: Any, words: str) -> None:
        with pytest.raises(ValidationError) as refused:
            a_rule(conditions=conditions)
        assert refused.value.message_dict == {"conditions": [words]}

    def test_a_rule_that_would_keep_everything_quiet(self, lead: Lead) -> None:
        with pytest.raises(ValidationError, match="every alert quiet"):
            a_rule(conditions=[], suppress=True)

    def test_an_archived_service(self, lead: Lead) -> None:
        with acting(ENGINE, now=START):
            lead.checkout.archived_at = START
            lead.checkout.save()
        with pytest.raises(ValidationError, match="archived"):
            a_rule(service=lead.checkout)

    def test_a_name_that_is_taken(self, lead: Lead) -> None:
        a_rule()
        with pytest.raises(ValidationError):
            a_rule()

    def test_more_than_anybody_reads(self, lead: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
        assert MOST_RULES == 200
        monkeypatch.setattr("incidents.operations.routing_rules.MOST_RULES", 1)
        a_rule()
        with pytest.raises(ValidationError, match="There are 1 rules already"):
            a_rule("Second")

    @pytest.mark.parametrize("name", ["bram", "carla", "vera"])
    def test_whoever_may_not_set_up(self, lead: Lead, name: str) -> None:
        rule, actor = a_rule(), lead.as_(name)
        with pytest.raises(PermissionDenied):
            save_rule(rule=rule, actor=actor, now=START)
        with pytest.raises(PermissionDenied):
            delete_rule(rule=rule, actor=actor, now=START)
        with pytest.raises(PermissionDenied):
            move_rule(rule=rule, up=True, actor=actor, now=START)

    def test_an_outsider_finds_no_rule(self, lead: Lead, world: World) -> None:
        rule = a_rule(service=lead.checkout)
        with tenant_scope(world.other.tenant.pk):
            olga = world.other.members["olga"].as_actor()
            assert rules() == []
            with pytest.raises(RoutingRule.DoesNotExist):
                save_rule(rule=rule, actor=olga, now=START)
            with pytest.raises(RoutingRule.DoesNotExist):
                delete_rule(rule=rule, actor=olga, now=START)
            with pytest.raises(RoutingRule.DoesNotExist):
                move_rule(rule=rule, up=True, actor=olga, now=START)
            theirs = RoutingRule(name="Theirs", conditions=DISK, service=lead.checkout)
            with pytest.raises(ValidationError):
                save_rule(rule=theirs, actor=olga, now=START)
        assert [one.name for one in rules()] == ["Disks"]


class TestMoved:
    def test_up_and_down_and_not_past_the_ends(self, lead: Lead) -> None:
        first, second, third = a_rule("1"), a_rule("2"), a_rule("3")
        move_rule(rule=third, up=True, actor=ENGINE, now=START)
        assert [one.name for one in rules()] == ["1", "3", "2"]
        move_rule(rule=first, up=True, actor=ENGINE, now=START)
        move_rule(rule=second, up=False, actor=ENGINE, now=START)
        assert [one.name for one in rules()] == ["1", "3", "2"]
        move_rule(rule=first, up=False, actor=ENGINE, now=START)
        assert [one.name for one in rules()] == ["3", "1", "2"]

    def test_also_where_two_have_one_place(self, lead: Lead) -> None:
        """As two that are made at the same moment."""
        rows = [a_rule("1"), a_rule("2"), a_rule("3")]
        RoutingRule.objects.update(position=1)
        move_rule(rule=rows[2], up=True, actor=ENGINE, now=START)
        assert [one.name for one in rules()] == ["1", "3", "2"]

    def test_only_the_two_get_a_row_of_history(self, lead: Lead) -> None:
        rows = [a_rule(str(n)) for n in range(4)]
        delete_rule(rule=rows.pop(1), actor=ENGINE, now=START)
        before = RoutingRule.history.count()
        move_rule(rule=rows[0], up=False, actor=ENGINE, now=START)
        assert RoutingRule.history.count() == before + 2


class TestCounted:
    def test_after_the_commit_and_without_a_row_of_history(
        self, lead: Lead, django_capture_on_commit_callbacks: Any
    ) -> None:
        rule, other = a_rule(), a_rule("Other")
        history = RoutingRule.history.count()
        with django_capture_on_commit_callbacks(execute=True):
            note_hits(hits={rule.pk: 3}, now=START)
            assert RoutingRule.objects.get(pk=rule.pk).hits == 0
        with django_capture_on_commit_callbacks(execute=True):
            note_hits(hits={rule.pk: 2, 0: 1}, now=START)
            note_hits(hits={}, now=START)
        rule.refresh_from_db()
        other.refresh_from_db()
        assert (rule.hits, rule.last_hit_at, other.hits, other.last_hit_at) == (5, START, 0, None)
        assert RoutingRule.history.count() == history


@pytest.mark.django_db(transaction=True)
def test_many_move_at_once_and_none_is_lost(transactional_db: None, moved_clock: Any) -> None:
    from tests.incidents.shop import Shop
    from tests.incidents.test_alerts_at_once import at_once

    shop = Shop(moved_clock)
    with shop.scope():
        rows = [a_rule(str(n)) for n in range(5)]

    def move(row: RoutingRule, up: bool) -> None:
        with shop.scope():
            move_rule(rule=row, up=up, actor=ENGINE, now=START)

    at_once(*(lambda row=row, up=up: move(row, up) for row in rows for up in (True, False)))
    with shop.scope():
        assert sorted(one.name for one in rules()) == ["0", "1", "2", "3", "4"]
        positions = list(RoutingRule.objects.values_list("position", flat=True))
        assert len(set(positions)) == 5
        assert Service.objects.exists()
    connection.close()
