"""Ingest behind the real web server: bodies with and without a length, and a database that is away."""

import gzip
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from config.env import PROJECT
from tests.conftest import MovedClock
from tests.e2e.machine import free_port, until
from tests.incidents.shop import Shop

pytestmark = pytest.mark.processes
LIMIT = 524_288


@contextmanager
def granian(database_url: str, folder: Path) -> Iterator[int]:
    """The web server as `up` runs it, on that database. Yields its port."""
    port = free_port()
    program = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    program += ["--workers", "1", "--blocking-threads", "8", "config.wsgi:application"]
    environment = os.environ | {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    with (folder / "granian.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *program],
            cwd=PROJECT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            until(lambda: _listens(port), what="granian to start")
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    name = str(connection.settings_dict["NAME"])
    parts = urlsplit(os.environ["DATABASE_URL"])
    with granian(parts._replace(path=f"/{name}").geturl(), tmp_path_factory.mktemp("web")) as port:
        yield port


@pytest.fixture
def shop(transactional_db: None, moved_clock: MovedClock, web: int) -> Shop:
    return Shop(moved_clock)


def post(
    port: int, path: str, body: bytes, *, chunked: bool = False, **headers: str
) -> tuple[int, dict[str, object]]:
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        sent = (body[at : at + 60_000] for at in range(0, len(body), 60_000)) if chunked else body
        conn.request("POST", path, sent, headers, encode_chunked=chunked)
        answer = conn.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        conn.close()


def raw(port: int, request: bytes) -> bytes:
    """The first line of the answer to these very bytes, after which the client sends no more."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(request)
        sock.shutdown(socket.SHUT_WR)
        return sock.makefile("rb").readline().strip()


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_the_largest_body_is_taken_and_one_byte_more_is_not(shop: Shop, web: int, chunked: bool) -> None:
    start = b'{"routing_key": "%s", "event_action": "trigger", "x": "' % shop.key.encode()
    fits = start + b"y" * (LIMIT - len(start) - 2) + b'"}'
    for path in (f"/ingest/{shop.key}/json", "/v2/enqueue"):
        status, said = post(web, path, fits, chunked=chunked)
        assert (status, said["status"]) == (202, "success")
        status, said = post(web, path, fits + b" ", chunked=chunked)
        assert (status, sorted(said)) == (413, ["errors", "message", "status"])
    assert [len(bytes(stored.body)) for stored in shop.posts()] == [LIMIT, LIMIT]


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_compressed_body_is_unpacked_within_the_same_bound(shop: Shop, web: int, chunked: bool) -> None:
    path, zipped = f"/ingest/{shop.key}/json", {"Content-Encoding": "gzip"}
    assert post(web, path, gzip.compress(b"x" * LIMIT), chunked=chunked, **zipped)[0] == 202
    assert bytes(shop.posts()[0].body) == b"x" * LIMIT
    assert post(web, path, gzip.compress(b"x" * (LIMIT + 1)), chunked=chunked, **zipped)[0] == 413
    bomb = gzip.compress(b"\0" * 400_000_000, 9)
    assert len(bomb) < LIMIT
    assert post(web, path, bomb, chunked=chunked, **zipped)[0] == 413
    assert len(shop.posts()) == 1


def test_a_body_that_ends_early_is_not_stored(shop: Shop, web: int) -> None:
    head = f"POST /ingest/{shop.key}/json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
    assert b" 202 " not in raw(web, head.encode() + b'{"title": "T"')
    assert shop.posts() == []


def test_two_lengths_are_refused(shop: Shop, web: int) -> None:
    head = f"POST /ingest/{shop.key}/json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
    assert b" 400 " in raw(web, head.encode() + b"Content-Length: 3\r\n\r\n{} ")
    assert shop.posts() == []


def test_many_clients_at_once_are_all_stored(shop: Shop, web: int) -> None:
    with ThreadPoolExecutor(32) as pool:
        answers = list(
            pool.map(lambda n: post(web, f"/ingest/{shop.key}/json", b'{"n": %d}' % n), range(200))
        )
    assert {status for status, _said in answers} == {202}
    assert {bytes(stored.body) for stored in shop.posts()} == {b'{"n": %d}' % n for n in range(200)}


def test_with_the_database_away_it_is_a_503_that_says_when_to_come_again(tmp_path: Path) -> None:
    nowhere = f"postgresql://muster:x@/muster?host={tmp_path}"
    with granian(nowhere, tmp_path) as port:
        for path, status in (("/ingest/somekey/json", 503), ("/v2/enqueue", 429)):
            conn = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            conn.request("POST", path, b'{"routing_key": "somekey", "event_action": "trigger"}')
            answer = conn.getresponse()
            assert (answer.status, answer.headers["Retry-After"]) == (status, "10")
            assert sorted(json.loads(answer.read())) == ["errors", "message", "status"]
            conn.close()
