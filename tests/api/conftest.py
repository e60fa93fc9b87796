"""Callers of the API: people under a tenant's prefix, and keys."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.doors import add_door, new_key
from config.tenancy.models import ApiKey, DoorKind, Membership, Tenant
from config.tenancy.scoping import tenant_scope
from tests.conftest import START, Engine, MovedClock
from tests.incidents.leading import Lead
from tests.people import World

CODES = {200, 201, 202, 204}


@dataclass
class Caller:
    """Speaks JSON to the API, and gives back what was said."""

    client: Client
    root: str
    headers: dict[str, str]

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        return self.client.generic(
            method,
            path if path.startswith("/") else self.root + path,
            b"" if data is None else _json(data),
            content_type="application/json",
            headers={**self.headers, **headers},
        )

    def get(self, path: str, **query: Any) -> Any:
        address = path if path.startswith("/") else self.root + path
        return self.client.get(address, query, headers=self.headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.call("POST", path, {} if data is None else data, **headers)


def _json(data: Any) -> bytes:
    from json import dumps

    return data if isinstance(data, bytes) else dumps(data, default=str).encode()


def make_key(tenant: Tenant, scope: str, **fields: Any) -> str:
    """A key of the API, made without the operation under test. Returns its secret."""
    secret = new_key(52)
    with tenant_scope(tenant.pk), acting(ENGINE, now=START):
        key = ApiKey.objects.create(
            name=f"{scope} key", scope=scope, hint=secret[:6], created_at=START, **fields
        )
        add_door(DoorKind.API_KEY, secret, tenant_id=tenant.pk, row_id=key.pk)
    return secret


@pytest.fixture
def with_key(world: World) -> Callable[..., Caller]:
    """`with_key("write")`: a caller with a key of that scope in acme."""

    def build(scope: str = "read", tenant: Tenant | None = None, **fields: Any) -> Caller:
        secret = make_key(tenant or world.acme.tenant, scope, **fields)
        return Caller(Client(SERVER_NAME="localhost"), "/api/v1/", {"Authorization": f"Bearer {secret}"})

    return build


@pytest.fixture
def as_member(world: World) -> Callable[..., Caller]:
    """`as_member("bram")`: a caller signed in, under acme's prefix."""

    def build(name: str, tenant: str = "acme") -> Caller:
        built = world.acme if tenant == "acme" else world.other
        membership: Membership = (world.acme.members | world.other.members)[name]
        client = Client(SERVER_NAME="localhost")
        client.force_login(membership.user)
        return Caller(client, f"/t/{built.tenant.slug}/api/v1/", {})

    return build


@pytest.fixture
def shop(world: World, engine: Engine) -> Lead:
    """acme set up for incidents. The scope is left again: what a caller sees, the request must bind."""
    with tenant_scope(world.acme.tenant.pk):
        return Lead(tenant=world.acme.tenant, people=world.acme.members, engine=engine)


@pytest.fixture
def inside(world: World) -> Callable[[], AbstractContextManager[None]]:
    """`with inside():` to look at acme's rows."""
    return lambda: tenant_scope(world.acme.tenant.pk)


@pytest.fixture
def later(moved_clock: MovedClock) -> Callable[..., Any]:
    return lambda **kwargs: moved_clock.now() + timedelta(**kwargs)
