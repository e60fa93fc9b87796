"""R28 to R38: other teams, roles and who has them, through the room, the acknowledge page and the API."""

import re
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Team, TeamMember
from config.tenancy.scoping import tenant_scope
from incidents.models import Call, Decision, Incident, Message, RoleAssignment, TimelineEntry
from incidents.operations.findings import decide
from incidents.operations.theories import begin_experiment, end_experiment, state_theory
from oncall.models import ContactMethod, Method, NotificationRule, OverrideKind, Page, Schedule, Urgency
from oncall.operations.load import load_of
from oncall.operations.resolve import on_call_at
from oncall.operations.schedules import add_override
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.people import World

ROOM = "/t/acme/i/1"
API = "/t/acme/api/v1/incidents/INC-1/"


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


class Desk:
    """The people of acme at their screens; `as_("bram")` first."""

    def __init__(self, client: Client, stage: Stage, engine: Engine) -> None:
        self.client, self.stage, self.engine = client, stage, engine

    @property
    def now(self) -> datetime:
        return self.engine.clock.now()

    def member(self, name: str) -> Any:
        return self.stage.world.acme.members[name]

    def as_(self, name: str) -> "Desk":
        self.client.force_login(self.member(name).user)
        return self

    def declare(self, by: str = "anna", **said: Any) -> Incident:
        severity = self.stage.severities[1].uid
        form = {"text": "Payments fail", "service": self.stage.checkout.uid, "severity": severity, **said}
        assert self.as_(by).client.post("/t/acme/declare", form).status_code == 303
        self.run()
        with self.inside():
            return Incident.objects.order_by("-id").first()

    def press(self, deed: str, **fields: Any) -> Any:
        answer = self.client.post(f"{ROOM}/do/{deed}", fields, follow=True)
        self.run()
        return answer

    def pressed(self, deed: str, **fields: Any) -> str:
        answer = self.press(deed, **fields)
        assert answer.status_code == 200, words(answer)
        return words(answer)

    def room(self) -> str:
        return words(self.client.get(ROOM))

    def people(self) -> dict[str, Any]:
        """By name: what the API says of each."""
        said = self.client.get(f"{API}people/").json()
        return {one["member"]["name"]: one for one in said}

    def api(self, deed: str, **body: Any) -> Any:
        answer = self.client.post(f"{API}{deed}/", body, content_type="application/json")
        self.run()
        return answer

    def page_of(self, name: str) -> str:
        with self.inside():
            page = Page.objects.filter(membership=self.member(name)).order_by("-id").first()
            return f"/p/{page.token}"

    def answer(self, name: str, said: str) -> str:
        """Without signing in, from the link in the page."""
        answer = Client(SERVER_NAME="localhost").post(self.page_of(name), {"do": said}, follow=True)
        assert answer.status_code == 200, words(answer)
        self.run()
        return words(answer)

    def call_of(self, name: str) -> Call:
        with self.inside():
            return Call.objects.select_related("escalation").get(membership=self.member(name))

    def run(self) -> None:
        with self.inside():
            self.engine.run()

    def inside(self) -> Any:
        return tenant_scope(self.stage.world.acme.tenant.pk)


@pytest.fixture
def desk(client: Client, stage: Stage, engine: Engine) -> Desk:
    return Desk(client, stage, engine)


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).replace("&#x27;", "'")


def card(html: str, ident: str) -> str:
    """One card of the room, as markup."""
    return re.split(r"</section>", html.split(f'id="{ident}"')[1])[0]


