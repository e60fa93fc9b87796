"""Who has the room open: what looking writes, what others see of it; a manager away; change of shift."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.facts.online import seen_in
from incidents.models import Incident, Presence, RoleAssignment, TimelineEntry
from incidents.operations.presence import look_in
from incidents.operations.roles import give_role
from oncall.models import Override, OverrideKind, Schedule
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.leading import Lead
from tests.incidents.test_room_view import as_, declared, words
from tests.people import World

ROOM = "/t/acme/i/1"


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


@pytest.fixture
def incident(stage: Stage, engine: Engine) -> Incident:
    return declared(stage, engine)


def look(lead: Lead, incident: Incident, name: str) -> Any:
    person = lead.people[name]
    return look_in(incident=incident, membership=person, actor=person.as_actor(), now=lead.now)


class TestLooking:
    def test_the_first_look_is_on_record_once_for_whoever_was_called(
        self, lead: Lead, engine: Engine
    ) -> None:
        incident = lead.declare()
        engine.run()
        look(lead, incident, "bram")  # paged
        look(lead, incident, "vera")  # reads along
        engine.clock.move(minutes=5)
        look(lead, incident, "bram")
        assert [name for kind, name in lead.told(incident) if kind == "online"] == ["Bram"]

    def test_it_writes_at_most_once_a_minute(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        look(lead, incident, "vera")
        first = lead.now
        engine.clock.move(seconds=55)
        with CaptureQueriesContext(connection) as captured:
            look(lead, incident, "vera")
        assert len(captured) == 1
        assert Presence.objects.get().last_seen_at == first
        engine.clock.move(seconds=5)
        look(lead, incident, "vera")
        assert Presence.objects.get().last_seen_at == lead.now

    def test_online_is_seen_in_the_last_ninety_seconds(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        look(lead, incident, "vera")
        engine.clock.move(seconds=90)
        assert seen_in(incident, now=lead.now).online == [lead.people["vera"]]
        engine.clock.move(seconds=1)
        assert seen_in(incident, now=lead.now).online == []

    def test_an_outsider_leaves_no_trace(self, lead: Lead, world: World) -> None:
        incident = lead.declare()
        olga = world.other.members["olga"]
        with tenant_scope(world.other.tenant.pk):
            assert seen_in(incident, now=lead.now).presences == ()
        assert not Presence.objects.exists()
        assert olga.tenant_id != incident.tenant_id


def test_others_polling_is_no_news_but_somebody_coming_is(
    client: Client, stage: Stage, incident: Incident, moved_clock: MovedClock
) -> None:
    moved_clock.set(moved_clock.now().replace(second=0))
    as_(client, stage, "bram")
    client.get(f"{ROOM}/live")
    mine = client.get(f"{ROOM}/live")
    vera = as_(Client(SERVER_NAME="localhost"), stage, "vera")
    vera.get(f"{ROOM}/live")
    news = client.get(f"{ROOM}/live", headers={"If-None-Match": mine["ETag"]})
    assert news.status_code == 200
    assert "Bram Vera" in words(news)
    moved_clock.move(seconds=20)
    vera.get(f"{ROOM}/live")
    assert client.get(f"{ROOM}/live", headers={"If-None-Match": news["ETag"]}).status_code == 304


class TestAnAbsentManager:
    def test_is_said_with_i_take_over(
        self, client: Client, stage: Stage, incident: Incident, moved_clock: MovedClock
    ) -> None:
        as_(client, stage, "anna").post(f"{ROOM}/do/take_role", {"role": stage.roles["manager"].uid})
        moved_clock.move(minutes=25)
        as_(client, stage, "bram")
        assert "has not been here" not in words(client.get(ROOM))
        moved_clock.move(minutes=15)
        shown = client.get(ROOM)
        assert "Anna has not been here for 40 min. I take over" in words(shown)
        said = client.get("/t/acme/api/v1/incidents/INC-1/").json()["facts"]
        assert said["absent_manager"] == "Anna"
        client.post(f"{ROOM}/do/take_over")
        assert "has not been here" not in words(client.get(ROOM))
        with tenant_scope(stage.world.acme.tenant.pk):
            held = RoleAssignment.objects.get(is_manager=True, ended_at=None)
            assert str(held.membership) == "Bram"

    def test_whoever_has_the_room_open_is_there(
        self, client: Client, stage: Stage, incident: Incident, moved_clock: MovedClock
    ) -> None:
        anna = as_(client, stage, "anna")
        anna.post(f"{ROOM}/do/take_role", {"role": stage.roles["manager"].uid})
        moved_clock.move(minutes=40)
        anna.get(f"{ROOM}/live")
        assert "has not been here" not in words(as_(client, stage, "bram").get(ROOM))

    def test_not_before_it_is_real(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.run()
        give_role(
            incident=incident,
            role=lead.roles["manager"],
            membership=lead.people["bram"],
            actor=lead.as_("marc"),
            now=lead.now,
        )
        engine.clock.move(hours=2)
        assert lead.facts(incident).absent_manager == ""


class TestTheChangeOfShift:
    @pytest.fixture
    def relieved(self, stage: Stage, incident: Incident, moved_clock: MovedClock) -> Incident:
        """Bram, on call for Checkout, leads; from 11:20 Marc stands in for him."""
        now, people = moved_clock.now(), stage.world.acme.members
        with tenant_scope(stage.world.acme.tenant.pk), acting(ENGINE, now=now):
            give_role(
                incident=incident,
                role=stage.roles["manager"],
                membership=people["bram"],
                actor=people["anna"].as_actor(),
                now=now,
            )
            Override.objects.create(
                schedule=Schedule.objects.get(name="Checkout"),
                kind=OverrideKind.REPLACE,
                membership=people["marc"],
                replaces=people["bram"],
                starts_at=now + timedelta(minutes=20),
                ends_at=now + timedelta(hours=8),
            )
        return incident

    def test_who_leaves_hands_over_with_one_tap_on_now_and_in_the_room(
        self, client: Client, stage: Stage, relieved: Incident
    ) -> None:
        as_(client, stage, "bram")
        shown = re_words(client.get(ROOM))
        assert "Your shift ends 11:20. Checkout What should they know? Hand Manager to Marc" in shown
        now = re_words(client.get("/t/acme/admin/"))
        assert "Your shift ends 11:20. INC-1 Payments fail Manager Hand INC-1 to Marc" in now
        client.post(
            f"{ROOM}/do/hand_over",
            {"role": stage.roles["manager"].uid, "person": stage.world.acme.members["marc"].uid},
        )
        assert "Your shift ends" not in words(client.get(ROOM))
        with tenant_scope(stage.world.acme.tenant.pk):
            assert str(RoleAssignment.objects.get(is_manager=True, ended_at=None).membership) == "Marc"

    def test_who_takes_over_is_shown_what_comes(
        self, client: Client, stage: Stage, relieved: Incident
    ) -> None:
        as_(client, stage, "marc")
        assert "You take over at 11:20. Manager is Bram" in re_words(client.get(ROOM))
        assert "You take over at 11:20. INC-1 Payments fail" in re_words(client.get("/t/acme/admin/"))
        assert "Your next shift: 11:20, Checkout." in re_words(client.get("/t/acme/admin/"))

    def test_nobody_else_is_bothered(self, client: Client, stage: Stage, relieved: Incident) -> None:
        as_(client, stage, "anna")
        for path in (ROOM, "/t/acme/admin/"):
            assert "11:20" not in words(client.get(path)).replace("then Marc, 11:20", "")

    def test_only_ones_own_role_is_handed_over_so(
        self, client: Client, stage: Stage, relieved: Incident
    ) -> None:
        anna = as_(client, stage, "anna")
        form = {"role": stage.roles["manager"].uid, "person": stage.world.acme.members["marc"].uid}
        assert anna.post(f"{ROOM}/do/hand_over", form).status_code == 409
        with tenant_scope(stage.world.acme.tenant.pk):
            assert TimelineEntry.objects.filter(kind="role").count() == 1


def re_words(response: Any) -> str:
    return words(response).replace("&#x27;", "'")
