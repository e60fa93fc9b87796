"""What is set up, to read: nothing is written here, and no secret is shown."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from config.tenancy.actors import ENGINE
from incidents.operations.sources import create_source
from tests.api.conftest import Caller
from tests.incidents.leading import Lead

Build = Callable[..., Caller]
Inside = Callable[[], AbstractContextManager[None]]
PLACES = ["services", "severities", "roles", "sources", "members", "teams"]


@pytest.fixture
def key(with_key: Build, shop: Lead) -> Caller:
    return with_key("admin")


@pytest.mark.parametrize("place", PLACES)
def test_rows_are_listed_and_found_by_uid(place: str, key: Caller, shop: Lead, inside: Inside) -> None:
    with inside():
        create_source(name="Prometheus", service=shop.checkout, actor=ENGINE, now=shop.now)
    rows = key.get(f"{place}/").json()["results"]
    assert rows
    assert key.get(f"{place}/{rows[0]['uid']}/").json() == rows[0]


@pytest.mark.parametrize("place", sorted(set(PLACES) - {"severities"}))
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_written(place: str, method: str, key: Caller) -> None:
    """Mass assignment finds no door: there is no address that takes a row's fields. The scale is written by
    its operation, which publishes a version (tests/incidents/test_scale.py).
    """
    uid = (key.get(f"{place}/").json()["results"] or [{"uid": "AAAAAAAAAAAA"}])[0]["uid"]
    for path in (f"{place}/", f"{place}/{uid}/"):
        answer = key.call(method, path, {"name": "changed", "tenant": 1, "role": "owner"})
        assert answer.status_code == 405
        assert "GET" in answer["Allow"]


def test_a_service_names_its_team_policy_and_component(key: Caller, shop: Lead) -> None:
    row = key.get("services/?name=Checkout").json()["results"][0]
    assert row["team"] == shop.team.uid
    assert row["policy"] == shop.checkout.policy.uid
    assert row["component"] == shop.component.uid
    assert key.get(f"services/?team={shop.team.uid}&archived=false").json()["results"] == [row]
    assert key.get("services/?archived=true").json()["results"] == []


def test_a_source_shows_everything_but_its_key(key: Caller, shop: Lead, inside: Inside) -> None:
    with inside():
        _source, secret = create_source(name="Prometheus", service=None, actor=ENGINE, now=shop.now)
    answer = key.get("sources/")
    assert answer.json()["results"][0]["name"] == "Prometheus"
    assert secret not in answer.content.decode()
    assert "key" not in answer.json()["results"][0]


def test_members_are_names_and_roles_without_addresses(key: Caller) -> None:
    answer = key.get("members/?role=owner")
    assert [row["name"] for row in answer.json()["results"]] == ["Anna"]
    assert b"@" not in key.get("members/").content


def test_those_who_left_are_gone(key: Caller, shop: Lead, inside: Inside) -> None:
    from config.tenancy.audit import acting

    bram = shop.people["bram"]
    with inside(), acting(ENGINE, now=shop.now):
        bram.ended_at = shop.now
        bram.save()
    assert bram.uid not in {row["uid"] for row in key.get("members/").json()["results"]}
    assert key.get("teams/").json()["results"][0]["members"] == []
    assert key.get(f"members/{bram.uid}/").status_code == 404
