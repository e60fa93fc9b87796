"""Mappings of JSON paths: what they find, what is refused, and that a bad one never loses a page."""

import json
import time
from typing import Any

import pytest

from incidents.adapters import Action, IncomingAlert, Unreadable
from incidents.adapters.generic import read_by
from incidents.adapters.limits import MOST_ALERTS
from incidents.adapters.mapping import problems_of, try_out
from incidents.adapters.paths import NotAPath, all_of, compiled

BODY = {
    "alert": {"id": 17, "name": "Queue is long", "level": 5, "state": "DOWN", "text": "12,000 jobs"},
    "host": {"name": "web-1", "tags": {"team": "blue", "zone": 4}},
    "links": [{"url": "https://runbook.example.org"}, {"url": "https://dash.example.org"}],
    "at": "2026-11-23T09:58:00+0000",
}
MAPPING = {
    "title": ["$.nothing.here", "$.alert.name"],
    "key": "$.alert.id",
    "severity": "$.alert.level",
    "severities": {"5": "critical"},
    "summary": "$.alert.text",
    "labels": "$.host.tags",
    "labels.host": "$.host.name",
    "runbook_url": "$.links[0].url",
    "dashboard_url": "$.links[-1]['url']",
    "started_at": "$.at",
    "resolved_when": {"path": "$.alert.state", "is": ["up", 0]},
}


def read(mapping: dict[str, Any], body: Any) -> list[IncomingAlert]:
    assert problems_of(mapping) == []
    return read_by(mapping, json.dumps(body).encode())


def one(mapping: dict[str, Any], body: Any) -> IncomingAlert:
    [alert] = read(mapping, body)
    return alert


