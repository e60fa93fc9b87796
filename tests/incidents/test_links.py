"""Links, dashboards and photos beside the messages (R9): operation, room and API."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, Link
from incidents.operations.links import add_link, remove_link
from incidents.photos import remade
from tests.incidents.leading import Lead
from tests.incidents.test_photos import picture, with_place
from tests.people import World

ROOM = "/t/acme/i/1"


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def add(
    lead: Lead, incident: Incident, url: str = "https://example.org/graph", by: str = "bram", **given: Any
) -> Link:
    return add_link(incident=incident, url=url, actor=lead.as_(by), now=lead.now, **given)


def sign_in(client: Client, lead: Lead, name: str) -> Client:
    client.force_login(lead.people[name].user)
    return client


def upload(raw: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile("../../zqcanary.php", raw or with_place(), content_type="text/html")


def test_a_link_has_author_and_time_and_stands_on_the_timeline(lead: Lead) -> None:
    incident = lead.declare()
    then = lead.now - timedelta(minutes=20)
    link = add(lead, incident, title="Error rate", occurred_at=then)
    assert (link.kind, link.added_by, link.occurred_at, link.added_at) == (
        "url",
        lead.people["bram"],
        then,
        lead.now,
    )
    entry = incident.timeline.get(kind="link")
    assert (entry.text, entry.occurred_at, entry.data["link"]) == ("Error rate", then, link.uid)


def test_a_dashboard_is_known_by_its_address(lead: Lead) -> None:
    assert add(lead, lead.declare(), "https://grafana.example.org/d/1").kind == "dashboard"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "ftp://x.example", "//x", "https://", "x", "https://x.example/a b", "http://[x"],
)
def test_what_is_no_web_address_is_refused(lead: Lead, url: str) -> None:
    with pytest.raises(ValidationError):
        add(lead, lead.declare(), url)


def test_neither_and_both_are_refused(lead: Lead) -> None:
    incident = lead.declare()
    with pytest.raises(ValidationError):
        add(lead, incident, "")
    with pytest.raises(ValidationError):
        add(lead, incident, photo=remade(picture()))


def test_a_removed_one_is_out_of_sight_and_on_record(lead: Lead) -> None:
    incident = lead.declare()
    link = add(lead, incident)
    for _twice in (1, 2):
        remove_link(incident=incident, link=link, actor=lead.as_("marc"), now=lead.now)
    assert Link.objects.get().removed_at == lead.now
    assert lead.told(incident).count(("link", "Marc")) == 1


class TestInTheRoom:
    def test_a_photo_is_added_shown_and_served(self, client: Client, lead: Lead, media: Path) -> None:
        lead.declare()
        sign_in(client, lead, "bram")
        answer = client.post(f"{ROOM}/do/link", {"photo": upload(), "title": "The screen"}, follow=True)
        link = Link.objects.get()
        html = answer.content.decode()
        assert html.count(f"/t/acme/i/1/picture/{link.uid}/small") == 2  # the card, the timeline
        stored = [path for path in media.rglob("*") if path.is_file()]
        assert len(stored) == 2
        assert {path.parent.name for path in stored} == {str(lead.tenant.pk)}
        for where in (f"{ROOM}/picture/{link.uid}", f"{ROOM}/picture/{link.uid}/small"):
            served = client.get(where)
            assert served.status_code == 200
            assert served["Content-Type"] == "image/jpeg"
            assert served["X-Content-Type-Options"] == "nosniff"
            assert served["Content-Security-Policy"] == "default-src 'none'; sandbox"
            assert served["Cache-Control"] == "private, no-store"
            assert b"zqcanary" not in served.content + str(served.headers).encode()
        assert "zqcanary" not in html

    @pytest.mark.parametrize(("raw", "words"), [(b"<svg/>", "not a photo"), (b"x" * 11_000_000, "10 MB")])
    def test_a_bad_photo_is_refused_in_words(
        self, client: Client, lead: Lead, media: Path, raw: bytes, words: str
    ) -> None:
        lead.declare()
        answer = sign_in(client, lead, "bram").post(f"{ROOM}/do/link", {"photo": upload(raw)})
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not Link.objects.exists()
        assert not list(media.iterdir())

    def test_a_photo_is_its_circles(self, client: Client, lead: Lead) -> None:
        incident = lead.declare(private=True)
        link = add(lead, incident, "", by="marc", photo=remade(picture()))
        path = f"{ROOM}/picture/{link.uid}"
        assert sign_in(client, lead, "marc").get(path).status_code == 200
        missing = sign_in(client, lead, "vera").get(f"/t/acme/i/99/picture/{link.uid}")
        outside = client.get(path)
        assert (outside.status_code, outside.content) == (404, missing.content)

    def test_a_removed_photo_is_served_to_nobody(self, client: Client, lead: Lead) -> None:
        incident = lead.declare()
        link = add(lead, incident, "", photo=remade(picture()))
        remove_link(incident=incident, link=link, actor=lead.as_("bram"), now=lead.now)
        assert sign_in(client, lead, "bram").get(f"{ROOM}/picture/{link.uid}").status_code == 404


class TestApi:
    def test_lists_adds_and_removes(self, client: Client, lead: Lead) -> None:
        lead.declare()
        sign_in(client, lead, "bram")
        base = "/t/acme/api/v1/incidents/INC-1/"
        made = client.post(f"{base}links/", {"url": "https://example.org/1"}, content_type="application/json")
        assert made.status_code == 200
        photo = client.post(f"{base}links/", {"photo": upload(), "title": "The screen"})
        assert photo.status_code == 200, photo.content
        listed = client.get(f"{base}links/").json()["results"]
        assert [one["title"] or one["url"] for one in listed] == ["The screen", "https://example.org/1"]
        assert client.get(f"{base}links/{listed[0]['uid']}/picture/")["Content-Type"] == "image/jpeg"
        client.post(f"{base}remove_link/", {"link": listed[0]["uid"]}, content_type="application/json")
        assert len(client.get(f"{base}links/").json()["results"]) == 1

    def test_a_bad_photo_is_a_400(self, client: Client, lead: Lead) -> None:
        lead.declare()
        sign_in(client, lead, "bram")
        answer = client.post("/t/acme/api/v1/incidents/INC-1/links/", {"photo": upload(b"no")})
        assert answer.status_code == 400
        assert "not a photo" in answer.json()["error"]["fields"]["photo"][0]


class TestOutsider:
    def test_anothers_are_missing(self, lead: Lead, world: World) -> None:
        incident = lead.declare()
        link = add(lead, incident)
        olga = world.other.members["olga"].as_actor()
        with tenant_scope(world.other.tenant.pk):
            with pytest.raises(Incident.DoesNotExist):
                add_link(incident=incident, url="https://x.example", actor=olga, now=lead.now)
            with pytest.raises(Incident.DoesNotExist):
                remove_link(incident=incident, link=link, actor=olga, now=lead.now)

    def test_of_another_incident_is_missing(self, lead: Lead) -> None:
        link = add(lead, lead.declare())
        with pytest.raises(Link.DoesNotExist):
            remove_link(incident=lead.declare(), link=link, actor=lead.as_("bram"), now=lead.now)

    def test_a_viewer_may_not(self, lead: Lead) -> None:
        incident = lead.declare()
        with pytest.raises(PermissionDenied):
            add(lead, incident, by="vera")
        with pytest.raises(PermissionDenied):
            remove_link(incident=incident, link=add(lead, incident), actor=lead.as_("vera"), now=lead.now)
