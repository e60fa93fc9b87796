"""Opsgenie's alert API: what is stored and answered, and what comes of it."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.operations import ingest
from incidents.operations.sources import create_source
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, pages

pytestmark = pytest.mark.django_db


class Genie:
    """A client of Opsgenie's, with the key of a shop's source."""

    def __init__(self, shop: Shop, key: str = "") -> None:
        self.shop, self.key = shop, key or shop.key
        self.client = Client(SERVER_NAME="localhost")

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        answer = self.client.generic(
            method,
            path,
            data,
            content_type="application/json",
            headers={"authorization": f"GenieKey {self.key}"},
        )
        assert answer.status_code == status, answer.content
        said = answer.json()
        assert said["requestId"] == answer["X-Request-ID"]
        assert 0 <= said["took"] < 5
        return said

    def create(self, **members: Any) -> Any:
        """Creates, lets it be worked, and returns what came of it."""
        said = self.ask("POST", "/v2/alerts", {"message": "disk full", "priority": "P1"} | members, 202)
        self.shop.run()
        return self.status_of(said)

    def status_of(self, said: Any) -> Any:
        return self.ask("GET", f"/v2/alerts/requests/{said['requestId']}")["data"]

    def do(self, verb: str, identifier: str, by: str = "id", **body: Any) -> Any:
        said = self.ask("POST", f"/v2/alerts/{identifier}/{verb}?identifierType={by}", body, 202)
        self.shop.run()
        return self.status_of(said)


@pytest.fixture
def shop(moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


@pytest.fixture
def genie(shop: Shop) -> Genie:
    return Genie(shop)


class TestCreate:
    def test_it_is_accepted_in_opsgenies_words_and_pages(self, genie: Genie, shop: Shop) -> None:
        said = genie.ask("POST", "/v2/alerts", {"message": "disk full", "priority": "P1"}, 202)
        assert said["result"] == "Request will be processed"
        shop.run()
        assert shop.incident().severity_word == "SEV1?"
        assert len(pages()) == 1

    @pytest.mark.parametrize("path", ["/v2/alerts", "/v2/alerts/"])
    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
    def test_with_and_without_a_slash_json_whatever_the_content_type(
        self, genie: Genie, shop: Shop, path: str, content_type: str
    ) -> None:
        headers = {"authorization": f"geniekey  {genie.key}"}
        body = b'{"message": "disk full"}'
        answer = genie.client.post(path, body, content_type=content_type, headers=headers)
        assert (answer.status_code, len(shop.posts())) == (202, 1)

    def test_it_takes_one_statement(self, genie: Genie) -> None:
        with CaptureQueriesContext(connection) as captured:
            genie.ask("POST", "/v2/alerts", {"message": "x"}, 202)
        stored = [query["sql"] for query in captured if "set_config('app.tenant_id', ''" not in query["sql"]]
        assert ["INSERT INTO incidents_inboundevent" in sql for sql in stored] == [True]

    def test_all_that_it_says_is_kept(self, genie: Genie, shop: Shop) -> None:
        genie.create(
            alias="db-1/disk",
            description="97 % of /var",
            tags=["db", "db", "night", 7],
            details={"mount": "/var", "runbook_url": "https://runbooks.test/disk"},
            entity="db-1",
            source="https://monitor.test/alerts",
            priority="P2",
        )
        [alert] = shop.alerts()
        assert (alert.title, alert.dedup_key, alert.summary) == ("disk full", "db-1/disk", "97 % of /var")
        assert (alert.severity, alert.tags) == ("error", ["db", "night", "7"])
        assert alert.labels == {
            "entity": "db-1",
            "source": "https://monitor.test/alerts",
            "mount": "/var",
            "runbook_url": "https://runbooks.test/disk",
        }
        assert alert.runbook_url == "https://runbooks.test/disk"
        assert alert.dashboard_url == "https://monitor.test/alerts"

    @pytest.mark.parametrize(
        ("priority", "severity"),
        [("P1", "critical"), ("P2", "error"), ("P3", "warning"), ("P4", "info"), ("P5", "info")],
    )
    def test_priorities(self, genie: Genie, shop: Shop, priority: str, severity: str) -> None:
        genie.create(priority=priority)
        assert [alert.severity for alert in shop.alerts()] == [severity]

    def test_without_a_priority_it_is_p3(self, genie: Genie, shop: Shop) -> None:
        genie.create(priority=None)
        assert [alert.severity for alert in shop.alerts()] == ["warning"]

    def test_the_alias_is_the_key_and_without_one_each_is_its_own(self, genie: Genie, shop: Shop) -> None:
        first, again = genie.create(alias="a"), genie.create(alias=" a ")
        assert (first["alertId"], first["alias"]) == (again["alertId"], "a")
        assert [alert.count for alert in shop.alerts()] == [2]
        one, other = genie.create(), genie.create()
        assert one["alertId"] != other["alertId"]
        assert genie.do("close", one["alias"], "alias")["isSuccess"]

    @pytest.mark.parametrize("long", ["x" * 250, "x" * 255, "x" * 300, "ä/ö" * 170])
    def test_a_long_alias_is_itself_at_every_address(self, genie: Genie, long: str) -> None:
        made = genie.create(alias=long)
        assert made["alias"] == long
        found = genie.ask("GET", f"/v2/alerts/{long}?identifierType=alias")["data"]
        assert (found["id"], found["alias"]) == (made["alertId"], long)
        assert genie.do("close", long, "alias")["status"] == "Closed alert"

    def test_a_long_message_is_cut_in_the_answer_only(self, genie: Genie, shop: Shop) -> None:
        made = genie.create(message="m" * 400)
        assert shop.alerts()[0].title == "m" * 400
        assert genie.ask("GET", f"/v2/alerts/{made['alertId']}")["data"]["message"] == "m" * 130

    def test_without_a_message_it_pages_by_what_it_says(self, genie: Genie, shop: Shop) -> None:
        genie.create(message="", description="all is lost")
        genie.create(message=None, alias="the alias")
        genie.create(message=7)
        assert [alert.title for alert in shop.alerts()] == ["all is lost", "the alias", "7"]

    @pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'"text"', b'{"message": "x"', b"\xff\x00"])
    def test_what_cannot_be_read_is_kept_set_apart_and_pages(
        self, genie: Genie, shop: Shop, body: bytes
    ) -> None:
        said = genie.ask("POST", "/v2/alerts", body, 202)
        shop.run()
        assert shop.outcomes() == ["quarantined"]
        assert len(pages()) == 1
        assert genie.status_of(said)["isSuccess"]

    def test_too_deep_an_alert_can_still_be_closed_by_its_alias(self, genie: Genie, shop: Shop) -> None:
        deep: Any = "x"
        for _ in range(100):
            deep = {"d": deep}
        genie.ask("POST", "/v2/alerts", {"message": "m", "alias": "deep", "details": deep}, 202)
        shop.run()
        assert shop.outcomes() == ["quarantined"]
        assert genie.do("close", "deep", "alias")["isSuccess"]


class TestStatus:
    def test_it_is_not_found_until_it_is_worked(self, genie: Genie, shop: Shop) -> None:
        said = genie.ask("POST", "/v2/alerts", {"message": "x", "alias": "a"}, 202)
        waiting = genie.ask("GET", f"/v2/alerts/requests/{said['requestId']}", status=404)
        assert waiting["message"] == "Request not found. It might not be processed, yet."
        shop.run()
        data = genie.status_of(said)
        assert data == {
            "success": True,
            "isSuccess": True,
            "action": "Create",
            "status": "Created alert",
            "processedAt": "2026-11-23T10:00:00.000Z",
            "integrationId": data["integrationId"],
            "alertId": shop.alerts()[0].uid,
            "alias": "a",
        }

    def test_what_nobody_asked_for(self, genie: Genie) -> None:
        for request in (uuid4(), "nonsense", "0" * 400):
            genie.ask("GET", f"/v2/alerts/requests/{request}", status=404)

    def test_an_action_on_an_alert_that_is_not_there(self, genie: Genie) -> None:
        for by in ("id", "alias", "tiny"):
            data = genie.do("close", "AAAAAAAAAAAA", by)
            assert (data["isSuccess"], data["status"]) == (False, "Alert does not exist")
            assert (data["alertId"], data["alias"], data["action"]) == ("", "", "Close")


class TestDeeds:
    @pytest.mark.parametrize("by", ["id", "tiny", "alias"])
    def test_acknowledge_quiets_and_close_ends(self, genie: Genie, shop: Shop, by: str) -> None:
        made = genie.create(alias="a/b c")
        name = made["alias" if by == "alias" else "alertId"]
        assert genie.do("acknowledge", name, by)["status"] == "Acknowledged alert"
        assert genie.ask("GET", f"/v2/alerts/{name}?identifierType={by}")["data"]["acknowledged"] is True
        assert genie.do("close", name, by, source="cron")["alertId"] == made["alertId"]
        data = genie.ask("GET", f"/v2/alerts/{name}/?identifierType={by}")["data"]
        assert (data["status"], data["acknowledged"]) == ("closed", False)
        shop.run_for(minutes=10)
        assert shop.incident().phase == "cancelled"

    def test_a_close_behind_its_create_finds_it(self, genie: Genie, shop: Shop) -> None:
        genie.ask("POST", "/v2/alerts", {"message": "x", "alias": "a"}, 202)
        genie.ask("POST", "/v2/alerts/a/close?identifierType=alias", {}, 202)
        shop.run()
        assert [alert.status for alert in shop.alerts()] == ["resolved"]

    def test_the_id_of_what_is_over_does_not_close_what_fires_now(self, genie: Genie, shop: Shop) -> None:
        old = genie.create(alias="a")
        genie.do("close", old["alertId"])
        shop.clock.move(minutes=1)
        genie.create(alias="a")
        assert not genie.do("close", old["alertId"])["isSuccess"]
        assert [alert.status for alert in shop.alerts()] == ["resolved", "triggered"]

    def test_a_note_stands_on_the_record(self, genie: Genie, shop: Shop) -> None:
        made = genie.create()
        assert genie.do("notes", made["alertId"], note="looking at it")["status"] == "Added note to alert"
        assert genie.do("close", made["alertId"], note="it was the cable")["isSuccess"]
        said = [text for _kind, text in shop.timeline()]
        for words in ("looking at it", "it was the cable"):
            assert sum(words in text for text in said) == 1, said

    def test_a_body_that_cannot_be_read_stops_no_close(self, genie: Genie, shop: Shop) -> None:
        genie.create(alias="a")
        for body in (b"", b"not json", b"[1]"):
            genie.ask("POST", "/v2/alerts/a/acknowledge?identifierType=alias", body, 202)
        genie.ask("POST", "/v2/alerts/a/close?identifierType=alias", b"\xff", 202)
        shop.run()
        assert [alert.status for alert in shop.alerts()] == ["resolved"]
        assert "quarantined" not in shop.outcomes()

    @pytest.mark.parametrize(
        "verb", ["unacknowledge", "snooze", "assign", "escalate", "tags", "details", "actions/restart"]
    )
    def test_what_is_not_offered_says_so(self, genie: Genie, shop: Shop, verb: str) -> None:
        made = genie.create()
        said = genie.ask("POST", f"/v2/alerts/{made['alertId']}/{verb}", {}, 422)
        assert "not offered" in said["message"]
        assert len(shop.posts()) == 1

    def test_an_alert_is_not_deleted(self, genie: Genie) -> None:
        said = genie.ask("DELETE", f"/v2/alerts/{genie.create()['alertId']}", status=422)
        assert "Close it" in said["message"]

    @pytest.mark.parametrize("verb", ["message", "description"])
    def test_new_words_are_accepted_and_kept_raw(self, genie: Genie, shop: Shop, verb: str) -> None:
        """Alertmanager sends them with update_alerts, and gives up on the rest where it gets no 2xx."""
        genie.create(alias="a")
        said = genie.ask("PUT", f"/v2/alerts/a/{verb}?identifierType=alias", {verb: "new"}, 202)
        shop.run()
        assert shop.outcomes() == ["processed", "dropped"]
        assert genie.status_of(said)["status"] == "Alerts keep the words they came with."


class TestGet:
    def test_an_alert_has_the_members_of_opsgenies(self, genie: Genie, shop: Shop) -> None:
        made = genie.create(
            alias="a",
            details={"k": "v"},
            entity="db-1",
            source="me",
            tags=["t"],
            description="d",
            priority="P4",
        )
        data = genie.ask("GET", f"/v2/alerts/{made['alertId'].lower()}")["data"]
        with shop.scope():
            source = shop.alerts()[0].source
        assert data == {
            "id": made["alertId"],
            "tinyId": made["alertId"],
            "alias": "a",
            "message": "disk full",
            "status": "open",
            "acknowledged": False,
            "isSeen": False,
            "tags": ["t"],
            "snoozed": False,
            "count": 1,
            "lastOccurredAt": "2026-11-23T10:00:00.000Z",
            "createdAt": "2026-11-23T10:00:00.000Z",
            "updatedAt": "2026-11-23T10:00:00.000Z",
            "source": "me",
            "owner": "",
            "priority": "P4",
            "responders": [],
            "integration": {"id": source.uid, "name": source.name, "type": "API"},
            "report": {},
            "actions": [],
            "entity": "db-1",
            "description": "d",
            "details": {"k": "v"},
        }

    def test_what_came_by_another_door_of_the_source_is_there_too(self, genie: Genie, shop: Shop) -> None:
        shop.send("trigger", "pd-1")
        data = genie.ask("GET", "/v2/alerts/pd-1?identifierType=alias")["data"]
        assert (data["message"], data["alias"], data["priority"]) == ("disk full", "pd-1", "P1")

    def test_a_missing_one(self, genie: Genie) -> None:
        for name in ("AAAAAAAAAAAA", "x" * 2_000, "a%00b", "ä%0A"):
            for by in ("id", "alias", "tiny"):
                assert (
                    "not found"
                    in genie.ask("GET", f"/v2/alerts/{name}?identifierType={by}", status=404)["message"]
                )

    def test_an_identifier_of_no_kind(self, genie: Genie) -> None:
        genie.ask("GET", "/v2/alerts/x?identifierType=name", status=422)

    def test_the_list_by_query_and_page(self, genie: Genie, shop: Shop) -> None:
        for number in range(5):
            genie.create(alias=f"a{number}", tags=["even" if number % 2 == 0 else "odd"])
        genie.do("close", "a0", "alias")

        def aliases(query: str) -> list[str]:
            return [one["alias"] for one in genie.ask("GET", f"/v2/alerts?{query}")["data"]]

        assert aliases("") == ["a4", "a3", "a2", "a1", "a0"]
        assert aliases("order=asc&limit=2") == ["a0", "a1"]
        assert aliases("query=status%3Aopen%20AND%20tag%3A%20even") == ["a4", "a2"]
        assert aliases("query=status: closed") == ["a0"]
        assert aliases("query=alias=a3") == ["a3"]
        assert aliases('query="disk full" status:open&limit=1') == ["a4"]
        assert genie.ask("GET", "/v2/alerts/count?query=status:open")["data"] == {"count": 4}
        page = genie.ask("GET", "/v2/alerts?limit=2")["paging"]
        seen = [page]
        while "next" in page:
            page = genie.ask("GET", page["next"].removeprefix(settings.BASE_URL))["paging"]
            seen.append(page)
        assert len(seen) == 3
        assert set(page) == {"first", "prev"}

    @pytest.mark.parametrize(
        "query", ["query=createdAt>5", "query=a OR b", "query=(status:open)", "query=status:odd", "limit=x"]
    )
    def test_a_query_that_is_not_understood_says_so(self, genie: Genie, query: str) -> None:
        genie.ask("GET", f"/v2/alerts?{query}", status=422)


class TestRefused:
    @pytest.mark.parametrize("header", ["", "GenieKey", "GenieKey nosuchkey", "Bearer x", "Basic eDp5"])
    def test_without_a_key_nothing_is_stored_or_shown(self, shop: Shop, header: str) -> None:
        client = Client(SERVER_NAME="localhost")
        for method, path in (
            ("POST", "/v2/alerts"),
            ("GET", "/v2/alerts"),
            ("GET", "/v2/alerts/count"),
            ("GET", "/v2/alerts/x"),
            ("DELETE", "/v2/alerts/x"),
            ("POST", "/v2/alerts/x/close"),
            ("POST", "/v2/alerts/x/snooze"),
            ("GET", f"/v2/alerts/requests/{uuid4()}"),
        ):
            answer = client.generic(method, path, b"{}", headers={"authorization": header})
            assert (answer.status_code, sorted(answer.json())) == (401, ["message", "requestId", "took"])
        assert shop.posts() == []

    def test_other_methods_and_addresses_answer_json_and_never_redirect(self, genie: Genie) -> None:
        genie.ask("PUT", "/v2/alerts", {}, 405)
        genie.ask("POST", "/v2/alerts/requests/x", {}, 405)
        genie.ask("POST", "/v2/alerts/x", {}, 405)
        genie.ask("POST", "/v2/alerts/x/nosuchdeed", {}, 405)

    def test_too_large_is_413(self, genie: Genie) -> None:
        genie.ask("POST", "/v2/alerts", b"x" * 524_289, 413)

    def test_where_nothing_can_be_stored_it_is_429_and_try_again(
        self, genie: Genie, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*args: Any, **kwargs: Any) -> None:
            raise OperationalError("the connection is closed")

        monkeypatch.setattr(ingest, "through_door", away)
        answer = genie.client.post(
            "/v2/alerts", b"{}", content_type="x/y", headers={"authorization": f"GenieKey {genie.key}"}
        )
        assert (answer.status_code, answer["Retry-After"]) == (429, "10")
        assert sorted(answer.json()) == ["message", "requestId", "took"]


class TestOutsiders:
    def made(self, shop: Shop, moved: MovedClock) -> tuple[Any, list[Genie]]:
        """An alert of the shop, and two who may not see it: another source of it, another tenant."""
        made = Genie(shop).create(alias="secret-alias", message="secret words")
        with tenant_scope(shop.made.tenant.pk):
            _source, second = create_source(name="Second", service=None, actor=ENGINE, now=moved.now())
        other = Shop(moved, "rival")
        return made, [Genie(shop, second), Genie(other)]

    def test_a_key_sees_and_touches_only_its_own_source(self, shop: Shop, moved_clock: MovedClock) -> None:
        asked = Genie(shop).ask("POST", "/v2/alerts", {"message": "secret words"}, 202)["requestId"]
        made, outsiders = self.made(shop, moved_clock)
        for outsider in outsiders:
            for name, by in ((made["alertId"], "id"), (made["alertId"], "tiny"), ("secret-alias", "alias")):
                genie_sees_nothing(outsider, name, by)
                for verb in ("close", "acknowledge", "notes"):
                    assert not outsider.do(verb, name, by, note="x")["isSuccess"]
            outsider.ask("GET", f"/v2/alerts/requests/{asked}", status=404)
            assert outsider.ask("GET", "/v2/alerts")["data"] == []
            assert outsider.ask("GET", "/v2/alerts/count")["data"] == {"count": 0}
        assert {alert.status for alert in shop.alerts()} == {"triggered"}

    def test_an_alert_on_a_private_incident_answers_its_source_and_says_nothing_of_it(
        self, shop: Shop, genie: Genie
    ) -> None:
        made = genie.create(alias="a")
        with shop.scope(), acting(ENGINE, now=shop.clock.now()):
            incident = shop.incident()
            incident.private, incident.summary = True, "Fraud by Frits"
            incident.save()
        data = genie.ask("GET", f"/v2/alerts/{made['alertId']}")
        assert data["data"]["status"] == "open"
        assert genie.do("close", made["alertId"])["isSuccess"]
        seen = json.dumps([data, genie.ask("GET", "/v2/alerts")])
        for word in ("Frits", incident.key, incident.uid, "olga"):
            assert word not in seen


def genie_sees_nothing(outsider: Genie, name: str, by: str) -> None:
    """Byte for byte as where nothing of that name exists, but for the id and time of the answer."""
    nobody = "BBBBBBBBBBBB" if by != "alias" else "nobody-alias"
    theirs = outsider.ask("GET", f"/v2/alerts/{name}?identifierType={by}", status=404)
    missing = outsider.ask("GET", f"/v2/alerts/{nobody}?identifierType={by}", status=404)
    assert theirs["message"] == missing["message"]
    assert sorted(theirs) == sorted(missing)
