"""Posting alerts, up to the answer: what is stored, what is refused, in how many statements."""

import base64
import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.scoping import all_tenants, tenant_scope
from incidents.models import AlertSource, InboundEvent
from incidents.operations import ingest
from incidents.operations.sources import create_source, revoke_source, rotate_key
from tests.conftest import START, Bells, MovedClock
from tests.people import World

LIMIT = 524_288


def stored() -> list[InboundEvent]:
    with all_tenants("test"):
        return list(InboundEvent.objects.order_by("id"))


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, data, content_type="application/json", headers=headers)


class TestByPath:
    @pytest.mark.parametrize("format", ["alertmanager", "grafana", "json"])
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_the_bytes_are_stored_as_they_came(
        self, client: Client, key: str, source: Any, format: str, slash: str
    ) -> None:
        body = b'{"status": "firing", \xff\x00 not even json'
        answer = post(client, f"/ingest/{key}/{format}{slash}", body)
        assert (answer.status_code, answer.json()["status"]) == (202, "success")
        [event] = stored()
        assert (bytes(event.body), event.format, event.outcome) == (body, format, "pending")
        assert (event.source_id, event.tenant_id) == (source[0].pk, source[0].tenant_id)
        assert event.received_at == START

    def test_the_bell_rings_after_the_commit(
        self, client: Client, key: str, bells: Bells, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            post(client, f"/ingest/{key}/json", {})
            assert bells == []
        assert bells == ["incidents.inbound"]

    def test_an_unknown_key_is_a_missing_page_and_stores_nothing(self, client: Client, key: str) -> None:
        answer = post(client, "/ingest/nosuchkey/json", {})
        assert answer.status_code == 404
        assert stored() == []

    def test_a_revoked_key_is_an_unknown_one(self, client: Client, source: Any, world: World) -> None:
        unknown = post(client, "/ingest/nosuchkey/json", {})
        with tenant_scope(world.acme.tenant.pk):
            revoke_source(source=source[0], actor=ENGINE, now=START)
        revoked = post(client, f"/ingest/{source[1]}/json", {})
        assert (revoked.status_code, revoked.content) == (unknown.status_code, unknown.content)
        assert dict(revoked.items()) == dict(unknown.items())
        assert stored() == []

    def test_an_outsiders_key_stores_in_the_outsiders_tenant(
        self, client: Client, key: str, world: World
    ) -> None:
        with tenant_scope(world.other.tenant.pk):
            _, others = create_source(name="Prometheus", service=None, actor=ENGINE, now=START)
        post(client, f"/ingest/{others}/json", {})
        [event] = stored()
        assert event.tenant_id == world.other.tenant.pk

    def test_an_api_key_is_no_alert_key(self, client: Client, world: World) -> None:
        from config.tenancy.doors import add_door
        from config.tenancy.models import DoorKind

        add_door(DoorKind.API_KEY, "an-api-key", tenant_id=world.acme.tenant.pk, row_id=1)
        assert post(client, "/ingest/an-api-key/json", {}).status_code == 404

    def test_it_takes_one_statement(self, client: Client, key: str) -> None:
        with CaptureQueriesContext(connection) as captured:
            post(client, f"/ingest/{key}/json", {})
        one, left = [query["sql"] for query in captured]
        assert "INSERT INTO incidents_inboundevent" in one
        # Only within a test's transaction, where the door's setting would last.
        assert left.startswith("SELECT set_config('app.tenant_id', ''")

    def test_neither_a_session_nor_a_cookie_nor_a_redirect(self, client: Client, key: str) -> None:
        client.handler.enforce_csrf_checks = True
        answer = post(client, f"/ingest/{key}/json", {})
        assert answer.status_code == 202
        assert not answer.cookies
        assert int(answer["Content-Length"]) == len(answer.content)

    def test_grafana_may_put(self, client: Client, key: str) -> None:
        assert client.put(f"/ingest/{key}/grafana", b"{}").status_code == 202
        assert client.put(f"/ingest/{key}/json", b"{}").status_code == 405
        assert [event.format for event in stored()] == ["grafana"]


class TestByHeader:
    def test_the_key_is_the_bearer_token_or_the_basic_password(self, client: Client, key: str) -> None:
        basic = base64.b64encode(f"muster:{key}".encode()).decode()
        for header in (f"Bearer {key}", f"bearer {key}", f"Basic {basic}"):
            assert (
                post(client, "/ingest/alertmanager", {"alerts": []}, authorization=header).status_code == 202
            )
        assert [event.format for event in stored()] == ["alertmanager"] * 3
        assert post(client, "/ingest/grafana", {}, authorization=f"Bearer {key}").status_code == 202
        assert stored()[-1].format == "grafana"

    @pytest.mark.parametrize(
        "header",
        ["", "Bearer", "Bearer nosuchkey", "Basic !!!", "Basic /w==", "Basic bm9zdWNo", "GenieKey x"],
    )
    def test_anything_else_is_refused(self, client: Client, key: str, header: str) -> None:
        answer = post(client, "/ingest/alertmanager", {"alerts": []}, authorization=header)
        assert answer.status_code == 401
        assert stored() == []


class TestEnqueue:
    def event(self, key: str, **members: Any) -> dict[str, Any]:
        payload = {"summary": "disk full", "source": "db-1", "severity": "critical"}
        event = {"routing_key": key, "event_action": "trigger", "dedup_key": "d1", "payload": payload}
        return {name: value for name, value in (event | members).items() if value is not None}

    @pytest.mark.parametrize("path", ["/v2/enqueue", "/v2/enqueue/"])
    def test_an_event_is_accepted_in_pagerdutys_words(self, client: Client, key: str, path: str) -> None:
        answer = post(client, path, self.event(key))
        assert answer.status_code == 202
        assert answer.json() == {"status": "success", "message": "Event processed", "dedup_key": "d1"}
        [event] = stored()
        assert (event.format, event.given_key) == ("pagerduty", "")

    def test_a_key_is_made_where_there_is_none_and_is_another_each_time(
        self, client: Client, key: str
    ) -> None:
        keys = [
            post(client, "/v2/enqueue", self.event(key, dedup_key=None)).json()["dedup_key"] for _ in "ab"
        ]
        assert keys == [event.given_key for event in stored()]
        assert keys[0] != keys[1]
        assert all(keys)

    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "x/y", ""])
    def test_it_is_json_whatever_the_content_type(self, client: Client, key: str, content_type: str) -> None:
        body = json.dumps(self.event(key)).encode()
        assert client.post("/v2/enqueue", body, content_type=content_type).status_code == 202

    @pytest.mark.parametrize(
        "members",
        [
            {"routing_key": None},
            {"routing_key": ""},
            {"routing_key": {"a": 1}},
            {"routing_key": "nosuchkey"},
            {"event_action": None},
            {"event_action": "explode"},
            {"event_action": "acknowledge", "dedup_key": None},
            {"event_action": "resolve", "dedup_key": ""},
        ],
    )
    def test_a_bad_envelope_is_a_400_and_stores_nothing(
        self, client: Client, key: str, members: dict[str, Any]
    ) -> None:
        answer = post(client, "/v2/enqueue", self.event(key, **members))
        assert answer.status_code == 400
        assert answer.json()["status"] == "invalid event"
        assert answer.json()["message"] == "Event object is invalid"
        assert all(isinstance(error, str) for error in answer.json()["errors"])
        assert len(answer.json()["errors"]) >= 1
        assert stored() == []

    @pytest.mark.parametrize(
        "body", [b"", b"not json", b"[]", b'"text"', b"null", b'{"routing_key": "a"', b"\xff"]
    )
    def test_what_is_no_json_object_is_a_400(self, client: Client, key: str, body: bytes) -> None:
        answer = post(client, "/v2/enqueue", body)
        assert (answer.status_code, sorted(answer.json())) == (400, ["errors", "message", "status"])

    @pytest.mark.parametrize(
        "payload", [None, 7, [], {"summary": None}, {"severity": "purple"}, {"summary": "x" * 2000}]
    )
    def test_what_is_wrong_inside_the_payload_is_accepted(
        self, client: Client, key: str, payload: Any
    ) -> None:
        assert post(client, "/v2/enqueue", self.event(key, payload=payload)).status_code == 202
        assert len(stored()) == 1

    def test_the_key_is_not_kept_in_the_clear(self, client: Client, key: str) -> None:
        post(client, "/v2/enqueue", self.event(key))
        assert key.encode() not in bytes(stored()[0].body)
        assert b"disk full" in bytes(stored()[0].body)

    def test_nor_is_one_written_in_escapes(self, client: Client, key: str) -> None:
        wholly = "".join(f"\\u{ord(letter):04X}" for letter in key)
        partly = f"\\u{ord(key[0]):04x}{key[1:]}"
        for written in (wholly, partly):
            body = json.dumps(self.event("KEY", summary=key)).replace("KEY", written).encode()
            assert post(client, "/v2/enqueue", body).status_code == 202
        for event in stored():
            kept = bytes(event.body)
            assert key.encode() not in json.dumps(json.loads(kept)).encode()
            assert b"disk full" in kept

    def test_a_note_is_no_action_of_pagerdutys(self, client: Client, key: str) -> None:
        assert post(client, "/v2/enqueue", self.event(key, event_action="note")).status_code == 400

    def test_the_authorization_header_is_ignored(self, client: Client, key: str) -> None:
        for header in ("Token token=abc", "Bearer x", "Basic !!!"):
            answer = post(client, "/v2/enqueue", self.event(key), authorization=header)
            assert answer.status_code == 202

    def test_version_1_is_understood(self, client: Client, key: str) -> None:
        event = {"service_key": key, "event_type": "trigger", "description": "disk full"}
        answer = post(client, "/generic/2010-04-15/create_event.json", event | {"incident_key": "d"})
        assert (answer.status_code, answer.json()["incident_key"]) == (200, "d")
        made = post(client, "/generic/2010-04-15/create_event.json", event).json()["incident_key"]
        assert [event.given_key for event in stored()] == ["", made]
        assert {event.format for event in stored()} == {"pagerduty-v1"}
        for wrong in ({"service_key": "nosuchkey"}, {"event_type": "resolve"}, {"event_type": "note"}):
            answer = post(client, "/generic/2010-04-15/create_event.json", event | wrong)
            assert (answer.status_code, sorted(answer.json())) == (400, ["errors", "message", "status"])
        assert len(stored()) == 2

    def test_a_ruleset_key_takes_no_changes(self, client: Client, key: str) -> None:
        event = {"routing_key": "R" + "x" * 31, "payload": {"summary": "deployed"}}
        answer = post(client, "/v2/change/enqueue", event)
        assert (answer.status_code, "ruleset" in answer.json()["errors"][0]) == (400, True)

    def test_a_change_event_is_kept(self, client: Client, key: str) -> None:
        event = {"routing_key": key, "payload": {"summary": "deployed 4.2"}}
        assert post(client, "/v2/change/enqueue", event).status_code == 202
        assert [event.format for event in stored()] == ["change"]
        assert post(client, "/v2/change/enqueue", {"payload": {}}).status_code == 400
        assert post(client, "/v2/change/enqueue", {"routing_key": "nosuchkey"}).status_code == 400


