"""Deeds over the API: an incident led and ended, and what is said when it cannot be."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from incidents.known import Question
from incidents.models import Incident, TimelineEntry
from tests.api.conftest import Caller, act
from tests.conftest import START, MovedClock
from tests.incidents.leading import Lead

Build = Callable[..., Caller]
Inside = Callable[[], AbstractContextManager[None]]


def test_the_whole_way_from_declared_to_closed(bram: Caller, shop: Lead, declared: str) -> None:
    """Each deed answers with the incident as it then stands."""
    assert act(bram, declared, "acknowledge").json()["manager"]["name"] == "Bram"
    assert act(bram, declared, "confirm", customers_notice=True).json()["customers_notice"] is True
    said = act(bram, declared, "severity", severity=shop.sev[1].uid).json()
    assert (said["severity"]["word"], said["severity_provisional"]) == ("SEV1", False)
    said = act(bram, declared, "channel", kind="chat", place="#payments").json()
    assert [(one["kind"], one["place"]) for one in said["channels"]] == [("chat", "#payments")]
    assert said["phase"] == "assessing"
    said = act(bram, declared, "call_in", people=[shop.people["marc"].uid], message="come").json()
    assert {"Marc"} <= {call["label"] for call in said["calls"]}
    said = act(bram, declared, "role", role=shop.roles["comms"].uid, member=shop.people["carla"].uid).json()
    assert {(one["role"]["code"], one["member"]["name"]) for one in said["roles"]} >= {("comms", "Carla")}
    assert act(bram, declared, "now_line", text="Rolling back").json()["now_line"] == "Rolling back"
    act(bram, declared, "note", text="It is the database", kind="observation")
    over = shop.now.isoformat()
    assert act(bram, declared, "impact_over", at=over).json()["impact_over_at"] is not None
    assert act(bram, declared, "nothing_imminent").json()["nothing_imminent_at"] is not None
    said = act(bram, declared, "resolve", internal="It is over").json()
    assert (said["status"], said["resolved_at"] is not None) == ("resolved", True)
    said = act(bram, declared, "close", waived="nobody was told").json()
    assert said["status"] == "closed"
    said = act(bram, declared, "reopen", reason="it came back").json()
    assert (said["status"], said["phase"]) == ("open", "resolving")


def test_what_is_missing_is_said_with_409(bram: Caller, shop: Lead, declared: str, inside: Inside) -> None:
    answer = act(bram, declared, "resolve")
    error = answer.json()["error"]
    assert answer.status_code == 409
    assert error["code"] == "phase_refused"
    assert set(error["fields"]) == {"manager", "impact_over", "nothing_imminent"}
    assert error["message"]
    missing = bram.get(f"incidents/{declared}/").json()["missing"]["resolved"]
    assert {one["code"] for one in missing} == set(error["fields"])
    with inside():
        assert Incident.objects.get().resolved_at is None


def test_only_a_question_that_is_asked_can_be_put_off(bram: Caller, declared: str) -> None:
    for question in Question:
        assert act(bram, declared, "put_off", question=question.value).status_code == 200
    for unknown in ("postmortem", "nonsense"):
        answer = act(bram, declared, "put_off", question=unknown)
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["question"])


def test_a_jump_forward_asks_only_for_the_hard_facts(bram: Caller, shop: Lead, declared: str) -> None:
    refused = act(bram, declared, "phase", phase="resolving")
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (409, ["manager"])
    act(bram, declared, "acknowledge")
    assert act(bram, declared, "phase", phase="resolving").json()["phase"] == "resolving"
    assert act(bram, declared, "phase", phase="nonsense").status_code == 400


def test_undo(bram: Caller, shop: Lead, declared: str, moved_clock: MovedClock) -> None:
    act(bram, declared, "acknowledge")
    assert act(bram, declared, "undo").json()["acknowledged_at"] is None
    act(bram, declared, "cancel", reason="false_alarm")
    assert act(bram, declared, "undo", what="cancel").json()["status"] == "open"
    act(bram, declared, "acknowledge")
    moved_clock.move(minutes=11)
    assert act(bram, declared, "undo").status_code == 409


def test_merging_names_the_other_by_key(bram: Caller, shop: Lead, declared: str) -> None:
    other = bram.post("incidents/", {"summary": "the same"}).json()["key"]
    said = act(bram, other, "merge", into=declared).json()
    assert (said["status"], said["merged_into"]) == ("merged", declared)
    assert act(bram, other, "undo", what="merge").json()["status"] == "open"
    assert act(bram, other, "merge", into=other).status_code == 409
    wrong = act(bram, other, "merge", into="INC-99")
    assert (wrong.status_code, list(wrong.json()["error"]["fields"])) == (400, ["into"])


def test_lowering_asks_a_reason(bram: Caller, shop: Lead, declared: str) -> None:
    act(bram, declared, "severity", severity=shop.sev[1].uid)
    refused = act(bram, declared, "severity", severity=shop.sev[2].uid)
    assert refused.status_code == 400
    assert "reason" in refused.json()["error"]["fields"]
    lowered = act(bram, declared, "severity", severity=shop.sev[2].uid, reason="only one customer")
    assert lowered.json()["severity"]["word"] == "SEV2"


def test_messages_are_drafted_read_by_a_second_person_published_and_listed(
    bram: Caller, as_member: Build, shop: Lead, declared: str
) -> None:
    drafted = act(bram, declared, "draft", audience="external", kind="start").json()["message"]
    assert (drafted["published_at"], drafted["warnings"]) == (None, [])
    words = {
        "kind": "start",
        "status": "investigating",
        "title": "Payments are slow, says Bram",
        "body": "We are looking into it.",
        "components": {shop.component.uid: "partial_outage"},
        "translations": {"nl": {"title": "Betalen is traag", "body": "We kijken ernaar."}},
    }
    refused = act(bram, declared, "messages", audience="external", **words)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "needs_reader")
    assert act(bram, declared, "ask_review", **words).status_code == 200
    (waiting,) = bram.get(f"incidents/{declared}/messages/").json()["results"]
    assert [slip["word"] for slip in waiting["warnings"]] == ["Bram"]
    said = act(as_member("carla"), declared, "approve", message=waiting["uid"], as_of=waiting["written_at"])
    assert said.status_code == 200, said.content
    assert said.json()["first_external_at"] is not None
    (published,) = bram.get(f"incidents/{declared}/messages/").json()["results"]
    assert (published["title"], published["written_by"]["name"]) == (words["title"], "Bram")
    assert (published["reviewed_by"]["name"], published["alone"]) == ("Carla", False)
    assert published["translations"] == words["translations"]


def test_the_timeline_says_who_and_when(bram: Caller, declared: str) -> None:
    act(bram, declared, "note", text="late", occurred_at="2026-11-23T09:30:00Z")
    page = bram.get(f"incidents/{declared}/timeline/?limit=1").json()
    assert page["results"][0]["text"] == "late"
    # In the zone of whoever asks, always with its offset.
    assert datetime.fromisoformat(page["results"][0]["occurred_at"]) == START - timedelta(minutes=30)
    assert page["results"][0]["actor_label"] == "Bram"
    assert page["next"]
    rest = bram.get(page["next"].replace("http://127.0.0.1:8000", "")).json()
    assert rest["results"]


def test_a_deed_sent_twice_with_one_key_is_done_once(
    bram: Caller, shop: Lead, declared: str, inside: Inside
) -> None:
    path = f"incidents/{declared}/note/"
    first = bram.call("POST", path, {"text": "once"}, **{"Idempotency-Key": "n1"})
    again = bram.call("POST", path, {"text": "once"}, **{"Idempotency-Key": "n1"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert "Idempotent-Replay" not in first
    assert again["Idempotent-Replay"] == "true"
    with inside():
        assert TimelineEntry.objects.filter(text="once").count() == 1
    refused = bram.call("POST", path, {"text": ""}, **{"Idempotency-Key": "n2"})
    mended = bram.call("POST", path, {"text": "mended"}, **{"Idempotency-Key": "n2"})
    assert (refused.status_code, mended.status_code) == (400, 200)
    assert "Idempotent-Replay" not in mended
    assert bram.call("POST", path, {"text": "x"}, **{"Idempotency-Key": "x" * 300}).status_code == 400
