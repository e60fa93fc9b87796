"""Doors: how a key or token finds and binds its tenant, in one statement.

A look-up under all_tenants first would halve the rate at which alerts come in.
"""

import hashlib
import hmac
import secrets
from base64 import b32encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from config import clock
from config.tenancy import door_pool
from config.tenancy.models import Door
from config.tenancy.scoping import bind_new_connection, tenant_scope

FIND_AND_BIND = """
SELECT set_config('app.tenant_id', door.tenant_id::text, false), set_config('app.scope', '', false),
       door.tenant_id, door.row_id, door.expires_at
  FROM tenancy_door AS door
  JOIN tenancy_tenant AS tenant ON tenant.id = door.tenant_id AND tenant.closed_at IS NULL
 WHERE door.kind = %s AND door.hash = %s
"""


# For through_door. The settings end with the statement: nothing is left on the connection.
DOOR = """
WITH door AS MATERIALIZED (
    SELECT set_config('app.tenant_id', door.tenant_id::text, true), set_config('app.scope', '', true),
           door.tenant_id, door.row_id
      FROM tenancy_door AS door
      JOIN tenancy_tenant AS tenant ON tenant.id = door.tenant_id AND tenant.closed_at IS NULL
     WHERE door.kind = %(kind)s AND door.hash = %(hash)s
       AND (door.expires_at IS NULL OR door.expires_at > COALESCE(%(now)s::timestamptz, clock_timestamp()))
)
"""


class DoorClosed(Exception):
    """No such key, or it is expired or revoked. Answered like any missing thing."""


@dataclass(frozen=True)
class Opened:
    tenant_id: int
    row_id: int


def hash_of(secret: str) -> str:
    """Keys are random and long: a plain hash is enough, and it can be looked up."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def new_key(letters: int = 32) -> str:
    """A random key of lower-case base32 letters and digits, five bits each."""
    return b32encode(secrets.token_bytes(letters)).decode().lower()[:letters]


def page_token(purpose: str, row_id: int) -> str:
    """The 12 characters (60 bits) of a link in a page, the same each time it is asked for.

    Derived, so that a page sent again carries the same link, and nothing has to be stored but its hash.
    """
    message = f"muster.{purpose}.{row_id}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).digest()
    return b32encode(digest).decode()[:12]


@contextmanager
def open_door(kind: str, secret: str) -> Iterator[Opened]:
    """Finds the open tenant behind `secret` and stays in its scope. Raises DoorClosed.

    One statement; a door that expires asks the clock as well.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIND_AND_BIND, [kind, hash_of(secret)])
        row = cursor.fetchone()
    if row is None:
        raise DoorClosed
    _set, _unset, tenant_id, row_id, expires_at = row
    with tenant_scope(tenant_id, pushed=True):
        if expires_at is not None and expires_at <= clock.now():
            raise DoorClosed
        yield Opened(tenant_id=tenant_id, row_id=row_id)


def through_door(kind: str, secret: str, statement: str, given: dict[str, Any]) -> tuple[Any, ...]:
    """Finds, binds and runs `statement` in one round trip, and returns its row. Raises DoorClosed.

    `statement` reads tenant_id and row_id FROM door and returns one row where there is a door; `%(now)s` in
    it is the time, or NULL for the clock's own. For what comes in by the thousand: it goes past Django's
    connection, which asks once more at each checkout, straight to one of a pool that is for doors alone
    (door_pool). Committed on return, unless the caller has a transaction.
    """
    given = {"kind": kind, "hash": hash_of(secret), "now": clock.for_statement(), **given}
    with _straight() as cursor:
        cursor.execute(DOOR + statement, given)
        row = cursor.fetchone()
    if row is None:
        raise DoorClosed
    return tuple(row)


@contextmanager
def _straight() -> Iterator[Any]:
    wrapper: Any = connection
    if wrapper.in_atomic_block or wrapper.pool is None:
        with wrapper.cursor() as cursor:
            yield cursor
        if wrapper.in_atomic_block:  # there a setting "for the statement" lasts for the transaction
            bind_new_connection(wrapper)
        return
    pool = door_pool.of(wrapper)
    with wrapper.wrap_database_errors, pool.connection() as pooled, pooled.cursor() as cursor:
        yield cursor


def add_door(
    kind: str, secret: str, *, tenant_id: int, row_id: int, expires_at: datetime | None = None
) -> Door:
    """Registers a way in. Called inside the operation that makes the key."""
    return Door.objects.create(
        kind=kind, hash=hash_of(secret), tenant_id=tenant_id, row_id=row_id, expires_at=expires_at
    )


def close_doors(kind: str, *, tenant_id: int, row_id: int) -> int:
    """Ends every way in to that row. Returns how many there were."""
    deleted, _ = Door.objects.filter(kind=kind, tenant_id=tenant_id, row_id=row_id).delete()
    return deleted
