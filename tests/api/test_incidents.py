"""Incidents over the API: declared, read, led and ended, by people and by keys."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest

from incidents.models import Incident, TimelineEntry
from tests.api.conftest import Caller
from tests.conftest import START, MovedClock
from tests.incidents.leading import Lead
from tests.people import World

Build = Callable[..., Caller]
Inside = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def bram(as_member: Build, shop: Lead) -> Caller:
    return as_member("bram")


@pytest.fixture
def declared(bram: Caller, shop: Lead) -> str:
    """The key of an incident that Bram declared."""
    answer = bram.post("incidents/", {"summary": "Payments fail", "service": shop.checkout.uid})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["key"])


def act(caller: Caller, key: str, verb: str, **body: Any) -> Any:
    return caller.post(f"incidents/{key}/{verb}/", body)


# --- declaring ----------------------------------------------------------------------------------------------
def test_one_line_declares_an_incident(bram: Caller, shop: Lead) -> None:
    answer = bram.post("incidents/", {"summary": "  Payments   fail "})
    said = answer.json()
    assert answer.status_code == 201
    assert said["key"] == "INC-1"
    assert said["summary"] == "Payments fail"
    assert (said["status"], said["phase"]) == ("open", "detected")
    assert said["next_action"]["code"]
    assert [step["number"] for step in said["steps"]] == [1, 2, 3, 4, 5, 6, 7]
    assert said["facts"]["managers"] == 0


def test_everything_that_can_be_said_with_it(bram: Caller, shop: Lead, moved_clock: MovedClock) -> None:
    said = {
        "summary": "Payments fail",
        "service": shop.checkout.uid,
        "severity": shop.sev[1].uid,
        "severity_provisional": False,
        "found_by": "customer",
        "found_via": "phone",
        "started_at": (moved_clock.now() - timedelta(minutes=9)).isoformat(),
    }
    got = bram.post("incidents/", said).json()
    assert got["service"] == {"uid": shop.checkout.uid, "name": "Checkout"}
    assert got["severity"]["word"] == "SEV1"
    assert not got["severity_provisional"]
    assert (got["found_by"], got["found_via"]) == ("customer", "phone")
    assert got["confirmed_at"] is not None
    assert {call["label"] for call in got["calls"]} >= {"Checkout"}


def test_the_same_idempotency_key_declares_once(
    bram: Caller, as_member: Build, shop: Lead, inside: Inside
) -> None:
    first = bram.call("POST", "incidents/", {"summary": "A"}, **{"Idempotency-Key": "7"})
    again = bram.call("POST", "incidents/", {"summary": "A"}, **{"Idempotency-Key": "7"})
    other = as_member("marc").call("POST", "incidents/", {"summary": "B"}, **{"Idempotency-Key": "7"})
    assert first.json()["key"] == again.json()["key"]
    assert other.json()["key"] != first.json()["key"], "two callers that count from 1 are two callers"
    with inside():
        assert Incident.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "summary"),
        ({"summary": ""}, "summary"),
        ({"summary": "x" * 301}, "summary"),
        ({"summary": "x", "found_by": "a bird"}, "found_by"),
        ({"summary": "x", "service": "AAAAAAAAAAAA"}, "service"),
        ({"summary": "x", "service": 7}, "service"),
        ({"summary": "x", "service": {"uid": "y"}}, "service"),
        ({"summary": "x", "started_at": "2030-01-01T00:00:00Z"}, "started_at"),
        ({"summary": "x\0"}, None),
    ],
)
def test_what_is_wrong_is_said_by_field(bram: Caller, shop: Lead, body: Any, field: str | None) -> None:
    answer = bram.post("incidents/", body)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["message"]
    if field:
        assert error["code"] == "invalid"
        assert list(error["fields"]) == [field]
        assert all(isinstance(word, str) for word in error["fields"][field])


def test_a_viewer_may_declare_and_a_read_key_may_not(
    as_member: Build, with_key: Build, shop: Lead, inside: Inside
) -> None:
    assert as_member("vera").post("incidents/", {"summary": "x"}).status_code == 201
    refused = with_key("read").post("incidents/", {"summary": "y"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    with inside():
        assert Incident.objects.count() == 1


# --- reading ------------------------------------------------------------------------------------------------
def test_an_incident_is_found_by_its_key(bram: Caller, declared: str) -> None:
    assert bram.get(f"incidents/{declared}/").json()["key"] == declared
    assert bram.get(f"incidents/{declared.lower()}").json()["key"] == declared
    for nonsense in ("INC-2", "INC-0", "INC-01", "INC-", "1", "INC-1x", "INC-99999999999", "inc", "INC-¹"):
        answer = bram.get(f"incidents/{nonsense}/")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), nonsense


def test_the_list_is_newest_first_and_pages_by_cursor(bram: Caller, shop: Lead) -> None:
    for number in range(5):
        bram.post("incidents/", {"summary": f"number {number}"})
    seen, address = [], "incidents/?limit=2"
    while address:
        page = bram.get(address.replace("http://127.0.0.1:8000", "")).json()
        seen += [row["key"] for row in page["results"]]
        address = page["next"]
    assert seen == ["INC-5", "INC-4", "INC-3", "INC-2", "INC-1"]


def test_a_cursor_tells_nothing_and_cannot_be_made_up(bram: Caller, shop: Lead) -> None:
    for _ in range(3):
        bram.post("incidents/", {"summary": "x"})
    page = bram.get("incidents/?limit=1").json()
    cursor = page["next"].split("cursor=")[1].split("&")[0]
    assert "INC" not in cursor
    bent = cursor[:-8] + "AAAAAAAA"
    for wrong in (bent, "cD0z", "%00", "x" * 500):
        answer = bram.get(f"incidents/?cursor={wrong}")
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["cursor"])


def test_filters(bram: Caller, shop: Lead, inside: Inside) -> None:
    one = bram.post("incidents/", {"summary": "one", "service": shop.checkout.uid}).json()["key"]
    two = bram.post("incidents/", {"summary": "two", "severity": shop.sev[2].uid}).json()["key"]
    act(bram, two, "cancel")

    def keys(query: str) -> list[str]:
        return [row["key"] for row in bram.get(f"incidents/?{query}").json()["results"]]

    assert keys("status=open") == [one]
    assert keys("status=cancelled") == [two]
    assert keys("status=open&status=cancelled") == [two, one]
    assert keys("phase=cancelled") == [two]
    assert keys(f"service={shop.checkout.uid}") == [one]
    assert keys("service=AAAAAAAAAAAA") == []
    assert keys(f"severity={shop.sev[2].uid}") == [two]
    assert keys("declared_before=2020-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query", ["statos=open", "status=nonsense", "ordering=-id", "id=1", "tenant=1", "q=x"]
)
def test_a_filter_that_is_not_there_is_an_error(bram: Caller, shop: Lead, query: str) -> None:
    answer = bram.get(f"incidents/?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [query.split("=")[0]]


def test_a_list_costs_the_same_however_long(bram: Caller, shop: Lead, django_assert_num_queries: Any) -> None:
    def cost() -> int:
        with CaptureQueries() as queries:
            bram.get("incidents/")
        return len(queries)

    bram.post("incidents/", {"summary": "first", "service": shop.checkout.uid})
    one = cost()
    for number in range(7):
        key = bram.post("incidents/", {"summary": f"{number}", "service": shop.checkout.uid}).json()["key"]
        act(bram, key, "acknowledge")
    assert cost() == one


def test_a_detail_costs_the_same_however_much_happened(bram: Caller, shop: Lead, declared: str) -> None:
    def cost() -> int:
        with CaptureQueries() as queries:
            bram.get(f"incidents/{declared}/")
        return len(queries)

    act(bram, declared, "acknowledge")
    act(bram, declared, "call_in", people=[shop.people["marc"].uid])
    act(bram, declared, "channel", kind="chat", place="#payments")
    few = cost()
    act(bram, declared, "call_in", people=[shop.people["carla"].uid, shop.people["anna"].uid])
    act(bram, declared, "channel", kind="video", place="https://meet.example.org/x")
    for number in range(5):
        act(bram, declared, "note", text=f"note {number}")
    assert cost() == few


# --- leading ------------------------------------------------------------------------------------------------
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


def test_messages_are_drafted_published_and_listed(bram: Caller, shop: Lead, declared: str) -> None:
    assert act(bram, declared, "draft", audience="external", kind="start").status_code == 200
    draft = bram.get(f"incidents/{declared}/messages/").json()["results"][0]
    assert draft["published_at"] is None
    said = act(
        bram,
        declared,
        "messages",
        audience="external",
        kind="start",
        status="investigating",
        title="Payments are slow",
        body="We are looking into it.",
        components={shop.component.uid: "partial_outage"},
    )
    assert said.status_code == 200, said.content
    assert said.json()["first_external_at"] is not None
    published = bram.get(f"incidents/{declared}/messages/").json()["results"][0]
    assert (published["title"], published["written_by"]["name"]) == ("Payments are slow", "Bram")
    assert published["published_at"] is not None


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


# --- who may ------------------------------------------------------------------------------------------------
DEEDS = {
    "acknowledge": {},
    "confirm": {},
    "severity": {"severity": "{sev}"},
    "channel": {"kind": "chat", "place": "#x"},
    "role": {"role": "{role}", "member": "{member}"},
    "call_in": {"people": ["{member}"]},
    "note": {"text": "x"},
    "cancel": {},
    "messages": {"audience": "internal", "kind": "start", "title": "x", "body": "y"},
}


@pytest.mark.parametrize("verb", DEEDS)
def test_a_viewer_and_a_read_key_change_nothing(
    verb: str, as_member: Build, with_key: Build, shop: Lead, declared: str, inside: Inside
) -> None:
    with inside():
        before = TimelineEntry.objects.count()
    for caller in (as_member("vera"), with_key("read")):
        answer = act(caller, declared, verb, **DEEDS[verb])
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
    with inside():
        assert TimelineEntry.objects.count() == before


@pytest.mark.parametrize("verb", DEEDS)
def test_an_outsider_finds_no_such_incident(
    verb: str, as_member: Build, with_key: Build, shop: Lead, declared: str, world: World
) -> None:
    """Olga of `other` under acme's prefix, and with a key of her own tenant."""
    assert act(as_member("olga", "acme"), declared, verb, **DEEDS[verb]).status_code == 404
    answer = act(with_key("admin", tenant=world.other.tenant), declared, verb, **DEEDS[verb])
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_communicator_tells_and_does_not_lead(as_member: Build, shop: Lead, declared: str) -> None:
    carla = as_member("carla")
    assert act(carla, declared, "cancel").status_code == 403
    assert act(carla, declared, "draft", audience="internal", kind="start").status_code == 200


