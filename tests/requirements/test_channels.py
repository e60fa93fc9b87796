"""R5 to R11: places to talk, links beside the messages, topic and status, through the room and the API."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from config.tenancy.models import TenantSettings
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, Link, Message, TimelineEntry
from incidents.operations.ingest import take_in
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.test_chat import Fake
from tests.incidents.test_photos import picture
from tests.people import World

ROOM = "/t/acme/i/1"
API = "/t/acme/api/v1/incidents/INC-1/"


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine, settings: Settings, tmp_path: Path) -> Stage:
    settings.MEDIA_ROOT = tmp_path
    return set_stage(world, moved_clock.now())


@pytest.fixture
def bram(client: Client, stage: Stage) -> Client:
    return as_(client, stage, "bram")


@pytest.fixture
def incident(bram: Client, stage: Stage, engine: Engine) -> Incident:
    """Bram declares it and takes it, in a house without a usual room."""
    TenantSettings.objects.update(video_url_template="", chat_url_template="")
    said = {"text": "Payments fail", "service": stage.checkout.uid, "found_by": "team"}
    bram.post("/t/acme/declare", said)
    with tenant_scope(stage.world.acme.tenant.pk):
        engine.run()
    do(bram, "acknowledge")
    with tenant_scope(stage.world.acme.tenant.pk):
        return Incident.objects.get()


@pytest.fixture(autouse=True)
def scope(world: World, stage: Stage) -> Any:
    with tenant_scope(world.acme.tenant.pk):
        yield


def as_(client: Client, stage: Stage, name: str) -> Client:
    client.force_login(stage.world.acme.members[name].user)
    return client


def do(client: Client, deed: str, **said: Any) -> None:
    answer = client.post(f"{ROOM}/do/{deed}", said)
    assert answer.status_code == 303, answer.content.decode()[-600:]


def words(client: Client, path: str = ROOM) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(path).content.decode()))


def test_r5_alerts_and_words_hang_on_the_same_record(
    bram: Client, stage: Stage, incident: Incident, engine: Engine
) -> None:
    body = json.dumps({"summary": "5xx", "source": "5xx", "severity": "critical"}).encode()
    take_in(source_id=stage.source.pk, format="json", body=body, now=engine.clock.now())
    engine.run()
    do(bram, "tell", to="internal", internal="We are looking")
    shown = bram.get(API).json()
    assert shown["facts"]["alerts"] == 1
    assert [one["body"] for one in bram.get(f"{API}messages/").json()["results"]] == ["We are looking"]
    kinds = [entry["kind"] for entry in bram.get(f"{API}timeline/").json()["results"]]
    assert {"alert", "message", "declared"} <= set(kinds)
    assert Incident.objects.count() == 1
    assert Message.objects.get(published_at__isnull=False).incident == incident


def test_r6_who_set_the_place_and_when_is_on_the_card_and_on_record(
    bram: Client, incident: Incident, engine: Engine
) -> None:
    engine.clock.move(minutes=4)
    do(bram, "places", video="https://meet.example.org/1")
    assert "Join video Bram · 11:04" in words(bram)
    assert bram.get(API).json()["channels"][0]["set_by_label"] == "Bram"
    entry = TimelineEntry.objects.filter(kind="channel").latest("id")
    assert (entry.actor_label, entry.occurred_at) == ("Bram", engine.clock.now())
    assert Incident.objects.get().channels_ready_at == engine.clock.now()


def test_r7_chat_video_or_a_room_are_known_places(bram: Client, incident: Incident) -> None:
    assert "No place to talk yet." in words(bram)
    do(bram, "places", chat="#payments", video="https://meet.example.org/1", room="Room 3")
    html = bram.get(ROOM).content.decode()
    assert 'href="https://meet.example.org/1"' in html
    assert "#payments" in words(bram)
    assert "Room 3" in words(bram)


def test_r8_one_of_video_and_chat_alone_is_hinted_at_and_blocks_nothing(
    bram: Client, incident: Incident
) -> None:
    do(bram, "places", video="https://meet.example.org/1")
    assert "Video without a chat room: nothing is written down." in words(bram)
    do(bram, "confirm", customers_notice="yes")
    do(bram, "places", chat="https://chat.example.org/1")
    assert "Both is best." not in words(bram)


def test_r9_links_stand_with_author_and_time_beside_the_messages(
    bram: Client, stage: Stage, incident: Incident, engine: Engine
) -> None:
    engine.clock.move(minutes=20)
    do(bram, "link", url="https://grafana.example.org/d/1", title="Error rate", at="11:05")
    do(bram, "link", photo=SimpleUploadedFile("me.jpg", picture()), title="The screen")
    do(bram, "link", url="https://wiki.example.org/how")
    assert dict(Link.objects.values_list("title", "kind")) == {
        "Error rate": "dashboard",
        "The screen": "screenshot",
        "": "url",
    }
    shown = words(bram)
    assert "Error rate dashboard · Bram · 11:05" in shown
    assert "11:05 Bram Error rate (written 11:20 )" in shown
    picture_of = re.search(r'src="(/t/acme/i/1/picture/\w+/small)"', bram.get(ROOM).content.decode())
    assert picture_of is not None
    assert bram.get(picture_of[1])["Content-Type"] == "image/jpeg"
    vera = as_(Client(SERVER_NAME="localhost"), stage, "vera")
    assert vera.post(f"{ROOM}/do/link", {"url": "https://x.example"}).status_code == 403


def test_r10_the_topic_is_generated_previewed_edited_and_follows_the_facts(
    bram: Client, incident: Incident
) -> None:
    first = bram.get(API).json()["topic"]
    assert first.startswith("INC-1 Payments fail · since 11:00 · manager Bram")
    assert first in words(bram)
    preview = words(bram, f"{ROOM}/topic?words=ask+Carla+first")
    assert "manager Bram" in preview
    assert "· ask Carla first" in preview
    assert bram.get(API).json()["topic"] == first  # a preview writes nothing
    do(bram, "topic", words="ask Carla first")
    do(bram, "now_line", text="Roll back 4.2")
    do(bram, "severity", severity=incident_severity(bram))
    followed = bram.get(API).json()["topic"]
    assert followed.startswith("INC-1 SEV1 Payments fail · since 11:00 · manager Bram · NOW Roll back 4.2")
    assert followed.endswith("· ask Carla first")
    do(bram, "topic", words="ask Carla first", generated="1")
    assert "ask Carla" not in bram.get(API).json()["topic"]


def incident_severity(client: Client) -> str:
    scale = client.get("/t/acme/api/v1/severities/").json()["results"]
    return next(str(step["uid"]) for step in scale if step["rank"] == 1)


def test_r11_the_managers_status_is_seen_by_colleagues_and_cleared_at_the_end(
    bram: Client, stage: Stage, incident: Incident, engine: Engine, settings: Settings
) -> None:
    Fake.reset()
    settings.CHAT_VENDOR = "tests.incidents.test_chat.Fake"
    status = "INC-1 · SEV1 · incident manager"
    do(bram, "severity", severity=incident_severity(bram))
    engine.run()
    vera = as_(Client(SERVER_NAME="localhost"), stage, "vera")

    def of(name: str) -> str:
        members = vera.get("/t/acme/api/v1/members/").json()["results"]
        return next(str(one["status"]) for one in members if one["name"] == name)

    assert (of("Bram"), of("Anna")) == (status, "")
    assert Fake.statuses == {"bram@acme.test": status}
    anna = stage.world.acme.members["anna"]
    do(bram, "give_role", role=stage.roles["manager"].uid, person=anna.uid)
    engine.run()
    assert (of("Bram"), of("Anna")) == ("", status)
    assert status in words(vera, "/t/acme/admin/")  # Anna is on call: it stands beside her name
    assert words(bram).count(status) >= 2  # where one is called in, and where a role is given
    assert Fake.statuses == {"bram@acme.test": "", "anna@acme.test": status}
    do(bram, "confirm", customers_notice="no")
    do(bram, "resolve", over="1", imminent="1", send="later")
    engine.run()
    assert (of("Bram"), of("Anna")) == ("", "")
    assert Fake.statuses["anna@acme.test"] == ""