class TestReading:
    def test_everything_is_found_where_it_says(self) -> None:
        alert = one(MAPPING, BODY)
        assert (alert.title, alert.dedup_key, alert.severity) == ("Queue is long", "17", "critical")
        assert alert.summary == "12,000 jobs"
        assert alert.labels == {"team": "blue", "zone": "4", "host": "web-1"}
        assert alert.runbook_url == "https://runbook.example.org"
        assert alert.dashboard_url == "https://dash.example.org"
        assert alert.started_at is not None
        assert alert.action == Action.TRIGGER

    def test_a_condition_may_ask_that_something_is_not_there(self) -> None:
        ends = {"path": "$.alert.state", "is": ["down"], "without": ["$.nothing", "$.host.name"]}
        assert one(MAPPING | {"resolved_when": ends}, BODY).action == Action.TRIGGER
        assert one(MAPPING | {"resolved_when": ends}, BODY | {"host": None}).action == Action.RESOLVE
        assert problems_of({"resolved_when": ends | {"without": "nothing"}})

    @pytest.mark.parametrize("state", ["UP", "up", 0, "0"])
    def test_it_is_over_where_the_mapping_says_so(self, state: Any) -> None:
        assert one(MAPPING, BODY | {"alert": {"id": 17, "state": state}}).action == Action.RESOLVE

    def test_what_a_mapping_does_not_find_is_looked_for_under_the_usual_names(self) -> None:
        alert = one(MAPPING, {"title": "T", "key": "k", "severity": "warning", "url": "https://d.example"})
        assert (alert.title, alert.dedup_key, alert.severity) == ("T", "k", "warning")
        assert alert.dashboard_url == "https://d.example"
        assert one(MAPPING, ["what", "now"]).title == '["what", "now"]'

    def test_a_status_is_read_in_the_usual_words(self) -> None:
        assert one({"status": "$.s"}, {"s": "Recovered"}).action == Action.RESOLVE
        assert one({"status": "$.s"}, {"s": "ack"}).action == Action.ACKNOWLEDGE
        assert one({"status": "$.s"}, {"s": "nonsense"}).action == Action.TRIGGER

    def test_conditions(self) -> None:
        mapping = {
            "acknowledged_when": {"path": "$.a", "is": [True]},
            "ignored_when": [{"path": "$.b", "is": ["x", "y"]}, {"path": "$.c", "is": ["*"]}],
            "test_when": {"path": "$.d", "is": ["* testing", "try*", None]},
        }
        assert one(mapping, {"a": True}).action == Action.ACKNOWLEDGE
        assert one(mapping, {"a": 1}).action == Action.TRIGGER
        assert read(mapping, {"b": "Y"}) == read(mapping, {"c": 0.5}) == []
        assert read(mapping, {"c": None}) != []
        assert [one(mapping, {"d": d}).is_test for d in ("My Testing", "trying", None, "testing", "x")] == [
            *(True, True, True),
            *(False, False),
        ]

    def test_a_key_of_several_parts(self) -> None:
        mapping = {"key": "$.id", "key_with": ["$.host", "$.check"]}
        assert one(mapping, {"id": 4, "host": "a", "check": "cpu"}).dedup_key == "4:a:cpu"
        assert one(mapping, {"id": 4}).dedup_key == "4"
        assert len(one(mapping, {"id": "x" * 300}).dedup_key) == 64

    def test_json_written_as_text_within_json(self) -> None:
        mapping = {"text_of_json": "$.Message", "title": "$.Message.name"}
        assert one(mapping, {"Message": json.dumps({"name": "N"})}).title == "N"
        assert one(mapping, {"Message": "no json", "title": "T"}).title == "T"

    def test_several_alerts_of_one_post(self) -> None:
        mapping = {
            "each": "$.alerts[*]",
            "title": "@.name",
            "key": "@.id",
            "labels.site": "$.site",
            "resolved_when": {"path": "@.up", "is": [True]},
        }
        alerts = [{"name": "A", "id": 1}, {"name": "B", "id": 2, "up": True}, "odd"]
        a, b, odd = read(mapping, {"site": "ams", "alerts": alerts})
        assert (a.title, a.dedup_key, a.action) == ("A", "1", Action.TRIGGER)
        assert (b.title, b.dedup_key, b.action) == ("B", "2", Action.RESOLVE)
        assert (a.labels, odd.title) == ({"site": "ams"}, "odd")
        assert one(mapping, {"title": "no list"}).title == "no list"

    def test_one_bad_alert_does_not_spoil_the_others_and_their_number_is_bounded(self) -> None:
        mapping = {"each": "$[*]", "title": "@.name"}
        bad = {str(n): n for n in range(3_000)}
        assert [bool(a.problem) for a in read(mapping, [bad, {"name": "A"}])] == [True, False]
        many = read(mapping, [{"name": "A"}] * (MOST_ALERTS + 9))
        assert (len(many), bool(many[-1].problem)) == (MOST_ALERTS + 1, True)

    def test_a_broken_mapping_reads_as_none_would(self) -> None:
        for mapping in ({"title": "$..x"}, {"nonsense": 1}, {"title": 7}):
            [alert] = read_by(mapping, b'{"title": "T"}')
            assert alert.title == "T"


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "path",
        [
            "title",
            "",
            "$..title",
            "$[?@.a == 'b']",
            "$[?match(@.a, '(a+)+$')]",
            "$.a[?search(@, 'x')]",
            "$[*,*]",
            "$['a','b']",
            "$.a[0:5]",
            "$.a | $.b",
            "$.a & $.b",
            "$.~a",
            "$.a[",
            "$.a.",
            "^.a",
            "$.a[?@.b =~ /x/]",
            "$" + ".a" * 200,
            "$" + "[?" * 90,
        ],
    )
    def test_paths(self, path: str) -> None:
        with pytest.raises(NotAPath):
            compiled(path)
        [problem] = problems_of({"title": path})
        assert problem.startswith("title: ")

    @pytest.mark.parametrize(
        "mapping",
        [
            None,
            [],
            "text",
            {"titel": "$.a"},
            {"title": 7},
            {"title": []},
            {"title": ["$.a", 7]},
            {"labels.": "$.a"},
            {"resolved_when": "$.a"},
            {"resolved_when": {"path": "$.a"}},
            {"resolved_when": {"path": "$.a", "is": []}},
            {"resolved_when": {"path": "$.a", "is": [{}]}},
            {"resolved_when": {"path": "$..a", "is": ["x"]}},
            {"resolved_when": []},
            {"severities": {"5": "worst"}},
            {"severities": ["critical"]},
            {"each": ["$.a"]},
            {"text_of_json": "$.a.b"},
            {"each": "$.a[*]", "title": "$.b[*].name"},
            {f"labels.{n}": "$.a" for n in range(61)},
        ],
    )
    def test_mappings(self, mapping: Any) -> None:
        assert all(isinstance(problem, str) and problem for problem in problems_of(mapping))
        assert problems_of(mapping)

    def test_nothing_at_all_is_fine(self) -> None:
        assert problems_of({}) == []

    def test_a_text_is_not_taken_for_json(self) -> None:
        assert all_of("$.a", '{"a": 1}') == []
        assert all_of("$", "text") == ["text"]

    def test_the_slowest_that_may_be_written_is_quick(self) -> None:
        # As the body may be: 500 KB in one list, gone through by each path there can be.
        path = "$.a[*]" + "[*]" * 40
        mapping = {f"labels.{n}": [path, path] for n in range(50)}
        assert problems_of(mapping) == []
        before = time.process_time()
        lists: list[list[Any]] = [[[0]] * 100_000, [[[[[]]]]] * 50_000]
        for one in lists:
            read_by(mapping, json.dumps({"a": one}).encode())
        each = {f"labels.{n}": ["@[*][*]", "@[*].b"] for n in range(45)} | {"each": "$.a[*]"}
        assert problems_of(each) == []
        read_by(each, json.dumps({"a": [[[0]] * 40] * 2_500}).encode())
        assert time.process_time() - before < 20

    def test_too_many_paths(self) -> None:
        assert problems_of({"title": ["$.a"] * 50, "key": ["$.a"] * 50, "summary": "$.b"})


class TestTryingOut:
    def test_it_says_what_each_path_finds(self) -> None:
        tried = try_out(MAPPING, json.dumps(BODY).encode())
        assert tried[:3] == [
            ("title", "$.nothing.here", None),
            ("title", "$.alert.name", "Queue is long"),
            ("key", "$.alert.id", "17"),
        ]
        assert ("resolved_when", "$.alert.state", "DOWN") in tried

    def test_the_first_of_several_is_shown(self) -> None:
        mapping = {"each": "$[*]", "title": "@.name"}
        assert ("title", "@.name", "A") in try_out(mapping, b'[{"name": "A"}, {"name": "B"}]')

    def test_a_body_that_is_no_json_is_said(self) -> None:
        with pytest.raises(Unreadable):
            try_out(MAPPING, b"no json")
