"""Pages, components and notices over the API, and setting a component's status."""

import json
from typing import Any

import pytest
from django.test import Client

from config.tenancy.actors import Actor
from statuspage.models import Component, ComponentInterval, StatusPage
from statuspage.operations.notices import open_notice
from tests.conftest import MovedClock
from tests.people import World

API = "/t/acme/api/v1/"


def as_member(world: World, name: str) -> Client:
    client = Client()
    tenant = world.acme if name in world.acme.members else world.other
    client.force_login(tenant.members[name].user)
    return client


def set_status(client: Client, component: Component, body: Any, root: str = API) -> Any:
    return client.patch(
        f"{root}components/{component.uid}/", json.dumps(body), content_type="application/json"
    )


def test_pages_are_listed_with_their_addresses(world: World, pages: tuple[StatusPage, StatusPage]) -> None:
    answer = as_member(world, "vera").get(f"{API}status-pages/")
    rows = {row["slug"]: row for row in answer.json()["results"]}
    assert set(rows) == {"acme", "acme-internal"}
    assert rows["acme"]["address"].endswith("/status/acme/")
    assert "id" not in rows["acme"]


def test_components_can_be_found_by_page_and_status(
    world: World, page: StatusPage, internal: StatusPage, website: Component
) -> None:
    client = as_member(world, "vera")
    rows = client.get(f"{API}components/", {"page": page.uid}).json()["results"]
    assert [row["uid"] for row in rows] == [website.uid]
    assert client.get(f"{API}components/", {"status": "major_outage"}).json()["results"] == []
    assert client.get(f"{API}components/", {"nonsense": "1"}).status_code == 400


def test_a_communicator_sets_the_status(world: World, website: Component, moved_clock: MovedClock) -> None:
    answer = set_status(as_member(world, "carla"), website, {"status": "partial_outage"})
    assert answer.status_code == 200
    assert answer.json()["status"] == "partial_outage"
    website.refresh_from_db()
    assert website.status == "partial_outage"
    assert ComponentInterval.objects.filter(component=website).count() == 2
    assert website.history.latest("history_id").actor_label == "Carla"


@pytest.mark.parametrize("body", [{"status": "broken"}, {}, {"status": "operational", "name": "X"}, []])
def test_what_is_not_a_status_is_400(world: World, website: Component, body: Any) -> None:
    answer = set_status(as_member(world, "carla"), website, body)
    assert answer.status_code == 400
    website.refresh_from_db()
    assert (website.status, website.name) == ("operational", "Website")


def test_a_viewer_reads_only(world: World, website: Component) -> None:
    assert set_status(as_member(world, "vera"), website, {"status": "major_outage"}).status_code == 403
    website.refresh_from_db()
    assert website.status == "operational"


def test_an_outsider_gets_what_a_missing_component_gives(world: World, website: Component) -> None:
    olga = as_member(world, "olga")
    missing = Component(uid="AAAAAAAAAAAA")
    for root in (API, "/t/other/api/v1/"):
        answers = [set_status(olga, one, {"status": "major_outage"}, root) for one in (website, missing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    assert olga.get("/t/other/api/v1/components/").json()["results"] == []
    website.refresh_from_db()
    assert website.status == "operational"


def test_notices_come_with_their_updates(
    world: World, page: StatusPage, carla: Actor, moved_clock: MovedClock
) -> None:
    notice = open_notice(page=page, title="T", body="Words.", actor=carla, now=moved_clock.now())
    client = as_member(world, "vera")
    rows = client.get(f"{API}notices/", {"over": "false"}).json()["results"]
    assert [(row["uid"], row["page"], row["updates"][0]["body"]) for row in rows] == [
        (notice.uid, page.uid, "Words.")
    ]
    assert client.get(f"{API}notices/", {"over": "true"}).json()["results"] == []


def test_pages_and_notices_cannot_be_written(world: World, page: StatusPage) -> None:
    client = as_member(world, "anna")
    for path in ("status-pages/", f"status-pages/{page.uid}/", "notices/", "components/"):
        assert client.post(f"{API}{path}", "{}", content_type="application/json").status_code == 405
        assert client.delete(f"{API}{path}").status_code == 405
