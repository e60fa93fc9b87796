"""How the addresses of monitors behave at their edges: methods, paths, schemes, packed bodies, faults.

Whatever is wrong, the answer is JSON with status, message and errors, and never a redirect: senders follow
one of a POST with an empty GET, and believe that they delivered.
"""

import gzip
import json
import zlib
from typing import Any

import pytest
from django.test import Client

from incidents.models import InboundEvent
from incidents.views import ingest
from tests.incidents.test_ingest import LIMIT, post, stored

ADDRESSES = [
    "/v2/enqueue",
    "/v2/change/enqueue",
    "/generic/2010-04-15/create_event.json",
    "/ingest/alertmanager",
    "/ingest/grafana",
    "/ingest/{key}/alertmanager",
    "/ingest/{key}/grafana",
    "/ingest/{key}/json",
]

MISSING = """
    /v2 /v2/ /v2// /v2/enqueuex /v2/enqueue/x /ingest /ingest/ //ingest// /ingest/json /ingest/nosuchkey/xml
    /ingest/../v2/enqueue /ingest/a/b/c/d /generic/2010-04-15/create_event /generic
"""


def is_fault(answer: Any, status: int) -> bool:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    assert sorted(answer.json()) == ["errors", "message", "status"]
    assert not answer.has_header("Location")
    assert all(isinstance(error, str) and error for error in answer.json()["errors"])
    return True


class TestMethods:
    @pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
    def test_another_method_is_told_which_one(self, client: Client, method: str) -> None:
        for address in ADDRESSES:
            for slash in ("", "/"):
                answer = client.generic(method, address.format(key="any") + slash)
                assert is_fault(answer, 405)
                assert answer["Allow"] == ("POST, PUT" if "grafana" in address else "POST")
                assert "POST" in answer.json()["message"]

    def test_head_has_the_headers_alone(self, client: Client) -> None:
        for address in ADDRESSES:
            answer = client.head(address.format(key="any"))
            assert (answer.status_code, answer.content) == (405, b"")
            assert answer["Allow"]


def at(client: Client, method: str, path: str, body: bytes = b"{}") -> Any:
    """To this very path: the client would take a host out of one with two slashes."""
    return client.generic(method, "/", body, PATH_INFO=path)


class TestPaths:
    def test_slashes_too_many_lose_nothing(self, client: Client, key: str) -> None:
        paths = ("//ingest/{}/json", "/ingest//{}/json", "/ingest/{}//json//", "///ingest/{}/json/")
        for path in paths:
            assert at(client, "POST", path.format(key)).status_code == 202
        assert len(stored()) == len(paths)
        event = json.dumps({"routing_key": key, "event_action": "trigger"}).encode()
        assert at(client, "POST", "//v2/enqueue", event).status_code == 202

    @pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE"])
    def test_what_is_not_there_says_so_in_json(self, client: Client, db: None, method: str) -> None:
        for path in MISSING.split():
            assert is_fault(at(client, method, path), 404)
        if method == "POST":
            assert is_fault(at(client, method, "/ingest/nosuchkey/json"), 404)
            assert is_fault(at(client, method, "/ingest/nosuchkey/grafana"), 404)

    def test_an_unknown_host_too(self) -> None:
        client = Client(SERVER_NAME="evil.test")
        assert is_fault(client.post("/ingest/key/json", b"{}", content_type="text/plain"), 404)


class TestHttps:
    @pytest.mark.parametrize("method", ["POST", "PUT", "GET", "HEAD"])
    @pytest.mark.parametrize("path", ["/v2/enqueue", "//v2/enqueue", "/ingest/x/heartbeat/y"])
    def test_over_http_it_is_refused_in_words(
        self, client: Client, settings: Any, method: str, path: str
    ) -> None:
        settings.SECURE, settings.BASE_URL = True, "https://muster.example.org"
        answer = at(client, method, path)
        if method != "HEAD":
            assert is_fault(answer, 400)
            assert "https://muster.example.org" in answer.json()["message"]
        assert (answer.status_code, answer.has_header("Location")) == (400, False)


class TestPacked:
    def send(self, client: Client, key: str, body: bytes, encoding: str = "gzip") -> tuple[int, bytes]:
        headers = {"content-encoding": encoding}
        answer = client.post(f"/ingest/{key}/json", body, content_type="application/json", headers=headers)
        events: list[InboundEvent] = stored()
        return answer.status_code, bytes(events[-1].body) if events else b""

    def test_gzip_is_unpacked(self, client: Client, key: str) -> None:
        assert self.send(client, key, gzip.compress(b'{"title": "T"}')) == (202, b'{"title": "T"}')
        assert self.send(client, key, gzip.compress(b""), "GZIP") == (202, b"")

    def test_up_to_the_limit_and_no_further(self, client: Client, key: str) -> None:
        assert self.send(client, key, gzip.compress(b"x" * LIMIT))[0] == 202
        assert self.send(client, key, gzip.compress(b"x" * (LIMIT + 1)))[0] == 413
        assert self.send(client, key, gzip.compress(b"\0" * 300_000_000))[0] == 413
        assert len(stored()) == 1

    @pytest.mark.parametrize(
        "body",
        [
            b'{"title": "not packed at all"}',
            gzip.compress(b'{"title": "T"}')[:-3],
            gzip.compress(b'{"title": "T"}') + b"rest",
            gzip.compress(b"a") + gzip.compress(b"b"),
            b"\x1f\x8b" + b"nonsense" * 9,
            zlib.compress(b"{}"),
            b"",
        ],
    )
    def test_what_is_broken_is_kept_as_it_came(self, client: Client, key: str, body: bytes) -> None:
        assert self.send(client, key, body) == (202, body)

    def test_other_encodings_are_kept_as_they_came(self, client: Client, key: str) -> None:
        assert self.send(client, key, b"\x0b\x02\x80", "br") == (202, b"\x0b\x02\x80")

    def test_pagerdutys_too(self, client: Client, key: str) -> None:
        event = json.dumps({"routing_key": key, "event_action": "trigger"}).encode()
        answer = client.post(
            "/v2/enqueue",
            gzip.compress(event),
            content_type="application/json",
            headers={"content-encoding": "gzip"},
        )
        assert answer.status_code == 202


def test_a_fault_of_our_own_is_a_500_in_the_same_shape(
    client: Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**given: Any) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(ingest, "take_in_webhook", broken)
    assert is_fault(post(client, f"/ingest/{key}/json", {}), 500)