def test_a_key_speaks_for_nobody_until_it_says_for_whom(with_key: Build, shop: Lead, declared: str) -> None:
    key = with_key("write")
    refused = act(key, declared, "acknowledge")
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, ["member"])
    said = act(key, declared, "acknowledge", member=shop.people["bram"].uid)
    assert said.json()["manager"]["name"] == "Bram"


def test_a_person_cannot_acknowledge_for_another(bram: Caller, shop: Lead, declared: str) -> None:
    answer = act(bram, declared, "acknowledge", member=shop.people["anna"].uid)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["member"])


def test_a_session_without_a_csrf_token_changes_nothing(as_member: Build, shop: Lead, declared: str) -> None:
    caller = as_member("bram")
    caller.client.handler.enforce_csrf_checks = True
    answer = act(caller, declared, "note", text="forged")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")


# --- private ------------------------------------------------------------------------------------------------
@pytest.fixture
def secret(bram: Caller, shop: Lead) -> str:
    answer = bram.post("incidents/", {"summary": "Break-in", "private": True, "service": shop.checkout.uid})
    return str(answer.json()["key"])


def test_a_private_incident_is_missing_outside_its_circle(
    as_member: Build, with_key: Build, bram: Caller, shop: Lead, secret: str
) -> None:
    assert bram.get(f"incidents/{secret}/").json()["summary"] == "Break-in"
    for caller in (as_member("vera"), as_member("marc"), with_key("admin"), with_key("write")):
        for path in (
            f"incidents/{secret}/",
            f"incidents/{secret}/timeline/",
            f"incidents/{secret}/messages/",
        ):
            there, nowhere = caller.get(path), caller.get(path.replace(secret, "INC-999"))
            assert (there.status_code, there.content) == (404, nowhere.content)
        assert act(caller, secret, "note", text="x").status_code in {403, 404}
        assert caller.get("incidents/").json()["results"] == []
        assert b"Break-in" not in caller.get("incidents/?private=true").content


