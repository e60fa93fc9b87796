"""The incident room as a page: who sees it, what it says, that reading never changes anything."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.tenancy.scoping import tenant_scope
from incidents.models import Alert, Incident, TimelineEntry
from incidents.operations.declaring import declare_incident
from incidents.operations.ingest import take_in
from incidents.operations.notes import add_note
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.people import World

ROOM = "/t/acme/i/1"


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


@pytest.fixture
def incident(stage: Stage, engine: Engine, moved_clock: MovedClock) -> Incident:
    return declared(stage, engine)


def declared(stage: Stage, engine: Engine, by: str = "anna", **given: Any) -> Incident:
    person = stage.world.acme.members[by]
    with tenant_scope(stage.world.acme.tenant.pk):
        made = declare_incident(
            text=given.pop("text", "Payments fail"),
            service=stage.checkout,
            severity=stage.severities[1],
            found_by="team",
            declared_by=person,
            actor=person.as_actor(),
            now=engine.clock.now(),
            **given,
        )
        engine.run()
    return made


def as_(client: Client, stage: Stage, name: str) -> Client:
    side = stage.world.acme if name in stage.world.acme.members else stage.world.other
    client.force_login(side.members[name].user)
    return client


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- who sees it --------------------------------------------------------------------------------------------
def test_it_is_the_incidents_page_in_the_admin(client: Client, stage: Stage, incident: Incident) -> None:
    as_(client, stage, "bram")
    in_admin = client.get(f"/t/acme/admin/incidents/incident/{incident.pk}/change/")
    for response in (client.get(ROOM), in_admin):
        assert response.status_code == 200
        for said in ("INC-1", "Payments fail", "I&#x27;ve got it", "People", "Told", "Where", "Timeline"):
            assert said in words(response) or said in response.content.decode()


@pytest.mark.parametrize(
    "path", [ROOM, f"{ROOM}/live", "/t/acme/admin/incidents/incident/1/change/", "/t/acme/declare"]
)
def test_an_outsider_finds_nothing(client: Client, stage: Stage, incident: Incident, path: str) -> None:
    path = path.replace("/incident/1/", f"/incident/{incident.pk}/")
    as_(client, stage, "olga")
    assert client.get(path).status_code == 404
    assert client.get(path.replace("/t/acme/", "/t/other/").replace("/declare", "/i/1")).status_code == 404


def test_a_stranger_is_asked_to_sign_in(client: Client, incident: Incident) -> None:
    response = client.get(ROOM)
    assert response.status_code == 302
    assert response["Location"] == "/login/?next=/t/acme/i/1"


@pytest.mark.parametrize("path", ["/t/acme/i/1", "/t/acme/i/1/live", "/t/acme/i/2"])
def test_a_private_incident_is_a_missing_page_outside_its_circle(
    client: Client, stage: Stage, engine: Engine, path: str
) -> None:
    made = declared(stage, engine, private=True)
    missing = as_(client, stage, "marc").get("/t/acme/i/99")
    response = client.get(path)
    assert response.status_code == missing.status_code == 404
    assert response.content == missing.content
    assert client.get(f"/t/acme/admin/incidents/incident/{made.pk}/change/").status_code == 404
    assert client.get(f"/t/acme/admin/incidents/incident/{made.pk}/history/").status_code == 404


def test_the_circle_of_a_private_incident_sees_it_with_a_lock(
    client: Client, stage: Stage, engine: Engine
) -> None:
    declared(stage, engine, private=True)
    response = as_(client, stage, "anna").get(ROOM)
    assert response.status_code == 200
    assert b'class="lock"' in response.content


# --- what it says -------------------------------------------------------------------------------------------
def test_who_is_paged_reads_ive_got_it_and_others_read_i_take_it(
    client: Client, stage: Stage, incident: Incident
) -> None:
    assert "do-acknowledge" in as_(client, stage, "bram").get(ROOM).content.decode()
    assert "I take it" in words(as_(client, stage, "marc").get(ROOM))


def test_a_viewer_reads_along_and_has_no_buttons(client: Client, stage: Stage, incident: Incident) -> None:
    html = as_(client, stage, "vera").get(ROOM).content.decode()
    assert "You are reading along." in html
    assert "/do/" not in html


def test_a_communicator_can_tell_and_write_and_does_not_respond(
    client: Client, stage: Stage, incident: Incident
) -> None:
    html = as_(client, stage, "carla").get(ROOM).content.decode()
    offered = set(re.findall(r"/do/(\w+)", html))
    assert {"tell", "note"} <= offered
    assert not {"call_in", "severity", "resolve", "give_role", "confirm", "impact_over"} & offered


def test_times_are_the_readers_own(client: Client, stage: Stage, incident: Incident) -> None:
    assert "opened 11:00 CET" in words(as_(client, stage, "bram").get(ROOM))


def test_what_an_alert_says_is_shown_as_words_not_as_markup(
    client: Client, stage: Stage, incident: Incident, moved_clock: MovedClock, engine: Engine
) -> None:
    body = b'{"summary": "<script>alert(1)</script>", "source": "<b>x", "severity": "critical"}'
    with tenant_scope(stage.world.acme.tenant.pk):
        take_in(source_id=stage.source.pk, format="json", body=body, now=moved_clock.now())
        engine.run()
    html = as_(client, stage, "bram").get(ROOM).content.decode()
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


# --- reading --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["get", "head"])
def test_reading_changes_nothing(client: Client, stage: Stage, incident: Incident, method: str) -> None:
    as_(client, stage, "bram")
    with CaptureQueriesContext(
        connection,
    ) as statements:
        for path in (ROOM, f"{ROOM}/live", "/t/acme/admin/", "/t/acme/declare", "/t/acme/declare/preview"):
            assert getattr(client, method)(path).status_code == 200
    written = [s["sql"] for s in statements if re.match(r"(INSERT|UPDATE|DELETE)", s["sql"])]
    tables = {sql.split('"')[1] for sql in written if "session" not in sql}
    # To read the room is to be in it (R32): the one thing that reading writes, and never by HEAD.
    seen = {"incidents_presence", "incidents_timelineentry"} if method == "get" else set()
    assert tables == seen


@pytest.mark.parametrize("deed", ["acknowledge", "resolve", "false_alarm", "tell"])
def test_a_deed_is_not_done_by_reading_its_address(
    client: Client, stage: Stage, incident: Incident, deed: str
) -> None:
    as_(client, stage, "bram")
    assert client.get(f"{ROOM}/do/{deed}").status_code == 405


def test_live_answers_304_until_something_happens(
    client: Client, stage: Stage, incident: Incident, moved_clock: MovedClock
) -> None:
    as_(client, stage, "bram")
    first = client.get(f"{ROOM}/live")
    again = client.get(f"{ROOM}/live", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    anna = stage.world.acme.members["anna"]
    with tenant_scope(stage.world.acme.tenant.pk):
        add_note(incident=incident, text="seen", actor=anna.as_actor(), now=moved_clock.now())
    news = client.get(f"{ROOM}/live", headers={"If-None-Match": first["ETag"]})
    assert news.status_code == 200
    assert "seen" in words(news)
    assert b"<html" not in news.content


def test_live_of_one_person_is_not_the_live_of_another(
    client: Client, stage: Stage, incident: Incident
) -> None:
    mine = as_(client, stage, "bram").get(f"{ROOM}/live")["ETag"]
    theirs = as_(Client(SERVER_NAME="localhost"), stage, "vera").get(
        f"{ROOM}/live", headers={"If-None-Match": mine}
    )
    assert theirs.status_code == 200


def test_the_timeline_shows_twenty_and_more_when_asked(
    client: Client, stage: Stage, incident: Incident, moved_clock: MovedClock
) -> None:
    anna = stage.world.acme.members["anna"].as_actor()
    as_(client, stage, "bram").get(ROOM)  # that he came is an entry of its own
    with tenant_scope(stage.world.acme.tenant.pk):
        for number in range(30):
            add_note(incident=incident, text=f"note {number:02d}", actor=anna, now=moved_clock.now())
    html = client.get(ROOM).content.decode()
    assert html.count('class="note"') == 20
    assert "note 29" in html
    assert "note 09" not in html
    assert "note 00" in client.get(f"{ROOM}?rows=60").content.decode()


def test_the_number_of_statements_does_not_grow(
    client: Client, stage: Stage, incident: Incident, engine: Engine, moved_clock: MovedClock
) -> None:
    as_(client, stage, "bram")
    client.get(ROOM)

    def statements() -> list[int]:
        counted = []
        for path in (ROOM, f"{ROOM}/live", "/t/acme/admin/", "/t/acme/admin/incidents/incident/"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(path).status_code == 200
            counted.append(len(captured))
        return counted

    before = statements()
    anna = stage.world.acme.members["anna"].as_actor()
    with tenant_scope(stage.world.acme.tenant.pk):
        for number in range(12):
            add_note(incident=incident, text=f"note {number}", actor=anna, now=moved_clock.now())
            body = b'{"summary": "A%d", "source": "s%d", "severity": "critical"}' % (number, number)
            take_in(source_id=stage.source.pk, format="json", body=body, now=moved_clock.now())
        engine.run()
    for number in range(6):
        declared(stage, engine, text=f"Another {number}")
    with tenant_scope(stage.world.acme.tenant.pk):
        assert Alert.objects.filter(incident=incident).count() == 12
        assert TimelineEntry.objects.filter(incident=incident).count() > 14
    after = statements()
    # While one is alone there is nothing to merge into, so one query fewer of a kind is no growth.
    assert all(then <= first + 1 for first, then in zip(before, after, strict=True)), (before, after)
