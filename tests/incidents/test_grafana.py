"""Grafana's webhook, as it documents it: alerting, legacy, and a body somebody wrote themselves."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from incidents import adapters
from incidents.adapters import Action, IncomingAlert, Options

ALERT = {
    "status": "firing",
    "labels": {"alertname": "High memory usage", "team": "blue", "zone": "us-1", "severity": "critical"},
    "annotations": {
        "description": "The system has high memory usage",
        "runbook_url": "https://wiki.example.org/memory",
        "summary": "This alert was triggered for zone us-1",
    },
    "startsAt": "2026-11-23T09:51:03.157076+02:00",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "https://play.example.org/alerting/1afz29v7z/edit",
    "fingerprint": "c6eadffa33fcdf37",
    "silenceURL": "https://play.example.org/alerting/silence/new?matchers=alertname%3DT2",
    "dashboardURL": "https://play.example.org/d/abc",
    "panelURL": "https://play.example.org/d/abc?viewPanel=2",
    "imageURL": "https://play.example.org/a.png",
    "values": {"B": 44.23943737541908, "C": 1},
    "valueString": "[ var='B' labels={} value=44 ]",
}
GROUP = {
    "receiver": "muster",
    "status": "firing",
    "orgId": 1,
    "alerts": [ALERT, ALERT | {"status": "resolved", "fingerprint": "c6eadffa33fcdf38"}],
    "groupLabels": {"alertname": "High memory usage"},
    "commonLabels": {"team": "blue"},
    "commonAnnotations": {},
    "externalURL": "https://play.example.org/",
    "version": "1",
    "groupKey": '{}:{alertname="High memory usage"}',
    "truncatedAlerts": 0,
    "title": "[FIRING:1] High memory usage",
    "state": "alerting",
    "message": "**Firing**",
}
LEGACY = {
    "dashboardId": 1,
    "evalMatches": [{"value": 100, "metric": "High value", "tags": None}],
    "imageUrl": "https://grafana.example.org/a.png",
    "message": "Somebody should look at this.",
    "orgId": 1,
    "panelId": 1,
    "ruleId": 42,
    "ruleName": "Response time",
    "ruleUrl": "https://grafana.example.org/d/abc",
    "state": "alerting",
    "tags": {"severity": "critical"},
    "title": "[Alerting] Response time",
}


def read(body: Any, **options: Any) -> list[IncomingAlert]:
    return adapters.read("grafana", json.dumps(body).encode(), "", Options(**options))


def one(**alert: Any) -> IncomingAlert:
    [found] = read(GROUP | {"alerts": [ALERT | alert]})
    return found


class TestAlerting:
    def test_each_alert_is_read_by_its_own_status(self) -> None:
        firing, resolved = read(GROUP)
        assert (firing.action, resolved.action) == (Action.TRIGGER, Action.RESOLVE)
        assert (firing.dedup_key, resolved.dedup_key) == ("c6eadffa33fcdf37", "c6eadffa33fcdf38")
        assert (firing.title, firing.severity) == ("This alert was triggered for zone us-1", "critical")
        assert firing.summary == "The system has high memory usage"
        assert firing.runbook_url == "https://wiki.example.org/memory"
        assert firing.dashboard_url == "https://play.example.org/d/abc?viewPanel=2"
        assert firing.payload["silenceURL"] == ALERT["silenceURL"]
        assert firing.payload["imageURL"] == ALERT["imageURL"]
        assert firing.started_at == datetime(2026, 11, 23, 7, 51, 3, 157076, tzinfo=UTC)
        assert not firing.is_test

    def test_without_words_the_values_are_the_summary(self) -> None:
        assert one(annotations={}).summary == "B = 44.23943737541908, C = 1"
        assert one(annotations={}, values=None).summary == "[ var='B' labels={} value=44 ]"
        assert one(annotations={}).title == "High memory usage"

    def test_the_next_best_link_is_taken(self) -> None:
        assert one(panelURL="").dashboard_url == "https://play.example.org/d/abc"
        assert one(panelURL="", dashboardURL="").dashboard_url == ALERT["generatorURL"]

    def test_equal_labels_of_two_organisations_are_two_alerts(self) -> None:
        assert one(orgId=1).dedup_key == one().dedup_key == "c6eadffa33fcdf37"
        assert one(orgId=7).dedup_key == "7:c6eadffa33fcdf37"

    @pytest.mark.parametrize(
        ("name", "words"),
        [("DatasourceNoData", "Disk: no data"), ("DatasourceError", "Disk: the data source fails")],
    )
    def test_trouble_with_the_data_names_the_rule(self, name: str, words: str) -> None:
        alert = one(labels={"alertname": name, "rulename": "Disk", "datasource_uid": "x", "ref_id": "A"})
        assert (alert.title, alert.action) == (words, Action.TRIGGER)

    def test_the_test_button_is_a_test(self) -> None:
        assert one(labels={"alertname": "TestAlert", "instance": "Grafana"}).is_test
        assert not one(labels={"alertname": "TestAlert", "instance": "web-1"}).is_test

    def test_one_bad_alert_does_not_spoil_the_others(self) -> None:
        bad, good = read(GROUP | {"alerts": [{"labels": {str(n): "x" for n in range(3_000)}}, ALERT]})
        assert (bool(bad.problem), good.problem) == (True, "")

    def test_by_group_it_is_one_alert(self) -> None:
        [alert] = read(GROUP, by_group=True)
        assert (alert.action, alert.dedup_key) == (Action.TRIGGER, GROUP["groupKey"])
        test = ALERT | {"labels": {"alertname": "TestAlert", "instance": "Grafana"}}
        [alert] = read(GROUP | {"alerts": [test]}, by_group=True)
        assert alert.is_test


class TestLegacy:
    def test_it_is_known_by_its_rule(self) -> None:
        [alert] = read(LEGACY)
        assert (alert.action, alert.dedup_key, alert.title) == (Action.TRIGGER, "42", "Response time")
        assert (alert.summary, alert.severity) == ("Somebody should look at this.", "critical")
        assert alert.dashboard_url == "https://grafana.example.org/d/abc"
        [over] = read(LEGACY | {"state": "ok"})
        assert (over.action, over.dedup_key) == (Action.RESOLVE, "42")

    @pytest.mark.parametrize("state", ["no_data", "paused", "pending"])
    def test_what_says_nothing_of_its_state_is_nothing(self, state: str) -> None:
        assert read(LEGACY | {"state": state}) == []

    def test_its_test_button_is_a_test(self) -> None:
        said = {"message": "Someone is testing the alert notification within Grafana."}
        test = LEGACY | {"ruleName": "Test notification"}
        for its_own in ({"ruleId": 5577006791947779410} | said, {"ruleId": 0}):
            [alert] = read(test | its_own)
            assert alert.is_test

    def test_a_rule_of_that_name_is_none(self) -> None:
        [alert] = read(LEGACY | {"ruleName": "Test notification"})
        assert not alert.is_test


class TestCustomPayload:
    def test_it_is_read_like_any_json(self) -> None:
        [alert] = read({"title": "Disk full", "key": "disk", "status": "firing"})
        assert (alert.title, alert.dedup_key, alert.action) == ("Disk full", "disk", Action.TRIGGER)
        [alert] = read({"title": "Disk full", "key": "disk", "status": "resolved"})
        assert alert.action == Action.RESOLVE

    def test_and_by_the_mapping_of_its_source(self) -> None:
        [alert] = read({"what": {"name": "Disk"}}, tool="grafana", mapping={"title": "$.what.name"})
        assert alert.title == "Disk"
