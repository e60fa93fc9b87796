"""What no person would type is refused or cleaned, and never makes an incident unreadable."""

import pytest
from django.test import Client

from incidents.models import TimelineEntry
from tests.incidents.leading import Lead

BEFORE_TIME = "0001-01-01T00:00:00+14:00"


@pytest.fixture
def client(lead: Lead) -> Client:
    lead.declare()
    browser = Client(SERVER_NAME="localhost", raise_request_exception=False)
    browser.force_login(lead.people["bram"].user)
    return browser


@pytest.mark.parametrize("moment", [BEFORE_TIME, "9999-12-31T23:59:59-14:00"])
def test_a_moment_no_clock_knows_is_refused_and_the_room_stays(client: Client, moment: str) -> None:
    api = "/t/acme/api/v1/incidents/INC-1"
    for path, body in (
        (f"{api}/impact_over", {"at": moment}),
        (f"{api}/observe", {"text": "x", "occurred_at": moment}),
    ):
        answer = client.post(path, body, content_type="application/json")
        assert answer.status_code == 400, (path, answer.content)
    assert client.post("/t/acme/i/1/do/impact_over", {"at": moment}).status_code == 422
    assert client.get("/t/acme/i/1").status_code == 200


def test_a_nul_is_left_out(client: Client) -> None:
    answer = client.post("/t/acme/i/1/do/note", {"text": "a\0b", "once": "c\0d"})
    assert answer.status_code == 303
    assert TimelineEntry.objects.filter(kind="note").get().text == "ab"
    saved = client.post("/t/acme/i/1/postmortem", {"do": "save", "body": "a\0b", "version": "new"})
    assert saved.status_code == 303
