"""Who may what with incidents over the API; private ones are missing outside their circle."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from incidents.models import Incident, TimelineEntry
from tests.api.conftest import Caller, act
from tests.incidents.leading import Lead
from tests.people import World

Build = Callable[..., Caller]
Inside = Callable[[], AbstractContextManager[None]]


DEEDS = {
    "acknowledge": {},
    "confirm": {},
    "severity": {"severity": "{sev}"},
    "channel": {"kind": "chat", "place": "#x"},
    "role": {"role": "{role}", "member": "{member}"},
    "call_in": {"people": ["{member}"]},
    "note": {"text": "x"},
    "answer": {"question": "reach", "choices": ["all"]},
    "ask": {"question": "reach", "member": "{member}"},
    "summary": {"summary": "x"},
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


def test_who_was_called_in_writes_the_postmortem_and_does_not_publish_it(
    as_member: Build, bram: Caller, shop: Lead, declared: str
) -> None:
    vera = as_member("vera")
    act(bram, declared, "call_in", people=[shop.people["vera"].uid])
    assert act(vera, declared, "write_postmortem", body="x", version="new").status_code == 200
    for verb in ("publish_postmortem", "reopen_postmortem"):
        answer = act(vera, declared, verb)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")


@pytest.mark.parametrize("role", ["tech_lead", "comms"])
def test_a_role_in_the_incident_lends_what_publishing_needs(
    as_member: Build, bram: Caller, shop: Lead, declared: str, role: str
) -> None:
    act(bram, declared, "role", role=shop.roles[role].uid, member=shop.people["vera"].uid)
    vera = as_member("vera")
    act(vera, declared, "write_postmortem", body="x", version="new")
    assert act(vera, declared, "publish_postmortem").json()["error"]["code"] != "not_allowed"
    assert act(vera, declared, "reopen_postmortem").status_code == 200


def test_who_leads_the_investigation_adds_what_it_shows(
    as_member: Build, bram: Caller, shop: Lead, declared: str
) -> None:
    act(bram, declared, "role", role=shop.roles["tech_lead"].uid, member=shop.people["vera"].uid)
    body = {"url": "https://graphs.acme.test/pay"}
    assert as_member("vera").post(f"incidents/{declared}/links", body).status_code in {200, 201}


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
