"""Which alerts share an incident, and where rules send the others: grouped first, routed once."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from incidents.grouping import group_key, unreadable_key
from incidents.models import Call, Incident, RoutingRule, Service
from incidents.operations.maintaining import save_window, start_maintenance
from incidents.operations.merging import merge
from oncall.models import EscalationPolicy
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, alert, pages


@pytest.fixture
def shop(db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


def source_of(shop: Shop, **changes: object) -> None:
    with shop.scope(), acting(ENGINE, now=shop.clock.now()):
        for name, value in changes.items():
            setattr(shop.made.source, name, value)
        shop.made.source.save()


def service_of(shop: Shop, **changes: object) -> None:
    with shop.scope(), acting(ENGINE, now=shop.clock.now()):
        for name, value in changes.items():
            setattr(shop.made.service, name, value)
        shop.made.service.save()


def another_service(shop: Shop, name: str = "Database") -> Service:
    with shop.scope(), acting(ENGINE, now=shop.clock.now()):
        made: Service = Service.objects.create(name=name, team=shop.made.service.team)
    return made


def rule(shop: Shop, name: str = "rule", **fields: object) -> RoutingRule:
    with shop.scope(), acting(ENGINE, now=shop.clock.now()):
        made: RoutingRule = RoutingRule.objects.create(name=name, created_at=shop.clock.now(), **fields)
    return made


def said(severity: str) -> list[dict[str, str]]:
    return [{"field": "severity", "op": "is", "value": severity}]


class TestKeys:
    def test_are_of_the_source_for_a_key_and_of_who_says_so_for_labels(self) -> None:
        shared = {"scope": "service 1", "key": "k", "labels": {"cluster": "eu", "pod": "a"}}
        assert group_key("service", [], source_id=1, **shared) == ""  # type: ignore[arg-type]
        one, two = (group_key("key", [], source_id=pk, **shared) for pk in (1, 2))  # type: ignore[arg-type]
        assert one != two
        eu = [group_key("labels", ["cluster"], source_id=pk, **shared) for pk in (1, 2)]  # type: ignore[arg-type]
        assert eu[0] == eu[1] != one
        assert len(eu[0]) == len(unreadable_key(1)) == 64

    def test_a_missing_label_is_an_empty_one_and_parts_do_not_run_together(self) -> None:
        def of(names: list[str], **labels: str) -> str:
            return group_key("labels", names, scope="s", source_id=1, key="k", labels=labels)

        assert of(["a", "b"], a="1") == of(["b", "a"], a="1", b="")
        assert of(["a", "b"], a="1", b="2") != of(["a", "b"], a="1b=2")


class TestGrouping:
    def test_by_key_each_alert_has_its_incident_and_returns_to_it(self, shop: Shop) -> None:
        source_of(shop, grouping="key")
        shop.alertmanager(alert("Errors"), alert("Latency"))
        shop.run()
        assert len(shop.incidents()) == 2
        shop.clock.move(minutes=1)
        shop.clear("Errors")
        shop.clock.move(minutes=1)
        shop.fire("Errors")
        assert len(shop.incidents()) == 2
        assert [found.incident for found in shop.alerts()].count(shop.incidents()[0]) == 2

    def test_by_labels_across_two_sources_of_the_service(self, shop: Shop) -> None:
        service_of(shop, grouping="labels", grouping_labels=["cluster"])
        shop.fire("Errors", cluster="eu")
        shop.fire("Latency", cluster="eu")
        shop.fire("Errors", cluster="us")
        eu, us = shop.incidents()
        assert [found.incident for found in shop.alerts()] == [eu, eu, us]

    def test_a_window_ends_what_comes_together(self, shop: Shop) -> None:
        service_of(shop, grouping_minutes=30)
        shop.fire("Errors")
        shop.clock.move(minutes=29)
        shop.fire("Latency")
        assert len(shop.incidents()) == 1
        shop.clock.move(minutes=1)
        shop.fire("Disk")
        assert len(shop.incidents()) == 2

    def test_merged_it_brings_its_group_along(self, shop: Shop) -> None:
        source_of(shop, grouping="key")
        shop.alertmanager(alert("Errors"), alert("Latency"))
        shop.run()
        with shop.scope():
            one, into = shop.incidents()
            owner = shop.made.owner.as_actor()
            merge(incident=one, into=into, actor=owner, now=shop.clock.now())
        shop.clock.move(minutes=1)
        shop.clear("Errors")
        shop.clock.move(minutes=1)
        mail.outbox.clear()
        shop.fire("Errors")
        assert (len(shop.incidents()), pages()) == (2, [])
        assert {found.incident for found in shop.alerts() if found.is_open} == {into}

    def test_a_private_incident_of_the_group_is_never_joined(self, shop: Shop) -> None:
        source_of(shop, grouping="labels", grouping_labels=["cluster"])
        shop.fire("Errors", cluster="eu")
        with shop.scope():
            Incident.objects.update(private=True)
        mail.outbox.clear()
        shop.clock.move(minutes=6)
        shop.fire("Latency", cluster="eu")
        assert len(shop.incidents()) == 2

    def test_groups_of_one_post_are_opened_apart_in_few_statements(self, shop: Shop) -> None:
        source_of(shop, grouping="labels", grouping_labels=["cluster"])

        def statements(name: str, count: int) -> int:
            clusters = ("eu", "us")
            shop.alertmanager(
                *(alert(name, cluster=clusters[n % 2], instance=f"web-{n}") for n in range(count))
            )
            with CaptureQueriesContext(connection) as captured:
                shop.run()
            return len(captured)

        opening = statements("First", 4)
        few, many = statements("Second", 8), statements("Third", 300)
        assert (len(shop.incidents()), len(shop.alerts())) == (2, 312)
        assert many <= few < opening


class TestRouting:
    def test_to_the_service_severity_and_tags_of_the_rule(self, shop: Shop) -> None:
        database = another_service(shop)
        made = rule(
            shop, "db", service=database, severity="warning", tags=["db"], conditions=said("critical")
        )
        shop.clock.move(minutes=1)
        shop.fire("Errors")
        [found] = shop.alerts()
        assert (found.service_id, found.severity, found.said_severity) == (database.pk, "warning", "critical")
        assert (found.routed_by, found.tags) == ("db", ["db"])
        assert (shop.incident().service, shop.incident().severity_word) == (database, "SEV3?")
        with shop.scope():
            made.refresh_from_db()
        assert shop.outcomes() == ["processed"]

    def test_a_repeat_is_not_worse_because_a_rule_lowered_it(self, shop: Shop) -> None:
        rule(shop, severity="warning", conditions=said("critical"))
        shop.fire("Errors")
        shop.fire("Errors")
        [found] = shop.alerts()
        assert (found.severity, found.count, len(pages())) == ("warning", 2, 1)
        assert shop.incident().severity_word == "SEV3?"

    def test_suppressed_it_is_counted_and_heard_once_it_gets_worse(self, shop: Shop) -> None:
        rule(shop, suppress=True, conditions=said("warning"))
        shop.fire("Errors", severity="warning")
        shop.fire("Errors", severity="warning")
        [found] = shop.alerts()
        assert (found.suppressed, found.count, found.incident) == (True, 2, None)
        assert (shop.incidents(), pages()) == ([], [])
        shop.fire("Errors", severity="critical")
        [found] = shop.alerts()
        assert (found.suppressed, found.count, found.incident) == (False, 3, shop.incident())
        assert (shop.incident().severity_word, len(pages())) == ("SEV1?", 1)

    def test_suppressed_it_is_heard_with_the_next_post_once_the_rule_is_gone(self, shop: Shop) -> None:
        made = rule(shop, suppress=True)
        shop.fire("Errors")
        assert shop.incidents() == []
        with shop.scope(), acting(ENGINE, now=shop.clock.now()):
            made.enabled = False
            made.save()
        shop.fire("Errors")
        assert (len(shop.alerts()), len(pages())) == (1, 1)

    def test_an_open_group_takes_what_a_rule_would_send_elsewhere(self, shop: Shop) -> None:
        """grafana/oncall#4421: warning to critical made two groups, and woke two people."""
        source_of(shop, grouping="labels", grouping_labels=["cluster"])
        rule(shop, service=another_service(shop), conditions=said("critical"))
        shop.fire("Slow", severity="warning", cluster="eu")
        shop.fire("Errors", severity="critical", cluster="eu")
        assert {found.service_id for found in shop.alerts()} == {shop.made.service.pk}
        assert shop.incident().severity_word == "SEV1?"

    def test_a_rise_calls_in_the_service_the_rules_name_now(self, shop: Shop) -> None:
        database = another_service(shop)
        with shop.scope(), acting(ENGINE, now=shop.clock.now()):
            default = EscalationPolicy.objects.get(is_default=True)
            database.policy = _copy_of(default)
            database.save()
        rule(shop, "to the database", service=database, conditions=said("critical"))
        shop.fire("Errors", severity="error")
        assert shop.incident().service == shop.made.service
        for _time in range(2):
            shop.clock.move(minutes=1)
            shop.fire("Errors", severity="critical")
        with shop.scope():
            calls = list(Call.objects.values_list("kind", "label", "by_record"))
        assert calls == [(calls[0][0], calls[0][1], False), ("team", "Database", True)]
        assert ("call", "Called in Database") in shop.timeline()
        assert (shop.incident().service, shop.alerts()[0].routed_by) == (shop.made.service, "to the database")

    @pytest.mark.parametrize(("about", "called"), [("Errors*", 1), ("Disk*", 2)])
    def test_a_rise_calls_nobody_of_a_service_in_maintenance_for_it(
        self, shop: Shop, about: str, called: int
    ) -> None:
        database = another_service(shop)
        with shop.scope(), acting(ENGINE, now=shop.clock.now()):
            database.policy = _copy_of(EscalationPolicy.objects.get(is_default=True))
            database.save()
            now = shop.clock.now()
            window = start_maintenance(service=database, minutes=60, actor=ENGINE, now=now, mode="no_page")
            window.conditions = [{"field": "labels.alertname", "op": "glob", "value": about}]
            save_window(window=window, services=[database], actor=ENGINE, now=now)
        rule(shop, "to the database", service=database, conditions=said("critical"))
        shop.fire("Errors", severity="error")
        shop.clock.move(minutes=1)
        shop.fire("Errors", severity="critical")
        with shop.scope():
            assert Call.objects.count() == called

    def test_rules_are_read_once_for_a_chunk(self, shop: Shop) -> None:
        for number in range(3):
            rule(shop, f"r{number}", conditions=[{"field": "labels.instance", "op": "glob", "value": "db*"}])
        shop.alertmanager(*(alert("Errors", instance=f"web-{n}") for n in range(50)))
        with CaptureQueriesContext(connection) as captured:
            shop.run()
        asked = [one for one in captured if 'FROM "incidents_routingrule"' in one["sql"]]
        assert len(asked) == 1


class TestTestsAndNotes:
    def test_what_cannot_be_read_asks_no_rule(self, shop: Shop) -> None:
        rule(shop, suppress=True)
        shop.post(f"/ingest/{shop.key}/json", b"\x00 no json")
        shop.run()
        assert (len(pages()), shop.outcomes()) == (1, ["quarantined"])


def _copy_of(policy: EscalationPolicy) -> EscalationPolicy:
    steps = list(policy.steps.all())
    policy.pk, policy.uid, policy.name, policy.is_default = None, "DATABASE2222", "Database", False
    policy._state.adding = True
    policy.save()
    for step in steps:
        targets = list(step.targets.all())
        step.pk, step.policy, step._state.adding = None, policy, True
        step.save()
        for target in targets:
            target.pk, target.step, target._state.adding = None, step, True
            target.save()
    return policy
