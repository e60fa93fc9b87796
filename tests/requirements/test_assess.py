"""R3 to R5 and R12 to R20: each through the room, the declare screen or the API."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.scoping import tenant_scope
from incidents.models import (
    Alert,
    Answer,
    Incident,
    InternalMail,
    Message,
    SeverityChange,
    TimelineEntry,
)
from incidents.operations.ingest import take_in
from incidents.operations.scale import publish_scale
from incidents.operations.tenants import create_tenant
from oncall.models import Page
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.people import World

DECLARE = "/t/acme/declare"
API = "/t/acme/api/v1/incidents/"
SATURDAY = datetime(2026, 11, 28, 11, 0, tzinfo=UTC)


@pytest.fixture
def client() -> Client:
    return Client(SERVER_NAME="localhost")


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


class Desk:
    """One person at the screens of acme."""

    def __init__(self, client: Client, stage: Stage, engine: Engine) -> None:
        self.client, self.stage, self.engine = client, stage, engine

    def as_(self, name: str) -> "Desk":
        self.client.force_login(self.stage.world.acme.members[name].user)
        return self

    def declare(self, **said: Any) -> Incident:
        answer = self.client.post(
            DECLARE, {"text": "Payments fail", "service": self.stage.checkout.uid, **said}
        )
        assert answer.status_code == 303, answer.content
        self.run()
        return self.incident(int(answer["Location"].rsplit("/", 1)[1]))

    def press(self, deed: str, **said: Any) -> Any:
        answer = self.client.post(f"/t/acme/i/1/do/{deed}", said)
        assert answer.status_code == 303, answer.content
        self.run()
        return answer

    def post(self, path: str, **said: Any) -> Any:
        return self.client.post(f"{API}{path}", json.dumps(said), content_type="application/json")

    def room(self, number: int = 1) -> str:
        """The words of the room."""
        html = self.client.get(f"/t/acme/i/{number}").content.decode()
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))

    def run(self) -> None:
        with self.scope():
            self.engine.run()

    def scope(self) -> Any:
        return tenant_scope(self.stage.world.acme.tenant.pk)

    def incident(self, number: int = 1) -> Incident:
        with self.scope():
            found: Incident = Incident.objects.select_related("severity").get(number=number)
        return found


@pytest.fixture
def desk(client: Client, stage: Stage, engine: Engine) -> Desk:
    return Desk(client, stage, engine).as_("bram")


# --- 1 Detect -----------------------------------------------------------------------------------------------
def test_r3_who_found_it_and_via_what_are_recorded_with_the_link(desk: Desk) -> None:
    desk.as_("vera").declare(via="social", found_via="https://social.example/1")
    made = desk.incident()
    assert made.found_by == "customer"
    assert made.found_via == "social media: https://social.example/1"
    assert 'href="https://social.example/1"' in desk.client.get("/t/acme/i/1").content.decode()
    desk.declare(found_by="team", via="ticket", found_via="T-1")
    assert (desk.incident(2).found_by, desk.incident(2).found_via) == ("team", "ticket: T-1")


def test_r3_an_alert_is_found_by_monitoring(desk: Desk, moved_clock: MovedClock) -> None:
    body = b'{"summary": "5xx", "source": "api", "severity": "critical"}'
    with desk.scope():
        take_in(source_id=desk.stage.source.pk, format="json", body=body, now=moved_clock.now())
    desk.run()
    assert (desk.incident().found_by, desk.incident().found_via) == ("monitoring", "Prometheus")


def test_r3_the_same_is_one_tap_and_tells_whose_report_it_is(desk: Desk) -> None:
    desk.declare()
    shown = desk.client.get(f"{DECLARE}/preview", {"text": "payment does not work", "via": "ticket"})
    assert 'name="same" value="1"' in shown.content.decode()
    answer = desk.as_("vera").client.post(
        DECLARE, {"same": "1", "text": "payment does not work", "via": "ticket", "found_via": "T-9"}
    )
    assert answer["Location"] == "/t/acme/i/1"
    assert desk.incident().cases == 1
    with desk.scope():
        (entry,) = TimelineEntry.objects.filter(kind="case")
        assert Incident.objects.count() == 1
    assert entry.text == "+1 case, 1 in all, via ticket: T-9: payment does not work"
    assert entry.actor_label == "Vera"


def test_r3_a_private_one_is_never_the_same_for_those_outside_its_circle(desk: Desk) -> None:
    desk.declare(private="1")
    desk.as_("marc")
    for query in ({"text": "Payments fail"}, {"service": desk.stage.checkout.uid}):
        assert "INC-1" not in desk.client.get(f"{DECLARE}/preview", query).content.decode()
        assert desk.client.get(f"{API}alike/", query).json() == []
    refused = desk.client.post(DECLARE, {"same": "1", "text": "x"})
    assert refused.status_code == 422
    assert desk.incident().cases == 0


def test_r4_one_line_returns_a_key_counted_per_tenant(desk: Desk, world: World) -> None:
    made = desk.post("", summary="Payments fail")
    assert made.status_code == 201
    assert made.json()["key"] == "INC-1"
    assert desk.post("", summary="Exports fail").json()["key"] == "INC-2"
    desk.client.force_login(world.other.members["olga"].user)
    theirs = desk.client.post(
        "/t/other/api/v1/incidents/", json.dumps({"summary": "x"}), content_type="application/json"
    )
    assert theirs.json()["key"] == "INC-1"


def test_r5_alerts_answers_and_messages_hang_on_that_same_record(desk: Desk, moved_clock: MovedClock) -> None:
    made = desk.declare()
    body = b'{"summary": "5xx", "source": "api", "severity": "critical"}'
    with desk.scope():
        take_in(source_id=desk.stage.source.pk, format="json", body=body, now=moved_clock.now())
    desk.run()
    desk.press("answer", question="reach", choice="some")
    desk.press("tell", to="external", status="identified", external="Paying fails.")
    with desk.scope():
        assert Incident.objects.count() == 1
        for model in (Alert, Answer, Message):
            assert set(model.objects.values_list("incident_id", flat=True)) == {made.pk}


# --- 3 Assess -----------------------------------------------------------------------------------------------
def test_r12_assessing_begins_once_there_is_a_place_to_talk(desk: Desk) -> None:
    desk.declare()
    desk.press("answer", question="reach", choice="some")
    assert desk.incident().phase == "detected"
    desk.press("places", room="Second floor")
    assert desk.incident().phase == "assessing"


@pytest.mark.parametrize(
    ("question", "said", "shown"),
    [
        ("impact", {"choice": ["external", "internal"]}, "Customers, colleagues"),
        (
            "experience",
            {"choice": "way_round", "text": "reload twice"},
            "Small, with a way round; reload twice",
        ),
        ("reach", {"choice": "some", "number": "40"}, "Some; 40"),
        ("started", {"time": "10:41"}, "10:41"),
        ("cases", {"number": "14"}, "14"),
        ("factors", {"choice": ["social", "security"]}, "Social media, maybe security or privacy"),
    ],
)
def test_r13_each_question_is_answered_with_who_and_when(
    desk: Desk, question: str, said: dict[str, Any], shown: str
) -> None:
    desk.declare()
    desk.press("answer", question=question, **said)
    assert f"{shown} Bram 11:00" in desk.room()
    rows = desk.client.get(f"{API}INC-1/assessment/").json()
    (row,) = [one for one in rows if one["question"] == question]
    assert (row["answered_by"], row["answered_at"][:16]) == ("Bram", "2026-11-23T11:00")


def test_r13_answered_again_and_the_earlier_answer_is_kept(desk: Desk) -> None:
    desk.declare()
    desk.press("answer", question="reach", choice="some")
    desk.press("answer", question="reach", choice="all")
    assert "All Bram" in desk.room()
    with desk.scope():
        said = Answer.objects.order_by("id").values_list("choices", flat=True)
        assert list(said) == [["some"], ["all"]]


def test_r13_a_question_is_put_to_a_person_who_answers_it_with_one_tap(desk: Desk) -> None:
    desk.declare()
    mail.outbox.clear()
    vera = desk.stage.world.acme.members["vera"]
    desk.press("ask", question="factors", whom=f"person:{vera.uid}")
    (sent,) = [one for one in mail.outbox if one.to == ["vera@acme.test"]]
    assert "Anything else?" in sent.body
    assert "/t/acme/i/1" in sent.body
    assert "Asked: Vera, 0 min" in desk.room()
    html = desk.as_("vera").client.get("/t/acme/i/1").content.decode()
    assert set(re.findall(r"/do/(\w+)", html)) == {"answer"}
    desk.press("answer", question="factors", choice="social")
    assert "Asked: Vera" not in desk.as_("bram").room()
    assert desk.post("INC-1/answer/", question="factors", choices=["none"]).status_code == 200


def test_r13_a_question_is_put_to_a_role(desk: Desk) -> None:
    desk.declare()
    desk.press("ask", question="cases", whom=f"role:{desk.stage.roles['comms'].uid}")
    assert "Asked: Comms" in desk.room()
    with desk.scope():
        # Nobody has the role yet: whoever it would call is asked.
        assert [str(row.membership) for row in InternalMail.objects.filter(kind="nudge")] == ["Carla"]


def test_r13_cases_are_a_running_count(desk: Desk) -> None:
    desk.declare()
    desk.press("case")
    desk.as_("carla").press("case", by="2")
    assert desk.post("INC-1/case/", by=1, via="ticket 12").json()["cases"] == 4
    assert "Cases 4" in desk.room()


def test_r13_the_next_action_asks_what_is_open_while_the_severity_is_a_guess(desk: Desk) -> None:
    desk.declare(severity=desk.stage.severities[2].uid)
    for deed, said in (
        ("acknowledge", {}),
        ("later", {"question": "tell"}),
        ("later", {"question": "roles"}),
    ):
        desk.press(deed, **said)
    asked = desk.client.get(f"{API}INC-1/").json()["next_action"]
    assert (asked["code"], asked["step"]) == ("question-impact", 3)
    assert [one["words"] for one in asked["escapes"]] == ["Ask Comms", "Don't know"]
    for question, choice in (("impact", "external"), ("experience", "cannot_use"), ("reach", "all")):
        html = desk.client.get("/t/acme/i/1").content.decode()
        assert f'id="do-answer-{question}-{choice}"' in html
        desk.press("answer", question=question, choice=choice)
    desk.press("later", question="answers", minutes="30")
    settled = desk.client.get(f"{API}INC-1/").json()["next_action"]
    assert settled["code"] == "confirm_severity"
    assert settled["why"] == "The answers suggest SEV1: down for all customers"


def test_r14_then_a_severity_is_assigned(desk: Desk) -> None:
    desk.declare()
    desk.press("acknowledge")
    shown = desk.room()
    assert "How bad is it?" in shown
    assert "Customer data is lost." in shown
    desk.press("severity", severity=desk.stage.severities[2].uid)
    made = desk.incident()
    assert (made.severity_word, made.assessed_at) == ("SEV2", desk.engine.clock.now())


@pytest.mark.parametrize(
    ("rank", "examples"),
    [
        (1, ["down for all users", "privacy is breached", "Customer data is lost"]),
        (2, ["down for some customers", "Core functionality is significantly affected"]),
        (3, ["inconvenience that can be worked around", "Usable degraded performance"]),
    ],
    ids=["r15_sev1", "r16_sev2", "r17_sev3"],
)
@pytest.mark.django_db
def test_r15_r16_r17_a_new_tenant_starts_with_these_examples(
    engine: Engine, rank: int, examples: list[str]
) -> None:
    made = create_tenant(
        slug="harbour", name="Harbour", owner_email="olga@harbour.test", actor=ENGINE, now=engine.clock.now()
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(made.owner.user)
    scale = client.get("/t/harbour/api/v1/severities/").json()["results"]
    assert sorted(one["rank"] for one in scale) == [1, 2, 3]
    (step,) = [one for one in scale if one["rank"] == rank]
    lines = step["examples"].splitlines()
    assert len(lines) == len(examples)
    assert all(said in line for said, line in zip(examples, lines, strict=True))


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        ([("experience", "cannot_use"), ("reach", "all")], "SEV1"),
        ([("factors", "privacy")], "SEV1"),
        ([("experience", "cannot_use"), ("reach", "some")], "SEV2"),
        ([("experience", "slow")], "SEV3"),
    ],
)
def test_r17_the_answers_suggest_one_and_one_tap_applies_it(
    desk: Desk, answers: list[tuple[str, str]], word: str
) -> None:
    desk.declare()
    for question, choice in answers:
        desk.press("answer", question=question, choice=choice)
    assert f"Suggests {word} :" in desk.room()
    assert desk.client.get(f"{API}INC-1/").json()["facts"]["suggested_word"] == word
    html = desk.client.get("/t/acme/i/1").content.decode()
    (uid,) = re.findall(
        r'name="severity" value="(\w+)"><button type="submit" class="btn" id="do-suggested"', html
    )
    desk.press("severity", severity=uid)
    assert desk.incident().severity_word == word


def test_r18_we_may_have_a_sev1_is_said_before_anything_else(desk: Desk) -> None:
    made = desk.declare(service="", severity=desk.stage.severities[1].uid)
    assert made.severity_word == "SEV1?"
    assert made.severity_provisional


def test_r19_sev3_waits_for_the_office_and_sev1_pages_at_once(desk: Desk, moved_clock: MovedClock) -> None:
    moved_clock.set(SATURDAY)
    small = desk.declare(severity=desk.stage.severities[3].uid)
    assert small.held_until is not None
    with desk.scope():
        assert not Page.objects.exists()
    desk.declare(severity=desk.stage.severities[1].uid, service=desk.stage.exports.uid)
    with desk.scope():
        assert Page.objects.exists()


def test_r19_what_is_held_looks_again_when_two_customers_report_it(
    desk: Desk, moved_clock: MovedClock
) -> None:
    moved_clock.set(SATURDAY)
    desk.declare(severity=desk.stage.severities[3].uid)
    desk.as_("carla").press("case", via="ticket 1")
    moved_clock.move(minutes=20)
    desk.press("case", via="ticket 2")
    assert desk.incident().held_until is None
    with desk.scope():
        assert [str(page.membership) for page in Page.objects.all()] == ["Bram"]


def test_r19_the_tenant_sets_what_a_severity_does(desk: Desk, moved_clock: MovedClock) -> None:
    moved_clock.set(SATURDAY)
    desk.as_("marc")
    path = f"/t/acme/api/v1/severities/{desk.stage.severities[3].uid}/"
    changed = desk.client.patch(path, json.dumps({"response": "page"}), content_type="application/json")
    assert changed.status_code == 200
    assert desk.declare(severity=desk.stage.severities[3].uid).held_until is None


def test_r20_the_version_stands_wherever_a_severity_is_chosen_and_with_what_was(desk: Desk) -> None:
    with desk.scope():
        publish_scale(actor=ENGINE, now=desk.engine.clock.now())
    desk.declare()
    desk.press("acknowledge")
    assert "scale v1" in desk.client.get(DECLARE).content.decode()
    assert desk.room().count("scale v1") >= 2  # the next action and the sheet
    desk.as_("marc")
    path = f"/t/acme/api/v1/severities/{desk.stage.severities[1].uid}/"
    desk.client.patch(path, json.dumps({"name": "Worst"}), content_type="application/json")
    assert {one["version"] for one in desk.client.get("/t/acme/api/v1/severities/").json()["results"]} == {2}
    desk.press("severity", severity=desk.stage.severities[2].uid)
    with desk.scope():
        assert SeverityChange.objects.get(ends_at=None).scale_version == 2
