"""R37 and R39 to R44: the loop of phase 7 and the end, through the room and the API."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from incidents.models import (
    ActionItem,
    Decision,
    Experiment,
    Incident,
    Message,
    Observation,
    Postmortem,
    Theory,
    TimelineEntry,
)
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.people import World
from tests.requirements.test_assess import API, Desk


@pytest.fixture
def client() -> Client:
    return Client(SERVER_NAME="localhost")


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


@pytest.fixture
def desk(client: Client, stage: Stage, engine: Engine) -> Desk:
    """Bram has it; it is real, and SEV1."""
    bram = Desk(client, stage, engine).as_("bram")
    bram.declare(severity=stage.severities[1].uid)
    bram.press("acknowledge")
    bram.press("severity", severity=stage.severities[1].uid)
    return bram


def only(desk: Desk, model: Any, **where: Any) -> Any:
    with desk.scope():
        return model.objects.get(**where)


def api(desk: Desk, part: str = "") -> Any:
    answer = desk.client.get(f"{API}INC-1/{part}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def sheet(desk: Desk) -> dict[str, str]:
    """What the Resolve sheet would send, as it is drawn."""
    page = desk.client.get("/t/acme/i/1").content.decode()
    drawn = page[page.index('id="sheet-resolve"') :]
    drawn = drawn[: drawn.index("</section>")]
    found = dict(re.findall(r'<textarea name="(\w+)"[^>]*>(.*?)</textarea>', drawn, re.S))
    found |= dict(re.findall(r'<input type="hidden" name="(\w+_seal)" value="([^"]*)"', drawn))
    return {name: html.unescape(words) for name, words in found.items()}


def end(desk: Desk, **said: Any) -> Incident:
    desk.press("resolve", over="1", imminent="1", **{"send": "both", **sheet(desk), **said})
    return desk.incident()


def tell_both(desk: Desk) -> None:
    for audience in ("external", "internal"):
        with desk.scope():
            drafted = desk.post("INC-1/draft/", audience=audience, kind="start")
        assert drafted.status_code == 200, drafted.content
        with desk.scope():
            draft = Message.objects.get(audience=audience, published_at=None)
        sent = desk.post(
            "INC-1/messages/",
            audience=audience,
            kind="start",
            title=draft.title,
            body=draft.body,
            components=draft.components,
        )
        assert sent.status_code == 200, sent.content
    desk.run()


# --- the loop -----------------------------------------------------------------------------------------------
def test_r39_the_loop_goes_round_in_the_room(desk: Desk) -> None:
    desk.press("note", kind="observation", text="The replica is 40 s behind")
    seen = only(desk, Observation)
    assert (seen.seen_by_label, desk.incident().phase) == ("Bram", "resolving")
    desk.as_("marc").press("confirm_observation", observation=seen.uid)
    assert str(only(desk, Observation).confirmed_by_id) == str(desk.stage.world.acme.members["marc"].pk)
    desk.as_("bram").press("theory", text="The pool is full")
    theory = only(desk, Theory)
    assert (theory.state, str(theory.owner_id)) == ("open", str(desk.stage.world.acme.members["bram"].pk))
    desk.press("test", theory=theory.uid, text="Double the pool", expected="Errors stop")
    test = only(desk, Experiment)
    assert (test.theory_id, test.expected, test.ended_at) == (theory.pk, "Errors stop", None)
    desk.press("end_test", test=test.uid, verdict="supports", result="Errors stopped")
    assert only(desk, Theory).state == "open"  # the verdict offers, people say
    assert "a test speaks for it" in desk.room()
    desk.press("settle_theory", theory=theory.uid, state="proven", why="The pool was the limit")
    assert (only(desk, Theory).state, only(desk, Theory).why) == ("proven", "The pool was the limit")
    assert "seen 1 · theories 1 · tests 1" in desk.room()
    assert "1 time round" in desk.room()
    assert api(desk)["facts"]["iterations"] == 1


def test_r39_the_loop_goes_round_in_the_api(desk: Desk) -> None:
    then = (desk.incident().declared_at - timedelta(minutes=5)).isoformat()
    assert desk.post("INC-1/observe/", text="Slow since the deploy", occurred_at=then).status_code == 200
    assert desk.post("INC-1/theory/", text="The deploy").status_code == 200
    theory = api(desk, "findings/")["theories"][0]
    assert desk.post("INC-1/experiment/", text="Roll back", theory=theory["uid"]).status_code == 200
    test = api(desk, "findings/")["experiments"][0]
    said = {"experiment": test["uid"], "verdict": "refutes", "result": "Still slow"}
    assert desk.post("INC-1/end_experiment/", **said).status_code == 200
    settled = desk.post("INC-1/settle_theory/", theory=theory["uid"], state="disproven", why="Still slow")
    assert settled.json()["facts"]["theories_open"] == 0
    found = api(desk, "findings/")
    assert found["theories"][0]["state"] == "disproven"
    assert found["experiments"][0]["verdict"] == "refutes"
    assert found["observations"][0]["occurred_at"] < found["observations"][0]["recorded_at"]


def test_r39_what_one_person_saw_another_confirms(desk: Desk) -> None:
    desk.press("note", kind="observation", text="Red")
    seen = only(desk, Observation)
    answer = desk.client.post("/t/acme/i/1/do/confirm_observation", {"observation": seen.uid})
    assert answer.status_code == 409
    assert "Ask somebody else to look." in answer.content.decode()
    assert only(desk, Observation).confirmed_at is None


def test_r37_the_technical_leads_decisions_say_what_who_and_why(desk: Desk) -> None:
    desk.press("decide", text="Roll back 4.2", why="It began with the deploy", at="")
    made = only(desk, Decision)
    assert (made.text, made.why, made.decided_by_label) == (
        "Roll back 4.2",
        "It began with the deploy",
        "Bram",
    )
    entry = only(desk, TimelineEntry, kind="decision")
    assert entry.data == {"uid": made.uid}
    assert entry.text == "Roll back 4.2, because It began with the deploy"
    assert "Roll back 4.2" in desk.room()


# --- the end ------------------------------------------------------------------------------------------------
def test_r40_resolved_needs_both_confirmations(desk: Desk) -> None:
    sent = {"send": "later", "over": "1"}
    answer = desk.client.post("/t/acme/i/1/do/resolve", sent)
    assert answer.status_code == 409
    assert "nothing is about to come back" in html.unescape(answer.content.decode())
    assert desk.incident().is_open
    desk.press("resolve", imminent="1", **sent)
    resolved = desk.incident()
    assert resolved.phase == "resolved"
    assert None not in (resolved.impact_over_at, resolved.nothing_imminent_at)


def test_r40_when_the_impact_is_over_monitoring_is_the_word_for_customers(desk: Desk) -> None:
    tell_both(desk)
    desk.press("impact_over", at="now")
    escapes = [choice["code"] for choice in api(desk)["next_action"]["escapes"]]
    assert escapes == ["watch", "monitoring"]
    page = desk.client.get("/t/acme/i/1").content.decode()
    assert re.search(r'name="status" value="monitoring" checked', page)


def test_r42_both_final_messages_go_out_with_one_tap(desk: Desk) -> None:
    tell_both(desk)
    mail.outbox.clear()
    assert end(desk).phase == "resolved"
    with desk.scope():
        finals = Message.objects.filter(kind="final", published_at__isnull=False)
        assert {message.audience for message in finals} == {"internal", "external"}
    assert any("INC-1 is resolved." in letter.body for letter in mail.outbox)
    status = desk.client.get("/t/acme/i/1").content.decode()
    assert "Resolved" in status


def test_r43_the_final_internal_message_sums_it_up(desk: Desk, moved_clock: MovedClock) -> None:
    desk.press("answer", question="experience", choice="cannot_use")
    for _ in range(2):
        desk.press("case")
    moved_clock.move(minutes=48)
    body = sheet(desk)["internal"]
    for words in ("INC-1 is resolved.", "cannot use it", "48 minutes", "Support cases: 2", "nothing further"):
        assert words in body, body
    outcome = api(desk, "outcome/")
    assert (outcome["cases"], outcome["worst"], outcome["experience"]) == (2, "SEV1", "cannot use it")
    assert outcome["lasted_seconds"] is None
    desk.press("impact_over", at="now")
    assert api(desk, "outcome/")["lasted_seconds"] == 48 * 60
    assert "48 min · SEV1 · 2 cases · cannot use it" in desk.room()


def test_r44_the_promise_in_the_final_words_is_an_action_item(desk: Desk) -> None:
    tell_both(desk)
    assert "what happened and what we change" in sheet(desk)["external"]
    end(desk, postmortem="yes")
    postmortem, item = only(desk, Postmortem), only(desk, ActionItem)
    assert (postmortem.state, postmortem.promised) == ("owed", True)
    assert (item.is_postmortem, item.state, item.due_on) == (True, "open", postmortem.due_on)
    assert item.owner_id == desk.stage.world.acme.members["bram"].pk


def test_r44_the_other_variant_promises_nothing(desk: Desk, stage: Stage) -> None:
    desk.press("severity", severity=stage.severities[3].uid, reason="Smaller")
    tell_both(desk)
    variants = sheet(desk)
    assert "what happened and what we change" not in variants["external_plain"]
    end(desk, postmortem="no")
    with desk.scope():
        assert not Postmortem.objects.exists()
        assert not ActionItem.objects.exists()
        told = Message.objects.get(kind="final", audience="external")
    assert (told.body, told.postmortem) == (variants["external_plain"], False)


def test_the_cause_is_proven_or_said_to_be_unknown(desk: Desk) -> None:
    desk.press("test", text="Restart it")
    end(desk, send="later")
    assert {"cause", "experiments"} <= {one["code"] for one in api(desk)["open_ends"]}
    desk.press("reopen", reason="Again")
    desk.press("end_test", test=only(desk, Experiment).uid, verdict="unclear")
    end(desk, send="later", cause_unknown="1")
    assert not {"cause", "experiments"} & {one["code"] for one in api(desk)["open_ends"]}
    assert api(desk)["facts"]["cause_unknown"] is True
    desk.press("reopen", reason="And again")
    assert api(desk)["facts"]["cause_unknown"] is False


def test_components_that_customers_still_see_broken_are_an_open_end(desk: Desk) -> None:
    tell_both(desk)
    assert api(desk)["facts"]["components_down"] == 1