# --- R28 to R31: the right people --------------------------------------------------------------------------
def test_r28_a_responder_calls_other_teams_in_and_reads_each_answer_without_a_reload(
    desk: Desk, stage: Stage
) -> None:
    with desk.inside(), acting(ENGINE, now=desk.now):
        database = Team.objects.create(name="Database", office_start=time(9), office_end=time(17))
        TeamMember.objects.create(team=database, membership=desk.member("marc"))
    desk.declare()
    desk.as_("bram").pressed("acknowledge")
    sheet = card(desk.client.get(ROOM).content.decode(), "sheet-call")
    assert "Suggested" in sheet
    assert "runs Checkout" in sheet
    assert "Marc now" in sheet
    desk.pressed("call_in", team=database.uid, person=desk.member("vera").uid, message="replica lag")
    live = desk.client.get(f"{ROOM}/live")
    assert "Database paging Marc" in words(live)
    assert "Anna asks" not in mail.outbox[-1].body
    assert "replica lag" in mail.outbox[-1].body
    # Vera, a viewer, was called by name: she answers, and that ladder alone stops.
    assert "They expect you by 11:10." in desk.answer("vera", "in_ten")
    news = desk.client.get(f"{ROOM}/live", headers={"If-None-Match": live["ETag"]})
    assert news.status_code == 200
    assert re.search(r"Vera\s*, by 11:10", words(news))
    assert "Database paging Marc" in words(news)
    desk.engine.clock.move(minutes=11)
    assert "not here yet" in words(desk.client.get(f"{ROOM}/live"))
    desk.as_("vera").client.get(ROOM)
    assert "Vera is here" in desk.as_("bram").room()
    # Marc cannot; nobody is left in that team, and it says so at once.
    assert "They know that you cannot come." in desk.answer("marc", "cannot")
    assert "nobody left to call Marc cannot" in desk.room()


def test_r29_responders_choose_their_own_ways_to_be_reached(desk: Desk) -> None:
    bram = desk.member("bram")
    with desk.inside(), acting(ENGINE, now=desk.now):
        ContactMethod.objects.filter(membership=bram).update(verified_at=desk.now)
        own = ContactMethod.objects.create(
            membership=bram, kind=Method.EMAIL, address="bram.night@acme.test", verified_at=desk.now
        )
        NotificationRule.objects.filter(membership=bram).delete()
        NotificationRule.objects.create(membership=bram, urgency=Urgency.HIGH, contact=own, delay_minutes=0)
    desk.declare()
    pages = [sent.to for sent in mail.outbox if "INC-1" in sent.subject]
    assert ["bram.night@acme.test"] in pages
    assert "Woken by: e-mail." in words(desk.as_("bram").client.get("/t/acme/admin/"))


def test_r30_the_schedule_says_who_is_expected_to_be_reachable(desk: Desk) -> None:
    with desk.inside():
        schedule = Schedule.objects.get(name="Checkout")
        assert [str(one.membership) for one in on_call_at(schedule=schedule, at=desk.now)] == ["Bram"]
    shown = words(desk.as_("vera").client.get("/t/acme/admin/"))
    assert re.search(r"On call now.*Checkout Bram.*reachable", shown)


def test_r31_nothing_depends_on_one_person_and_how_often_each_is_called_is_seen(desk: Desk) -> None:
    with desk.inside():
        add_override(
            schedule=Schedule.objects.get(name="Checkout"),
            kind=OverrideKind.REPLACE,
            membership=desk.member("marc"),
            replaces=desk.member("bram"),
            starts_at=desk.now,
            ends_at=desk.now + timedelta(hours=8),
            actor=ENGINE,
            now=desk.now,
        )
    desk.declare()
    with desk.inside():
        assert {str(page.membership) for page in Page.objects.filter(membership__user__name="Marc")}
        assert not Page.objects.filter(membership=desk.member("bram")).exists()
        # Anna, next on the ladder, has left: whoever is inactive is passed over.
        [marc, *_] = load_of(begins_at=desk.now - timedelta(hours=1), ends_at=desk.now + timedelta(hours=1))
        assert marc.called >= 1