class TestSize:
    def bodies(self, key: str) -> dict[str, bytes]:
        padding = b'{"routing_key": "%s", "event_action": "trigger", "x": "' % key.encode()
        return {"/v2/enqueue": padding, f"/ingest/{key}/json": padding}

    def test_the_largest_body_is_taken_and_one_byte_more_is_refused(self, client: Client, key: str) -> None:
        for path, start in self.bodies(key).items():
            fits = start + b"y" * (LIMIT - len(start) - 2) + b'"}'
            assert len(fits) == LIMIT
            assert post(client, path, fits).status_code == 202
            answer = post(client, path, fits + b" ")
            assert answer.status_code == 413
            assert sorted(answer.json()) == ["errors", "message", "status"]
        assert len(stored()) == 2

    def test_a_body_without_a_length_is_bounded_too(self, client: Client, key: str) -> None:
        from io import BytesIO

        from django.core.handlers.wsgi import WSGIRequest

        from incidents.views.ingest_body import TooLarge, read_body

        def chunked(size: int) -> WSGIRequest:
            stream = BytesIO(b"x" * size)
            extra = {"wsgi.input": stream, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
            return WSGIRequest({"REQUEST_METHOD": "POST", "PATH_INFO": "/", **extra})

        assert len(read_body(chunked(LIMIT))) == LIMIT
        with pytest.raises(TooLarge):
            read_body(chunked(LIMIT + 1))


class TestPoison:
    """A body made to break a parser is stored like any other; what it becomes is in test_poison_pages."""

    NUL_VALUE = b'{"title": "disk\\u0000full", "raw": "a\x00b"}'
    NUL_KEY = b'{"title": "T", "a\\u0000b": 1, "c\x00d": 2}'
    SURROGATE = b'{"title": "\\ud800 lone", "raw": "\xed\xa0\x80"}'
    DEEP = b'{"title": "T", "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    BODIES = [NUL_VALUE, NUL_KEY, SURROGATE, DEEP]

    @pytest.mark.parametrize("body", BODIES, ids=["NUL value", "NUL key", "surrogate", "deep"])
    def test_on_a_path_with_a_key_it_is_stored(self, client: Client, key: str, body: bytes) -> None:
        for format in ("alertmanager", "json"):
            assert post(client, f"/ingest/{key}/{format}", body).status_code == 202
        assert [bytes(event.body) for event in stored()] == [body, body]

    @pytest.mark.parametrize("body", BODIES, ids=["NUL value", "NUL key", "surrogate", "deep"])
    def test_in_a_payload_it_is_accepted(self, client: Client, key: str, body: bytes) -> None:
        envelope = b'"routing_key": "%s", "event_action": "trigger"' % key.encode()
        for event in (b'{%s, "payload": %s}' % (envelope, body), b'{"payload": %s, %s}' % (body, envelope)):
            answer = post(client, "/v2/enqueue", event)
            assert answer.status_code == 202
            assert answer.json()["dedup_key"]

    def test_in_the_dedup_key_it_is_accepted(self, client: Client, key: str) -> None:
        event = {"routing_key": key, "event_action": "trigger", "dedup_key": "a\0b\ud800"}
        assert post(client, "/v2/enqueue", event).status_code == 202

    @pytest.mark.parametrize(
        "body", [*BODIES, b'{"routing_key": "\\ud800\\u0000", "event_action": "trigger"}']
    )
    def test_without_a_key_it_is_refused_in_words(self, client: Client, key: str, body: bytes) -> None:
        assert post(client, "/v2/enqueue", body).status_code == 400
        assert post(client, "/ingest/no%00such/json", body).status_code == 404


class TestFaults:
    def test_without_a_database_it_is_a_503_that_says_when_to_come_again(
        self, client: Client, key: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def down(*args: Any, **kwargs: Any) -> None:
            raise OperationalError("the connection is closed")

        monkeypatch.setattr(ingest, "through_door", down)
        # PagerDuty's clients try again after a 429; Alertmanager's webhook gives up on any 4xx.
        for path, body, status in (
            (f"/ingest/{key}/json", {}, 503),
            (f"/ingest/{key}/alertmanager", {}, 503),
            (f"/ingest/{key}/grafana", {}, 503),
            ("/ingest/alertmanager", {}, 503),
            ("/v2/change/enqueue", {"routing_key": key}, 503),
            ("/generic/2010-04-15/create_event.json", {"service_key": key, "event_type": "trigger"}, 503),
            ("/v2/enqueue", {"routing_key": key, "event_action": "trigger"}, 429),
        ):
            answer = post(client, path, body)
            assert (path, answer.status_code) == (path, status)
            assert answer["Retry-After"]
            assert sorted(answer.json()) == ["errors", "message", "status"]


class TestKeys:
    def test_an_old_key_works_a_day_longer(
        self, client: Client, source: tuple[AlertSource, str], world: World, moved_clock: MovedClock
    ) -> None:
        with tenant_scope(world.acme.tenant.pk):
            new = rotate_key(source=source[0], actor=ENGINE, now=START)
            assert AlertSource.objects.get().key == new
        moved_clock.move(hours=23)
        assert [post(client, f"/ingest/{key}/json", {}).status_code for key in (source[1], new)] == [202, 202]
        moved_clock.move(hours=1)
        assert [post(client, f"/ingest/{key}/json", {}).status_code for key in (source[1], new)] == [404, 202]

    def test_a_key_has_32_characters_and_is_stored_encrypted(self, source: tuple[AlertSource, str]) -> None:
        row, key = source
        assert len(key) == 32
        with tenant_scope(row.tenant_id), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT key FROM incidents_alertsource")
            assert key not in cursor.fetchall()[0][0]
