"""Routing rules over the API: made, changed, moved, tried, deleted; another tenant's are missing ones."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from config.tenancy.actors import ENGINE
from incidents.models import Alert, RoutingRule
from incidents.operations.routing_rules import rules
from incidents.operations.sources import create_source
from tests.api.conftest import Caller
from tests.incidents.leading import Lead

Build = Callable[..., Caller]
Inside = Callable[[], AbstractContextManager[None]]
DISK = {"field": "labels.alertname", "op": "glob", "value": "Disk*"}


@pytest.fixture
def key(with_key: Build, shop: Lead) -> Caller:
    return with_key("admin")


def made(key: Caller, name: str = "Disks", **given: Any) -> dict[str, Any]:
    answer = key.post("routing-rules/", {"name": name, "conditions": [DISK], **given})
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_made_read_changed_and_deleted(key: Caller, shop: Lead, inside: Inside) -> None:
    rule = made(key, service=shop.checkout.uid, severity="warning", tags=["a"], goes_on=True)
    assert rule["service"] == {"uid": shop.checkout.uid, "name": "Checkout"}
    assert rule["conditions"] == [DISK]
    path = f"routing-rules/{rule['uid']}/"
    assert key.get(path).json() == rule
    changed = key.call("PATCH", path, {"name": "Renamed", "conditions": [], "service": None}).json()
    assert (changed["name"], changed["conditions"], changed["service"]) == ("Renamed", [], None)
    assert changed["tags"] == ["a"]
    assert key.call("DELETE", path).status_code == 204
    assert key.get(path).status_code == 404
    with inside():
        assert rules() == []


def test_conditions_that_are_none_are_shown_and_stop_no_list(key: Caller, shop: Lead, inside: Inside) -> None:
    """Written past the forms, as nobody should: the others stay readable."""
    never = {"field": "", "op": "", "value": ""}
    for name, broken, shown in (("1", {"a": "b"}, [never]), ("2", ["x", DISK], [never, DISK])):
        rule = made(key, name)
        with inside():
            RoutingRule.objects.filter(uid=rule["uid"]).update(conditions=broken)
        assert key.get(f"routing-rules/{rule['uid']}/").json()["conditions"] == shown
    assert len(key.get("routing-rules/").json()["results"]) == 2


def test_listed_from_the_top_and_moved(key: Caller, shop: Lead) -> None:
    first, second = made(key, "1"), made(key, "2")
    made(key, "3")
    moved = key.post(f"routing-rules/{second['uid']}/move/", {"way": "up"})
    assert moved.status_code == 200
    assert [row["name"] for row in key.get("routing-rules/").json()["results"]] == ["2", "1", "3"]
    page = key.get("routing-rules/", limit=2).json()
    rest = key.client.get(page["next"], headers=key.headers).json()
    assert [row["name"] for row in (*page["results"], *rest["results"])] == ["2", "1", "3"]
    assert key.post(f"routing-rules/{first['uid']}/move/", {"way": "sideways"}).status_code == 400


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"conditions": [{**DISK, "op": "regex", "value": "("}]}, "conditions"),
        ({"conditions": [{**DISK, "field": "nonsense"}]}, "conditions"),
        ({"conditions": [{**DISK, "more": 1}]}, "conditions"),
        ({"conditions": [], "suppress": True}, "suppress"),
        ({"service": "AAAAAAAAAAAA"}, "service"),
        ({"hits": 7}, "hits"),
    ],
)
def test_refused_in_words_by_field(key: Caller, given: dict[str, Any], field: str) -> None:
    answer = key.post("routing-rules/", {"name": "R", "conditions": [DISK], **given})
    assert answer.status_code == 400
    assert field in answer.content.decode()


def test_tried_without_a_trace(key: Caller, shop: Lead, inside: Inside) -> None:
    with inside():
        source, _secret = create_source(name="Prometheus", service=None, actor=ENGINE, now=shop.now)
    rule = made(key, service=shop.checkout.uid)
    body = {"source": source.uid, "labels": {"alertname": "DiskFull"}, "severity": "critical"}
    said = key.post("routing-rules/test/", body).json()
    assert (said["caught"], said["service"]["name"], said["severity"]["rank"]) == ("Disks", "Checkout", 1)
    assert said["rules"][0]["rule"] == rule["uid"]
    assert said["rules"][0]["checks"][0] == {
        "words": "alertname is like Disk*",
        "found": "DiskFull",
        "holds": True,
    }
    assert said["rows"][0]["names"] == ["Bram"]
    with inside():
        assert not Alert.objects.exists()
        assert RoutingRule.objects.get().hits == 0
    assert key.post("routing-rules/test/", {}).status_code == 400
    assert key.post("routing-rules/test/", {"alert": "AAAAAAAAAAAA"}).status_code == 400
    assert key.post("routing-rules/test/", {"source": source.uid, "said": "nonsense"}).status_code == 400


def test_who_only_reads_writes_nothing(key: Caller, as_member: Build, shop: Lead) -> None:
    rule = made(key)
    for name in ("bram", "vera"):
        member = as_member(name)
        assert member.get("routing-rules/").status_code == 200
        assert member.post("routing-rules/", {"name": "Mine", "conditions": [DISK]}).status_code == 403
        assert member.call("DELETE", f"routing-rules/{rule['uid']}/").status_code == 403


def test_an_outsider_finds_none(key: Caller, as_member: Build, shop: Lead) -> None:
    rule = made(key)
    olga = as_member("olga", "other")
    assert olga.get("routing-rules/").json()["results"] == []
    path = f"routing-rules/{rule['uid']}/"
    assert olga.get(path).status_code == 404
    assert olga.call("PATCH", path, {"name": "x"}).status_code == 404
    assert olga.call("DELETE", path).status_code == 404
    assert olga.post(f"{path}move/", {"way": "up"}).status_code == 404


def test_maintenance_by_labels(key: Caller, shop: Lead, inside: Inside) -> None:
    hours = {"start_date": "2026-12-01", "start_time": "02:00", "end_date": "2026-12-01", "end_time": "04:00"}
    body = {"name": "Disks", "all_services": True, "time_zone": "UTC", "conditions": [DISK], **hours}
    window = key.post("maintenance-windows/", body)
    assert window.status_code == 201, window.content
    assert window.json()["conditions"] == [DISK]
    body["conditions"] = [{**DISK, "op": "regex", "value": "("}]
    assert key.post("maintenance-windows/", body).status_code == 400
