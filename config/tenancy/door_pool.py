"""Connections that are for doors alone: what monitors post is stored while everything else waits for one.

The ordinary pool may be used up by slow pages, or by whoever sits on long transactions; an alert must not
stand in that queue (RELIABILITY, "connection pool exhausted"). Two are kept open, so that posts go on even
where the server has none left to give.
"""

import os
import threading
from typing import Any

from psycopg_pool import ConnectionPool

MOST = 6
KEPT_OPEN = 2
WAIT_SECONDS = 5.0
# Few connections for all tenants: nobody's post may sit on one, waiting for a row or for the disk. It is told
# to come again (503 with Retry-After), with nothing stored.
LOCK_TIMEOUT = "1s"
STATEMENT_TIMEOUT = "5s"

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
        kwargs=wrapper.get_connection_params() | {"autocommit": True},
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
    """
    try:
        pool.check_connection(pooled)
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
