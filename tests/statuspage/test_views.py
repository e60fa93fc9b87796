"""Reading pages over HTTP: the public door, and the one for members."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from config import env
from config.tenancy.actors import ENGINE, Actor
from config.tenancy.models import Membership
from config.tenancy.scoping import tenant_scope
from statuspage import views
from statuspage.models import Component, StatusPage
from statuspage.operations.notices import open_notice
from statuspage.operations.setup import create_page
from tests.conftest import Engine
from tests.people import World

PUBLIC = "/status/acme/"
INTERNAL = "/t/acme/status/acme-internal/"


@pytest.fixture
def uid(page: StatusPage, website: Component, carla: Actor, engine: Engine) -> str:
    """An open notice on the public page, which is published."""
    notice = open_notice(
        page=page,
        title="Website is down",
        body="We are looking into it.",
        components={website.pk: "partial_outage"},
        actor=carla,
        now=engine.clock.now(),
    )
    engine.run()
    return str(notice.uid)


@pytest.fixture
def member_of(world: World) -> Callable[[Membership], Client]:
    def client(membership: Membership) -> Client:
        browser = Client()
        browser.force_login(membership.user)
        return browser

    return client


KINDS = {
    "": "text/html",
    "history": "text/html",
    "history.html": "text/html",
    "history.atom": "application/atom+xml",
    "history.rss": "application/rss+xml",
    "incidents/{uid}": "text/html",
    "incidents/{uid}.html": "text/html",
    "api/v2/summary.json": "application/json",
    "api/v2/status.json": "application/json",
    "api/v2/components.json": "application/json",
    "api/v2/incidents.json": "application/json",
    "api/v2/incidents/unresolved.json": "application/json",
    "api/v2/scheduled-maintenances.json": "application/json",
    "api/v2/scheduled-maintenances/upcoming.json": "application/json",
    "api/v2/scheduled-maintenances/active.json": "application/json",
}


@pytest.mark.parametrize(("path", "kind"), KINDS.items())
def test_each_address_answers_without_a_query_a_cookie_or_a_session(
    client: Client, uid: str, path: str, kind: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = client.get(PUBLIC + path.format(uid=uid))
    assert answer.status_code == 200
    assert answer["Content-Type"] == f"{kind}; charset=utf-8"
    assert answer["Content-Language"] == "en"
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert "nonce" not in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_a_signed_in_reader_gets_the_same_bytes_and_no_cookie(
    client: Client, uid: str, member_of: Callable[[Membership], Client], anna: Membership
) -> None:
    signed_in = member_of(anna).get(PUBLIC)
    assert signed_in.content == client.get(PUBLIC).content
    assert not signed_in.cookies


def test_head_has_the_headers_and_no_body(client: Client, uid: str) -> None:
    got, head = client.get(PUBLIC), client.head(PUBLIC)
    assert head.status_code == 200
    assert head.content == b""
    assert head["ETag"] == got["ETag"]


def test_nothing_can_be_sent_to_a_page(client: Client, uid: str) -> None:
    for method in (client.post, client.put, client.delete, client.patch):
        assert method(PUBLIC).status_code == 405


@pytest.mark.parametrize("path", ["", "api/v2/summary.json", "history.atom"])
def test_a_poller_that_knows_the_bytes_gets_304_until_something_is_published(
    client: Client, uid: str, path: str, page: StatusPage, carla: Actor, engine: Engine
) -> None:
    first = client.get(PUBLIC + path)
    known = {"If-None-Match": first["ETag"]}
    again = client.get(PUBLIC + path, headers=known)
    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == first["ETag"]
    assert client.get(PUBLIC + path, headers={"If-None-Match": "*"}).status_code == 304
    assert client.get(PUBLIC + path, headers={"If-None-Match": '"other"'}).status_code == 200
    open_notice(page=page, title="More", body="More.", actor=carla, now=engine.clock.move(seconds=1))
    engine.run()
    assert client.get(PUBLIC + path, headers=known).status_code == 200


def test_pages_are_asked_about_each_time_and_what_is_named_by_content_never(client: Client, uid: str) -> None:
    html = client.get(PUBLIC)
    assert html["Cache-Control"] == "public, no-cache"
    style = html.content.decode().partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    answer = client.get(PUBLIC + style)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/css")
    assert "immutable" in answer["Cache-Control"]


def test_programs_of_other_sites_may_read_json_and_feeds(client: Client, uid: str) -> None:
    assert client.get(f"{PUBLIC}api/v2/summary.json")["Access-Control-Allow-Origin"] == "*"
    assert client.get(f"{PUBLIC}history.rss")["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in client.get(PUBLIC)


def test_summary_and_status_agree_on_the_wire(client: Client, uid: str) -> None:
    summary = json.loads(client.get(f"{PUBLIC}api/v2/summary.json").content)
    status = json.loads(client.get(f"{PUBLIC}api/v2/status.json").content)
    assert (
        summary["status"]
        == status["status"]
        == {"indicator": "major", "description": "Partial System Outage"}
    )
    assert summary["page"] == status["page"]
    assert [incident["id"] for incident in summary["incidents"]] == [uid]


NOT_THERE = [
    "/status/nobody/",
    "/status/acme-internal/",
    "/status/acme-internal/api/v2/summary.json",
    "/status/internal/",
    "/status/acme/nothing",
    "/status/acme/incidents/",
    "/status/acme/incidents/AAAAAAAAAAAA",
    "/status/acme/incidents/../index.html",
    "/status/acme/../../secret",
    "/status/acme/.made/acme.json",
    "/status/acme/%2e%2e/%2e%2e/secret",
    "/status/acme/index.html/",
    "/status/acme/api/v2/summary",
    "/status/acme/status.css",
    "/status/.made/acme.json",
]


@pytest.mark.parametrize("path", NOT_THERE)
def test_what_is_not_there_not_public_or_not_a_name_is_the_same_404(
    client: Client, uid: str, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert not answer.cookies


def test_an_internal_slug_is_answered_byte_for_byte_like_a_missing_one(
    client: Client, uid: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    answers = []
    for slug in ("acme-internal", "acme-internax"):
        with django_assert_num_queries(1):
            answers.append(client.get(f"/status/{slug}/"))
    assert answers[0].content == answers[1].content
    assert dict(answers[0].items()) == dict(answers[1].items())


def test_a_page_that_is_not_on_disk_is_rendered_by_its_first_reader(
    client: Client, uid: str, published: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shutil.rmtree(published)
    assert "Website is down" in client.get(PUBLIC).content.decode()
    with django_assert_num_queries(0):
        assert client.get(f"{PUBLIC}api/v2/status.json").status_code == 200


def test_it_answers_with_the_database_stopped(uid: str, published: Path) -> None:
    """A process of its own, whose database address leads nowhere."""
    asked = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "from django.test import Client\n"
        f"settings.STATUS_PUBLISH_DIR = {str(published)!r}\n"
        f"paths = ['{PUBLIC}', '{PUBLIC}api/v2/summary.json', '{PUBLIC}incidents/{uid}', '/status/nobody/']\n"
        "for path in paths:\n"
        "    answer = Client(HTTP_HOST='127.0.0.1').get(path)\n"
        "    print(answer.status_code, b'Website is down' in answer.content)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=env.PROJECT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/gone",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout.split() == ["200", "True", "200", "True", "200", "True", "404", "False"]


def test_a_stopped_database_is_not_asked_again_for_each_mistyped_address(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def gone(kind: str, secret: str) -> AbstractContextManager[None]:
        asked.append(secret)
        raise views.DatabaseError

    monkeypatch.setattr(views, "open_door", gone)
    monkeypatch.setattr(views, "_database_away_until", 0.0)
    assert client.get("/status/nobody/").status_code == 404
    assert client.get("/status/nobody-2/").status_code == 404
    assert asked == ["nobody"]


# --- the internal page ---


def test_a_member_reads_the_internal_page_under_the_prefix(
    uid: str, world: World, member_of: Callable[[Membership], Client]
) -> None:
    reader = member_of(world.acme.members["vera"])
    answer = reader.get(INTERNAL)
    assert answer.status_code == 200
    assert "Everything works." in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-cache"
    assert "Access-Control-Allow-Origin" not in reader.get(f"{INTERNAL}api/v2/summary.json")
    assert reader.get(INTERNAL, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert reader.get("/t/acme/status/internal/").content == answer.content


def test_a_public_page_under_the_prefix_leads_to_its_address(
    uid: str, anna: Membership, member_of: Callable[[Membership], Client]
) -> None:
    answer = member_of(anna).get("/t/acme/status/acme/history")
    assert answer.status_code == 302
    assert answer["Location"].endswith("/status/acme/history")


def test_a_member_sees_an_internal_page_that_is_not_on_disk(
    uid: str, anna: Membership, member_of: Callable[[Membership], Client], tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "published-private")
    assert member_of(anna).get(INTERNAL).status_code == 200


def test_an_anonymous_reader_is_asked_to_sign_in_whether_it_exists_or_not(client: Client, uid: str) -> None:
    for path in (INTERNAL, "/t/acme/status/nobody/", "/t/nobody/status/acme-internal/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/")


def test_a_member_of_another_tenant_finds_nothing(
    uid: str, world: World, member_of: Callable[[Membership], Client]
) -> None:
    olga = member_of(world.other.members["olga"])
    answers = [
        olga.get(path)
        for path in (
            INTERNAL,
            "/t/other/status/acme-internal/",
            "/t/other/status/nobody/",
            "/t/other/status/internal/",
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[1].content == answers[2].content
    assert b"Acme" not in b"".join(answer.content for answer in answers)


def test_a_member_who_left_finds_nothing(
    uid: str, anna: Membership, engine: Engine, member_of: Callable[[Membership], Client], world: World
) -> None:
    reader = member_of(world.acme.members["vera"])
    type(anna).objects.filter(pk=world.acme.members["vera"].pk).update(ended_at=engine.clock.now())
    assert reader.get(INTERNAL).status_code == 404


def test_the_slug_of_another_tenants_public_page_is_not_ours(
    uid: str, world: World, anna: Membership, engine: Engine, member_of: Callable[[Membership], Client]
) -> None:
    with tenant_scope(world.other.tenant.pk):
        create_page(slug="theirs", name="Theirs", actor=ENGINE, now=engine.clock.now())
    assert member_of(anna).get("/t/acme/status/theirs/").status_code == 404
