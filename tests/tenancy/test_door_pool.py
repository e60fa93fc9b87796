"""RELIABILITY, "connection pool exhausted, long idle transaction": a post is stored all the same."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from psycopg_pool import ConnectionPool

from config.tenancy import door_pool
from tests.conftest import MovedClock
from tests.incidents.shop import Shop

OTHERS_END = """
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
 WHERE pid <> pg_backend_pid() AND datname = current_database()
"""


@pytest.fixture
def shop(transactional_db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


@pytest.fixture
def used_up(shop: Shop) -> Iterator[Any]:
    """Every ordinary connection is out, and one of them sits in a transaction that has written."""
    connection.close()
    pool: Any = connection.pool  # type: ignore[attr-defined]
    pool.open()
    with ExitStack() as held:
        taken = [held.enter_context(pool.connection()) for _ in range(pool.max_size)]
        taken[0].execute("BEGIN")
        taken[0].execute("CREATE TABLE idle_in_transaction (id int)")
        yield pool
        taken[0].execute("ROLLBACK")


def test_a_post_is_stored_while_every_ordinary_connection_is_held(
    shop: Shop, used_up: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(used_up, "timeout", 0.2)
    with pytest.raises(OperationalError):
        connection.ensure_connection()
    client = Client(SERVER_NAME="localhost")
    event = {"routing_key": shop.key, "event_action": "trigger", "payload": {"summary": "T"}}
    for path in (f"/ingest/{shop.key}/json", f"/ingest/{shop.key}/alertmanager", "/v2/enqueue"):
        answer = client.post(path, json.dumps(event).encode(), content_type="application/json")
        assert answer.status_code == 202


def test_what_was_stored_is_there(shop: Shop) -> None:
    client = Client(SERVER_NAME="localhost")
    for number in range(20):
        client.post(f"/ingest/{shop.key}/json", b'{"n": %d}' % number, content_type="text/plain")
    assert {bytes(event.body) for event in shop.posts()} == {b'{"n": %d}' % n for n in range(20)}


def test_a_connection_of_the_doors_carries_no_tenant_away(shop: Shop) -> None:
    Client(SERVER_NAME="localhost").post(f"/ingest/{shop.key}/json", b"{}", content_type="text/plain")
    with door_pool.of(connection).connection() as pooled:
        bound = pooled.execute("SELECT current_setting('app.tenant_id', true)").fetchone()
    assert bound is not None
    assert bound[0] in (None, "")


def test_no_post_sits_on_a_connection_of_the_doors_for_long(shop: Shop) -> None:
    asked = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
    with door_pool.of(connection).connection() as pooled:
        assert pooled.execute(asked).fetchone() == ("1s", "5s")


@pytest.fixture
def restarted(shop: Shop) -> Iterator[Callable[[], None]]:
    """What a restart of the server does to this process: all connections die but the one that says so."""

    def restart() -> None:
        with connection.cursor() as cursor:
            cursor.execute(OTHERS_END)

    yield restart
    connection.close()
    connection.close_pool()


def test_connections_that_broke_cost_no_post(
    shop: Shop, restarted: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_pool, "BELIEVED_SECONDS", 0.0)
    doors = door_pool.of(connection)
    with ExitStack() as all_of_them:
        for _ in range(doors.max_size):
            all_of_them.enter_context(doors.connection())
    restarted()
    client = Client(SERVER_NAME="localhost")
    for _ in range(3):
        answer = client.post(f"/ingest/{shop.key}/json", b"{}", content_type="text/plain")
        assert answer.status_code == 202


def test_a_connection_that_answered_a_moment_ago_is_not_asked_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(ConnectionPool, "check_connection", staticmethod(asked.append))
    door_pool.close()
    for _ in range(5):
        with door_pool.of(connection).connection():
            pass
    assert 1 <= len(asked) <= door_pool.KEPT_OPEN
    monkeypatch.setattr(door_pool, "BELIEVED_SECONDS", 0.0)
    with door_pool.of(connection).connection():
        pass
    assert len(asked) > 1
