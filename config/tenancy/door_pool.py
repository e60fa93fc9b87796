"""Connections that are for doors alone: what monitors post is stored while everything else waits for one.

The ordinary pool may be used up by slow pages, or by whoever sits on long transactions; an alert must not
stand in that queue (RELIABILITY, "connection pool exhausted"). Two are kept open, so that posts go on even
where the server has none left to give.
"""

import os
import threading
import time
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

MOST = 6
KEPT_OPEN = 2
WAIT_SECONDS = 5.0
BELIEVED_SECONDS = 1.0
# Few connections for all tenants: nobody's post may sit on one, waiting for a row or for the disk. It is told
# to come again (503 with Retry-After), with nothing stored.
LOCK_TIMEOUT = "1s"
STATEMENT_TIMEOUT = "5s"

# Django has each statement parsed and planned anew, which takes longer than a door's one statement itself.
ALWAYS_THE_SAME = {"prepare_threshold": 1, "cursor_factory": psycopg.Cursor}

_lock = threading.Lock()
# By process: a fork keeps the object, but not its threads.
_pools: dict[int, ConnectionPool[Any]] = {}


def of(wrapper: Any) -> ConnectionPool[Any]:
    """This process's pool for doors, on the database of Django's `wrapper`, opened at its first use."""
    pool = _pools.get(os.getpid())
    if pool is None:
        with _lock:
            pool = _pools.get(os.getpid()) or _pools.setdefault(os.getpid(), _made(wrapper))
    return pool


def _made(wrapper: Any) -> ConnectionPool[Any]:
    pool: ConnectionPool[Any] = ConnectionPool(
        kwargs=wrapper.get_connection_params() | ALWAYS_THE_SAME | {"autocommit": True},
        min_size=KEPT_OPEN,
        max_size=MOST,
        timeout=WAIT_SECONDS,
        reconnect_timeout=WAIT_SECONDS,
        configure=lambda pooled: _configure(wrapper, pooled),
        check=lambda pooled: _check(pool, pooled),
        name="doors",
        open=False,
    )
    pool.open()
    return pool


def _check(pool: ConnectionPool[Any], pooled: Any) -> None:
    """A restart of the server must not cost the first posts after it: where one connection is dead all are
    looked at. Trap: one by one the pool would rest a second after the second dead one, two after the third.

    One that answered a moment ago is believed: to ask costs nearly as much as a post.
    """
    now = time.monotonic()
    if now - getattr(pooled, "answered_at", 0.0) < BELIEVED_SECONDS:
        return
    try:
        pool.check_connection(pooled)
        pooled.answered_at = now
    except Exception:
        pool.check()
        raise


def _configure(wrapper: Any, pooled: Any) -> None:
    wrapper._configure_connection(pooled)
    for name, value in (("lock_timeout", LOCK_TIMEOUT), ("statement_timeout", STATEMENT_TIMEOUT)):
        pooled.execute("SELECT set_config(%s, %s, false)", [name, value])


def close() -> None:
    """Gives the connections back; the next use opens a new pool."""
    pool = _pools.pop(os.getpid(), None)
    if pool is not None:
        pool.close()
