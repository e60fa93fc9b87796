"""Callers of the API: people under a tenant's prefix, and keys."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from json import dumps
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.doors import add_door, new_key
from config.tenancy.models import ApiKey, DoorKind, Membership, Tenant
from config.tenancy.scoping import tenant_scope
from tests.conftest import START, Engine
from tests.incidents.leading import Lead
from tests.people import World


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
def bram(as_member: Callable[..., Caller], shop: Lead) -> Caller:
    return as_member("bram")


@pytest.fixture
def declared(bram: Caller, shop: Lead) -> str:
    """The key of an incident that Bram declared."""
    answer = bram.post("incidents/", {"summary": "Payments fail", "service": shop.checkout.uid})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["key"])


def act(caller: Caller, key: str, verb: str, **body: Any) -> Any:
    return caller.post(f"incidents/{key}/{verb}/", body)


class CaptureQueries:
    """`with CaptureQueries() as queries:` counts statements."""

    def __enter__(self) -> list[str]:
        self.seen: list[str] = []
        self.wrapper = connection.execute_wrapper(self._see)
        self.wrapper.__enter__()
        return self.seen

    def _see(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.seen.append(sql)
        return execute(sql, params, many, context)

    def __exit__(self, *error: object) -> None:
        self.wrapper.__exit__(None, None, None)