# --- R32 to R34: roles --------------------------------------------------------------------------------------
def test_r32_paged_online_and_role_given_by_whom_are_on_record(desk: Desk, stage: Stage) -> None:
    incident = desk.declare()
    desk.as_("anna").pressed("take_role", role=stage.roles["manager"].uid)
    desk.pressed("call_in", person=desk.member("marc").uid)
    assert "Marc" not in [one["name"] for one in _online(desk)]
    desk.engine.clock.move(minutes=2)
    desk.answer("marc", "ack")
    desk.as_("marc").client.get(ROOM)
    shown = desk.as_("anna").room()
    assert "Marc is in the room" in shown
    desk.engine.clock.move(minutes=1)
    desk.pressed("give_role", role=stage.roles["tech_lead"].uid, person=desk.member("marc").uid)
    marc = desk.people()["Marc"]
    assert marc["paged_at"].startswith("2026-11-23T11:00")
    assert marc["paged_by"]["name"] == "Anna"
    assert marc["online"] is True
    assert marc["online_since"].startswith("2026-11-23T11:02")
    [given] = marc["roles"]
    assert (given["role"]["code"], given["given_by"]["name"]) == ("tech_lead", "Anna")
    assert given["given_at"].startswith("2026-11-23T11:03")
    assert "given by Anna" in card(desk.client.get(ROOM).content.decode(), "r-people")
    with desk.inside():
        kinds = set(incident.timeline.values_list("kind", flat=True))
        assert {"call", "acknowledged", "online", "role"} <= kinds


def _online(desk: Desk) -> list[dict[str, Any]]:
    return [one["member"] for one in desk.people().values() if one["online"]]


def test_r32_who_opened_the_room_after_being_paged_is_offered_a_role(desk: Desk, stage: Stage) -> None:
    incident = desk.declare()
    desk.as_("bram").pressed("acknowledge")
    desk.pressed("confirm", customers_notice="yes")
    desk.pressed("severity", severity=stage.severities[1].uid)
    desk.answer("carla", "ack")  # the severity called communications
    desk.pressed("give_role", role=stage.roles["comms"].uid, person=desk.member("carla").uid)
    desk.pressed("call_in", person=desk.member("marc").uid)
    with desk.inside():
        now = incident.put_off | {
            question: {"until": None, "reason": ""} for question in ("tell", "answers", "severity")
        }
        Incident.objects.filter(pk=incident.pk).update(put_off=now)
    assert desk.client.get(API).json()["next_action"]["code"] != "give_role"
    desk.as_("marc").client.get(ROOM)
    said = desk.as_("bram").client.get(API).json()
    assert said["facts"]["online_without_role"] == ["Marc"]
    assert said["next_action"]["words"] == "Marc is here. Give a role:"
    assert [one["code"] for one in said["next_action"]["choices"]] == ["tech_lead", "helps"]
    desk.pressed("let_help", person=desk.member("marc").uid)
    assert desk.client.get(API).json()["facts"]["online_without_role"] == []


def test_r33_a_newcomer_reads_duties_and_a_brief_first_and_says_that_it_is_clear(
    desk: Desk, stage: Stage
) -> None:
    incident = desk.declare()
    desk.as_("bram").pressed("acknowledge")
    desk.pressed("answer", question="experience", choice="cannot_use")
    desk.pressed("places", video="https://meet.acme.test/1")
    with desk.inside():
        actor, now = desk.member("bram").as_actor(), desk.now
        state_theory(incident=incident, text="The cache", actor=actor, now=now)
        pool = state_theory(incident=incident, text="The pool is full", actor=actor, now=now)
        tried = begin_experiment(incident=incident, text="Restart one", theory=pool, actor=actor, now=now)
        end_experiment(experiment=tried, verdict="supports", actor=actor, now=now)
        decide(incident=incident, text="Roll back 4.2", why="it began with it", actor=actor, now=now)
    desk.pressed("give_role", role=stage.roles["tech_lead"].uid, person=desk.member("marc").uid)
    html = desk.as_("marc").client.get(ROOM).content.decode()
    main = html.split("<main")[1]
    assert main.index('id="r-brief"') < main.index('id="r-next"') < main.index('id="r-people"')
    brief = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", card(html, "r-brief")))
    for said in (
        "You are Tech lead",
        "You form theories and decide on changes.",
        "The pool is full",
        "Restart one: speaks for it",
        "Roll back 4.2",
        "Clear: I",
    ):
        assert said in brief, brief
    assert "The cache" not in brief
    assert "meet.acme.test" in card(html, "r-brief")
    assert "hidden" in card(desk.as_("bram").client.get(ROOM).content.decode(), "r-brief")[:80]
    desk.as_("marc").pressed("clear")
    assert "do-clear" not in desk.client.get(ROOM).content.decode()
    assert re.search(r"Tech lead Marc on it", desk.room())
    assert desk.people()["Marc"]["roles"][0]["acknowledged_at"] is not None


