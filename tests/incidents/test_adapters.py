"""What the adapters make of the documented bodies of each format."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from incidents import adapters
from incidents.adapters import Action, IncomingAlert, Options, Unreadable
from incidents.adapters.limits import MOST_ALERTS

ALERTMANAGER = {
    "version": "4",
    "groupKey": '{}:{alertname="HighErrorRate"}',
    "truncatedAlerts": 0,
    "receiver": "muster",
    "status": "firing",
    "groupLabels": {"alertname": "HighErrorRate"},
    "commonLabels": {"alertname": "HighErrorRate", "severity": "critical"},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager.example.org",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "HighErrorRate", "instance": "web-1", "severity": "critical"},
            "annotations": {
                "summary": "5xx over 10 %",
                "description": "Half of all\nrequests fail.",
                "runbook_url": "https://wiki.example.org/5xx",
            },
            "startsAt": "2026-11-23T09:58:00.123456789Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example.org/graph?g0.expr=up",
            "fingerprint": "c0ffee0123456789",
        },
        {
            "status": "resolved",
            "labels": {"alertname": "HighErrorRate", "instance": "web-2", "severity": "warning"},
            "annotations": {},
            "startsAt": "2026-11-23T09:50:00Z",
            "endsAt": "2026-11-23T09:59:00Z",
            "generatorURL": "",
            "fingerprint": "c0ffee0000000002",
        },
    ],
}


def read(format: str, body: Any, given_key: str = "", **options: Any) -> list[IncomingAlert]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return adapters.read(format, raw, given_key, Options(**options))


class TestAlertmanager:
    def test_each_alert_is_read_by_its_own_status(self) -> None:
        firing, resolved = read("alertmanager", ALERTMANAGER)
        assert (firing.action, resolved.action) == (Action.TRIGGER, Action.RESOLVE)
        assert (firing.dedup_key, resolved.dedup_key) == ("c0ffee0123456789", "c0ffee0000000002")
        assert firing.title == "5xx over 10 %"
        assert firing.summary == "Half of all\nrequests fail."
        assert firing.severity == "critical"
        assert firing.runbook_url == "https://wiki.example.org/5xx"
        assert firing.dashboard_url == "http://prometheus.example.org/graph?g0.expr=up"
        assert firing.started_at == datetime(2026, 11, 23, 9, 58, 0, 123456, tzinfo=UTC)
        assert firing.labels["instance"] == "web-1"

    def test_without_a_summary_the_title_is_the_name_and_the_instance(self) -> None:
        assert read("alertmanager", ALERTMANAGER)[1].title == "HighErrorRate web-2"

    def test_without_a_fingerprint_the_sorted_labels_are_the_key(self) -> None:
        def key(labels: dict[str, str]) -> str:
            return read("alertmanager", {"alerts": [{"status": "firing", "labels": labels}]})[0].dedup_key

        assert key({"a": "1", "b": "2"}) == key({"b": "2", "a": "1"})
        assert key({"a": "1", "b": "2"}) != key({"a": "1", "b": "3"})

    def test_a_cut_list_resolves_nothing_that_it_does_not_name(self) -> None:
        body = ALERTMANAGER | {"truncatedAlerts": 40, "status": "resolved"}
        assert len(read("alertmanager", body)) == 2

    def test_an_alert_without_a_status_has_that_of_its_group(self) -> None:
        alert = {"labels": {"alertname": "Up"}}
        assert read("alertmanager", {"status": "resolved", "alerts": [alert]})[0].action == Action.RESOLVE
        assert read("alertmanager", {"status": "firing", "alerts": [alert]})[0].action == Action.TRIGGER

    def test_an_alert_that_cannot_be_read_takes_no_other_with_it(self) -> None:
        good = ALERTMANAGER["alerts"][0]  # type: ignore[index]
        deep: Any = []
        for _ in range(80):
            deep = [deep]
        bad = [7, {"fingerprint": "f1", "labels": {str(n): "x" for n in range(2_001)}}, {"labels": deep}]
        alerts = read("alertmanager", {"alerts": [*bad, good]})
        assert [bool(alert.problem) for alert in alerts] == [True, True, True, False]
        assert alerts[1].dedup_key == "f1"
        assert len({alert.dedup_key for alert in alerts}) == 4

    def test_a_storm_of_hundreds_is_no_bomb(self) -> None:
        labels = {f"label{n}": "x" for n in range(20)}
        storm = [{"status": "firing", "labels": labels | {"instance": f"web-{n}"}} for n in range(300)]
        alerts = read("alertmanager", {"alerts": storm})
        assert len({alert.dedup_key for alert in alerts}) == 300
        assert not any(alert.problem for alert in alerts)

    def test_the_two_of_a_highly_available_pair_say_the_same_key(self) -> None:
        other = ALERTMANAGER | {"externalURL": "http://alertmanager-2.example.org", "receiver": "muster"}
        assert [a.dedup_key for a in read("alertmanager", other)] == [
            a.dedup_key for a in read("alertmanager", ALERTMANAGER)
        ]

    def test_more_alerts_than_any_sender_has_are_counted_and_page(self) -> None:
        alerts = read("alertmanager", {"alerts": [{}] * (MOST_ALERTS + 3)})
        assert len(alerts) == MOST_ALERTS + 1
        assert str(MOST_ALERTS + 3) in alerts[-1].problem

    @pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'{"alerts": 3}', b"not json", b"\xff\xfe"])
    def test_what_has_no_list_of_alerts_is_unreadable(self, body: bytes) -> None:
        with pytest.raises(Unreadable):
            read("alertmanager", body)


class TestByGroup:
    def one(self, **group: Any) -> list[IncomingAlert]:
        return read("alertmanager", ALERTMANAGER | group, by_group=True)

    def listed(self, *statuses: str) -> list[dict[str, Any]]:
        return [
            {"status": status, "labels": {"alertname": "Up", "instance": f"web-{n}", "severity": "warning"}}
            for n, status in enumerate(statuses)
        ]

    def test_the_group_is_one_alert_by_its_key(self) -> None:
        [alert] = self.one()
        assert (alert.action, alert.dedup_key) == (Action.TRIGGER, '{}:{alertname="HighErrorRate"}')
        assert (alert.title, alert.severity) == ("HighErrorRate", "critical")
        assert alert.started_at == datetime(2026, 11, 23, 9, 58, 0, 123456, tzinfo=UTC)
        assert alert.payload["alerts"][0]["labels"]["instance"] == "web-1"

    def test_its_title_is_what_all_have_in_common(self) -> None:
        [alert] = self.one(commonAnnotations={"summary": "The shop is slow"})
        assert alert.title == "The shop is slow"
        [alert] = self.one(groupLabels={"severity": "page", "alertname": "Slow"})
        assert alert.title == "Slow page"
        [alert] = self.one(groupLabels={})
        assert alert.title == "5xx over 10 %"

    def test_it_triggers_while_any_listed_fires(self) -> None:
        for status in ("firing", "resolved"):
            [alert] = self.one(status=status, alerts=self.listed("resolved", "firing", "resolved"))
            assert (alert.action, alert.severity) == (Action.TRIGGER, "warning")

    def test_it_resolves_where_the_group_says_so_and_lists_all_of_it(self) -> None:
        [alert] = self.one(status="resolved", alerts=self.listed("resolved", "resolved"))
        assert alert.action == Action.RESOLVE

    def test_a_cut_list_resolves_nothing(self) -> None:
        # The sender reckons the status of the group over what it lists: others may still fire.
        assert self.one(status="resolved", alerts=self.listed("resolved"), truncatedAlerts=3) == []
        [alert] = self.one(status="firing", alerts=self.listed("firing"), truncatedAlerts=3)
        assert alert.action == Action.TRIGGER

    def test_a_group_that_lists_nothing_goes_by_its_status(self) -> None:
        assert [a.action for a in self.one(alerts=[])] == [Action.TRIGGER]
        assert [a.action for a in self.one(alerts=[], status="resolved")] == [Action.RESOLVE]
        assert self.one(alerts=[], status="resolved", truncatedAlerts=1) == []

    def test_a_group_that_fires_with_none_listed_firing_is_not_resolved(self) -> None:
        assert self.one(status="firing", alerts=self.listed("resolved")) == []

    def test_a_long_key_is_hashed_and_a_missing_one_made_of_the_labels(self) -> None:
        [long] = self.one(groupKey="x" * 300)
        [other] = self.one(groupKey="x" * 299 + "y")
        assert len(long.dedup_key) == 64
        assert long.dedup_key != other.dedup_key
        [one], [two] = (self.one(groupKey=None, groupLabels={"a": a}) for a in "12")
        assert one.dedup_key != two.dedup_key

    def test_an_alert_that_cannot_be_read_is_said_and_fires(self) -> None:
        [alert] = self.one(alerts=[7, *self.listed("resolved")])
        assert (alert.action, bool(alert.problem)) == (Action.TRIGGER, True)


class TestPagerDuty:
    EVENT = {
        "routing_key": "k" * 32,
        "event_action": "trigger",
        "dedup_key": "disk-full",
        "payload": {
            "summary": "Disk of db-1 is full",
            "source": "db-1",
            "severity": "warning",
            "component": "postgres",
            "timestamp": "2026-11-23T09:58:00+0000",
            "custom_details": {"description": "/var is at 100 %"},
        },
        "links": [
            {"href": "https://grafana.example.org/d/1", "text": "Graph"},
            {"href": "https://wiki.example.org/disk", "text": "The Runbook"},
        ],
        "client_url": "https://icinga.example.org",
    }

    def test_a_trigger_is_read_whole(self) -> None:
        [alert] = read("pagerduty", self.EVENT)
        assert alert.action == Action.TRIGGER
        assert (alert.dedup_key, alert.title) == ("disk-full", "Disk of db-1 is full")
        assert (alert.severity, alert.summary) == ("warning", "/var is at 100 %")
        assert alert.labels == {"source": "db-1", "component": "postgres"}
        assert alert.runbook_url == "https://wiki.example.org/disk"
        assert alert.dashboard_url == "https://grafana.example.org/d/1"
        assert alert.started_at == datetime(2026, 11, 23, 9, 58, tzinfo=UTC)
        assert "routing_key" not in alert.payload

    def test_the_promised_key_is_used_where_the_event_has_none(self) -> None:
        event = {name: value for name, value in self.EVENT.items() if name != "dedup_key"}
        assert read("pagerduty", event, "promised")[0].dedup_key == "promised"

    @pytest.mark.parametrize("action", ["acknowledge", "resolve"])
    def test_acknowledge_and_resolve_need_no_payload(self, action: str) -> None:
        event = {"routing_key": "k", "event_action": action, "dedup_key": "d"}
        [alert] = read("pagerduty", event)
        assert (alert.action, alert.dedup_key, alert.problem) == (action, "d", "")

    @pytest.mark.parametrize("payload", [None, 7, "text", [], {}, {"summary": None}, {"summary": {"a": 1}}])
    def test_whatever_the_payload_is_a_trigger_triggers(self, payload: Any) -> None:
        [alert] = read("pagerduty", {"routing_key": "k", "event_action": "trigger", "payload": payload}, "d")
        assert (alert.action, alert.dedup_key, alert.severity) == (Action.TRIGGER, "d", "error")

    def test_a_long_key_is_hashed_not_cut(self) -> None:
        one, two = ("x" * 300 + end for end in "ab")
        keys = [read("pagerduty", self.EVENT | {"dedup_key": key})[0].dedup_key for key in (one, two, one)]
        assert keys[0] == keys[2] != keys[1]
        assert len(keys[0]) == 64

    def test_a_long_summary_is_cut_not_refused(self) -> None:
        event = self.EVENT | {"payload": {"summary": "é" * 2_000}}
        assert read("pagerduty", event)[0].title == "é" * 1_024


class TestGenericJson:
    def test_the_usual_names_are_known(self) -> None:
        [alert] = read(
            "json",
            {
                "title": "Queue is long",
                "message": "12,000 jobs",
                "key": "q",
                "severity": "P1",
                "url": "https://g.example",
            },
        )
        assert (alert.title, alert.summary, alert.dedup_key) == ("Queue is long", "12,000 jobs", "q")
        assert (alert.severity, alert.dashboard_url) == ("critical", "https://g.example")

    @pytest.mark.parametrize(
        ("status", "action"),
        [
            ("resolved", Action.RESOLVE),
            ("OK", Action.RESOLVE),
            ("ack", Action.ACKNOWLEDGE),
            ("firing", Action.TRIGGER),
            ("nonsense", Action.TRIGGER),
            ({"a": 1}, Action.TRIGGER),
        ],
    )
    def test_a_status_is_read_and_an_unknown_one_triggers(self, status: Any, action: Action) -> None:
        assert read("json", {"title": "T", "status": status})[0].action == action

    def test_without_a_key_title_and_source_are_the_key(self) -> None:
        def key(**members: str) -> str:
            return read("json", members)[0].dedup_key

        assert key(title="T", status="ok") == key(title="T", status="firing")
        assert key(title="T") != key(title="U")
        assert key(title="T", source="a") != key(title="T", source="b")

    def test_without_a_title_the_whole_payload_is_one(self) -> None:
        assert read("json", {"disk": "full", "host": "db-1"})[0].title == '{"disk": "full", "host": "db-1"}'
        assert read("json", ["a", 1])[0].title == '["a", 1]'
        assert read("json", b'"disk full"')[0].title == "disk full"


class TestCleaning:
    def test_nul_and_lone_surrogates_leave_marks_and_nothing_else(self) -> None:
        body = (
            b'{"title": "disk\\u0000 full \\ud800", "labels": {"a\\u0000b": "c"}, "n\\u0000": "\xed\xa0\x80"}'
        )
        [alert] = read("json", body)
        assert alert.title == "disk\ufffd full \ufffd"
        assert alert.labels == {"a\ufffdb": "c"}
        assert "n\ufffd" in alert.payload

    def test_a_title_is_one_line(self) -> None:
        [alert] = read("json", {"title": "<!channel>\r\nBcc: everyone\x85\u2028now\x1b[31m"})
        assert alert.title == "<!channel> Bcc: everyone now[31m"

    def test_numbers_postgresql_cannot_keep_become_text(self) -> None:
        [alert] = read("json", b'{"title": "T", "a": NaN, "b": 1e999, "c": 123456789012345678901, "d": -12}')
        assert [alert.payload[name] for name in "abcd"] == ["NaN", "1e999", "123456789012345678901", -12]

    @pytest.mark.parametrize(
        "address",
        ["javascript:alert(1)", "data:text/html,x", "//evil", "http://", "https://a b", "x" * 3000, 7],
    )
    def test_only_web_addresses_become_links(self, address: Any) -> None:
        assert read("json", {"title": "T", "url": address})[0].dashboard_url == ""

    @pytest.mark.parametrize("levels", [63, 64])
    def test_64_levels_are_read_and_65_are_not(self, levels: int) -> None:
        body = b'{"a":' * levels + b"[]" + b"}" * levels
        if levels == 63:
            assert read("json", body)
        else:
            with pytest.raises(Unreadable):
                read("json", body)

    def test_2000_keys_are_read_and_2001_are_not(self) -> None:
        keys = {f"k{n}": n for n in range(2_000)}
        assert read("json", keys)
        with pytest.raises(Unreadable):
            read("json", keys | {"one": "more"})
