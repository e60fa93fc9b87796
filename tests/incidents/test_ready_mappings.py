"""Each ready mapping reads the body its tool sends to the alert one expects, and to its end."""

import json
from typing import Any

import pytest

from incidents import adapters
from incidents.adapters import Action, IncomingAlert, Options
from incidents.adapters.mapping import problems_of, try_out
from incidents.adapters.ready import READY, sns, zabbix
from incidents.models.source import Tool


def read(tool: str, body: Any) -> list[IncomingAlert]:
    return adapters.read("json", json.dumps(body).encode(), "", Options(tool=tool))


def one(tool: str, body: Any) -> IncomingAlert:
    [alert] = read(tool, body)
    return alert


@pytest.mark.parametrize("tool", list(READY))
class TestEach:
    def test_it_is_sound(self, tool: str) -> None:
        assert tool in Tool.values
        assert problems_of(READY[tool].mapping) == []
        assert READY[tool].how

    def test_the_sample_triggers_and_its_end_ends_the_same_alert(self, tool: str) -> None:
        ready = READY[tool]
        begun, ended = one(tool, ready.sample), one(tool, ready.resolved)
        assert (begun.action, ended.action) == (Action.TRIGGER, Action.RESOLVE)
        assert begun.dedup_key == ended.dedup_key
        assert begun.title
        assert not begun.is_test

    def test_the_paths_find_something(self, tool: str) -> None:
        tried = try_out(READY[tool].mapping, json.dumps(READY[tool].sample).encode())
        found = {field for field, _path, value in tried if value is not None}
        assert {"title", "key"} <= found


def test_zabbix() -> None:
    alert = one("zabbix", zabbix.SAMPLE)
    assert (alert.title, alert.severity) == ("High CPU utilization (over 90% for 5m)", "error")
    assert alert.summary == "Current utilization: 97.2 %"
    assert alert.labels == {"host": "db-1", "ip": "10.0.3.11"}
    assert alert.dedup_key == "48213"
    assert one("zabbix", zabbix.SAMPLE | {"event_nseverity": "5"}).severity == "critical"
    assert one("zabbix", zabbix.SAMPLE | {"event_ack_status": "Yes"}).action == Action.ACKNOWLEDGE
    over = zabbix.SAMPLE | {"event_ack_status": "Yes", "event_value": "0"}
    assert one("zabbix", over).action == Action.RESOLVE
    assert one("zabbix", zabbix.SAMPLE | {"event_id": "{EVENT.ID}"}).is_test
    assert all(name in zabbix.SCRIPT for name in zabbix.SAMPLE)
    told = " ".join(str(step) for step in zabbix.READY.how)
    assert all(name in told for name in ("5.4", "Parameters", "Problem recovery", "Update operations"))


def test_datadog() -> None:
    sample = READY["datadog"].sample
    alert = one("datadog", sample)
    assert alert.title == "[Triggered on {host:web-1}] Error rate of the shop"
    assert (alert.severity, alert.dedup_key) == ("critical", "7261904418")
    assert alert.dashboard_url == "https://app.datadoghq.com/monitors/1234"
    assert one("datadog", sample | {"priority": "", "alert_type": "warning"}).severity == "warning"
    for transition in ("Warn", "No Data", "Re-Triggered", "Renotify"):
        assert one("datadog", sample | {"transition": transition}).action == Action.TRIGGER
    assert set(json.loads(READY["datadog"].snippet)) == set(sample)


def test_sentry() -> None:
    alert = one("sentry", READY["sentry"].sample)
    assert alert.title == "TimeoutError: the payment provider did not answer"
    assert (alert.severity, alert.summary) == ("error", "checkout.views.pay")
    assert alert.labels == {"rule": "Payments fail", "platform": "python"}
    assert alert.dashboard_url.endswith("/issues/1170820242/")


def test_sentry_metric_alerts() -> None:
    def metric(action: str) -> IncomingAlert:
        incident = {"id": "4", "title": "Too many errors", "alert_rule": {"id": "7", "name": "Errors"}}
        data = {
            "description_title": f"{action.title()}: Too many errors",
            "description_text": "1000 events in the last 10 minutes",
            "metric_alert": incident,
            "web_url": "https://sentry.example.org/alerts/4/",
        }
        return one("sentry", {"action": action, "data": data})

    critical, warning, over = (metric(action) for action in ("critical", "warning", "resolved"))
    assert (critical.severity, warning.severity) == ("critical", "warning")
    assert critical.title == "Critical: Too many errors"
    assert critical.dedup_key == warning.dedup_key == over.dedup_key == "4:7"
    assert (critical.action, over.action) == (Action.TRIGGER, Action.RESOLVE)


def test_sentry_what_is_no_alert() -> None:
    assert read("sentry", {"action": "assigned", "data": {"issue": {"id": "1"}}}) == []
    assert read("sentry", {"action": "created", "data": {"installation": {"status": "installed"}}}) == []


def test_cloudwatch() -> None:
    alert = one("sns", READY["sns"].sample)
    assert (alert.title, alert.severity) == ("orders-api 5xx", "error")
    assert alert.summary.startswith("Threshold Crossed")
    assert alert.labels["region"] == "EU (Frankfurt)"
    assert alert.started_at is not None
    raw = one("sns", sns.ALARM)
    assert (raw.title, raw.dedup_key) == (alert.title, alert.dedup_key)
    assert one("sns", sns.ALARM | {"NewStateValue": "INSUFFICIENT_DATA"}).severity == "warning"


def test_sns_asks_to_be_confirmed_and_a_person_does() -> None:
    alert = one("sns", sns.CONFIRMATION)
    assert (alert.action, alert.is_test) == (Action.TRIGGER, True)
    assert "visit the SubscribeURL" in alert.title
    assert alert.dashboard_url == sns.CONFIRMATION["SubscribeURL"]


def test_sns_with_a_text_for_people() -> None:
    alert = one("sns", {"Type": "Notification", "Subject": None, "Message": "The batch failed."})
    assert alert.title == "The batch failed."


def test_uptime_kuma() -> None:
    alert = one("uptimekuma", READY["uptimekuma"].sample)
    assert (alert.title, alert.dedup_key) == ("[Shop] [🔴 Down] connect ECONNREFUSED", "29")
    assert alert.labels["monitor"] == "Shop"
    for status in (2, 3):
        beat = {"heartbeat": {"status": status}, "monitor": {"id": 29}, "msg": "[Shop] waits"}
        assert read("uptimekuma", beat) == []
    assert one("uptimekuma", {"heartbeat": None, "monitor": None, "msg": "muster Testing"}).is_test
    called_so = READY["uptimekuma"].sample | {"msg": "[Shop] [🔴 Down] A/B Testing"}
    assert not one("uptimekuma", called_so).is_test
    expiring = {"heartbeat": None, "monitor": None, "msg": "[Shop] certificate will expire in 7 days"}
    assert not one("uptimekuma", expiring).is_test


def test_a_tool_without_one_is_read_by_the_usual_names() -> None:
    assert one("pagerduty", {"title": "T"}).title == "T"


def test_what_the_api_stored_passes_every_mapping_by() -> None:
    options = Options(tool="uptimekuma", mapping={"title": "$.summary"})
    [alert] = adapters.read("api", b'{"title": "T", "summary": "S"}', "", options)
    assert (alert.title, alert.summary) == ("T", "S")