def test_r34_who_knows_a_role_takes_it_anywhere_and_a_handover_loses_no_history(
    desk: Desk, stage: Stage
) -> None:
    desk.declare()
    desk.as_("bram").pressed("take_role", role=stage.roles["tech_lead"].uid)
    desk.engine.clock.move(minutes=30)
    desk.pressed(
        "hand_over", role=stage.roles["tech_lead"].uid, person=desk.member("marc").uid, say="at 40 %"
    )
    people = desk.people()
    assert people["Bram"]["roles"][0]["ended_at"].startswith("2026-11-23T11:30")
    assert people["Marc"]["roles"][0]["given_by"]["name"] == "Bram"
    assert re.search(r"Tech lead 11:00 ?– ?11:30 ?, taken", desk.room())
    assert "at 40 %" in desk.room()


# --- R35 and R36: the manager -------------------------------------------------------------------------------
def test_r35_there_is_exactly_one_manager_from_resolving_on(desk: Desk, stage: Stage) -> None:
    incident = desk.declare()
    refused = desk.as_("bram").api("phase", phase="resolving")
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (409, ["manager"])
    role = stage.roles["manager"].uid
    desk.pressed("take_role", role=role)
    desk.as_("marc").pressed("take_role", role=role)
    with desk.inside():
        held = RoleAssignment.objects.filter(incident=incident, is_manager=True)
        assert [str(one.membership) for one in held.filter(ended_at=None)] == ["Marc"]
        assert held.count() == 2
    assert desk.api("phase", phase="resolving").json()["phase"] == "resolving"
    gone = desk.api("end_role", role=role, member=desk.member("marc").uid)
    assert gone.status_code == 409
    assert "Hand it over instead." in gone.json()["error"]["message"]


def test_r36_the_manager_pages_anyone_and_one_sentence_stands_on_every_screen(
    desk: Desk, stage: Stage
) -> None:
    desk.declare()
    desk.as_("bram").pressed("give_role", role=stage.roles["manager"].uid, person=desk.member("carla").uid)
    # Carla, a communicator in the tenant, leads here: she may do what that needs.
    desk.as_("carla").pressed("now_line", text="Roll back 4.2")
    desk.pressed("call_in", person=desk.member("vera").uid)
    assert "NOW Roll back 4.2" in desk.as_("vera").room()
    assert "NOW Roll back 4.2" in words(desk.client.get("/t/acme/admin/"))
    assert "NOW Roll back 4.2" in words(Client(SERVER_NAME="localhost").get(desk.page_of("vera")))
    assert desk.client.get(API).json()["now_line"] == "Roll back 4.2"


# --- R37 and R38: lead and communications ------------------------------------------------------------------
def test_r37_the_technical_lead_forms_theories_and_decides_on_the_record(desk: Desk, stage: Stage) -> None:
    incident = desk.declare()
    # A communicator in the tenant: leading the technical side here lends what it needs.
    desk.as_("bram").pressed("give_role", role=stage.roles["tech_lead"].uid, person=desk.member("carla").uid)
    desk.as_("carla").pressed("theory", text="The pool is full")
    desk.pressed("decide", text="Roll back 4.2", why="it began with it")
    with desk.inside():
        made = Decision.objects.get(incident=incident)
        assert (made.text, made.why, made.decided_by) == (
            "Roll back 4.2",
            "it began with it",
            desk.member("carla"),
        )
        assert TimelineEntry.objects.filter(incident=incident, kind="decision").count() == 1


def test_r38_the_communications_manager_writes_and_sends_whatever_the_tenants_role(
    desk: Desk, stage: Stage
) -> None:
    incident = desk.declare()
    assert desk.as_("vera").press("tell", to="internal", internal="Down").status_code == 403
    desk.as_("bram").pressed("give_role", role=stage.roles["comms"].uid, person=desk.member("vera").uid)
    desk.as_("vera").pressed("tell", to="internal", internal="We are on it")
    with desk.inside():
        told = Message.objects.filter(incident=incident, published_at__isnull=False)
        assert told.count() == 1
    # What the role does not need stays closed.
    assert desk.press("severity", severity=stage.severities[2].uid, reason="x").status_code == 403
