"""Entering a tenant: the one door through which code comes to see tenant rows.

Two layers hold at once. django-scopes makes scoped managers raise outside a scope; PostgreSQL's row security
(config.tenancy.rowsecurity) returns nothing for whatever passes the managers. Both are bound here, at session
level, and pushed again whenever a connection is opened or taken from the pool.

Scopes are strictly nested context managers. Trap: a session outlives a request, so the outermost edge gives
the connection back (a checkout binds afresh) instead of trusting a restore.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import Error as DatabaseError
from django_scopes import scope, scopes_disabled

log = structlog.get_logger(__name__)


class NoTenant(Exception):
    """Code asked for the bound tenant where none is bound. A bug, never a user's mistake."""


@dataclass(frozen=True)
class Binding:
    tenant_id: int | None = None
    everything: bool = False
    why: str = ""


NOBODY = Binding()
_binding: ContextVar[Binding] = ContextVar("muster_binding", default=NOBODY)


def bound_tenant_id() -> int:
    """The tenant this code runs for. Raises NoTenant outside `tenant_scope`."""
    tenant_id = _binding.get().tenant_id
    if tenant_id is None:
        raise NoTenant("No tenant is bound here. Enter one with tenant_scope(tenant_id).")
    return tenant_id


def is_bound() -> bool:
    return _binding.get().tenant_id is not None


def why() -> str:
    """The reason given to `all_tenants`, where that is what is bound; else empty."""
    return _binding.get().why


@contextmanager
def tenant_scope(tenant_id: int, *, pushed: bool = False) -> Iterator[None]:
    """Everything inside sees exactly this tenant's rows. One statement where a connection is open.

    `pushed`: the database already has this tenant set (Door finds and binds in one statement).
    """
    if not isinstance(tenant_id, int) or isinstance(tenant_id, bool):
        # scope(tenant=None) would filter nothing at all.
        raise NoTenant(f"A tenant is entered by its id, not by {tenant_id!r}.")
    with _bound(Binding(tenant_id=tenant_id), pushed=pushed), scope(tenant=tenant_id):
        yield


@contextmanager
def all_tenants(why: str) -> Iterator[None]:
    """Everything inside sees every tenant's rows. For the few named places that may: claims, migrations.

    `why` is a word or two for the reader and the isolation tests.
    """
    if not why:
        raise NoTenant("all_tenants needs a reason.")
    with _bound(Binding(everything=True, why=why), pushed=False), scopes_disabled():
        yield


@contextmanager
def _bound(binding: Binding, *, pushed: bool) -> Iterator[None]:
    previous = _binding.get()
    token = _binding.set(binding)
    try:
        if connection.connection is not None and not pushed:
            push(connection, binding)
        yield
    finally:
        _binding.reset(token)
        _leave(previous)


def _leave(previous: Binding) -> None:
    if connection.connection is None:
        return
    if connection.in_atomic_block:
        if connection.needs_rollback:
            return  # the rollback restores the setting
        try:
            push(connection, previous)
        except DatabaseError:
            log.warning("scope_left_in_broken_transaction")
        return
    if previous == NOBODY:
        connection.close()  # to the pool; the next checkout is bound afresh
        return
    try:
        push(connection, previous)
    except DatabaseError:
        connection.close()


def push(wrapper: BaseDatabaseWrapper, binding: Binding) -> None:
    """Sets both session settings in one statement."""
    with wrapper.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.tenant_id', %s, false), set_config('app.scope', %s, false)",
            [str(binding.tenant_id or ""), "all" if binding.everything else ""],
        )


def bind_new_connection(connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    """Receiver of connection_created, which fires at every pool checkout as well.

    Without it the next user of a pooled connection would see the last tenant's rows.
    """
    push(connection, _binding.get())