def test_alerts_of_a_private_incident_are_its_circles(
    as_member: Build, with_key: Build, bram: Caller, shop: Lead, secret: str, inside: Inside
) -> None:
    with inside():
        alert = shop.alert_on(Incident.objects.get(), title="Door open")
    assert [row["title"] for row in bram.get("alerts/").json()["results"]] == ["Door open"]
    for caller in (as_member("vera"), with_key("admin")):
        assert caller.get("alerts/").json()["results"] == []
        assert caller.get(f"alerts/{alert.uid}/").status_code == 404


def test_nothing_is_merged_into_what_one_may_not_see(as_member: Build, shop: Lead, secret: str) -> None:
    marc = as_member("marc")
    own = marc.post("incidents/", {"summary": "mine"}).json()["key"]
    there, nowhere = act(marc, own, "merge", into=secret), act(marc, own, "merge", into="INC-999")
    assert (there.status_code, there.content) == (400, nowhere.content)


def test_a_key_cannot_declare_what_it_could_not_see(with_key: Build, shop: Lead) -> None:
    answer = with_key("write").post("incidents/", {"summary": "x", "private": True})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["private"])


class CaptureQueries:
    """`with CaptureQueries() as queries:` counts statements."""

    def __enter__(self) -> list[str]:
        from django.db import connection

        self.seen: list[str] = []
        self.wrapper = connection.execute_wrapper(self._see)
        self.wrapper.__enter__()
        return self.seen

    def _see(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.seen.append(sql)
        return execute(sql, params, many, context)

    def __exit__(self, *error: object) -> None:
        self.wrapper.__exit__(None, None, None)
