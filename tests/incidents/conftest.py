"""An alert source of acme, its key, and a client that speaks to the application's own host."""

import pytest
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.models import Tenant
from config.tenancy.scoping import tenant_scope
from incidents.models import AlertSource
from incidents.operations.sources import create_source
from tests.conftest import START, Engine
from tests.incidents.leading import Lead
from tests.people import World


@pytest.fixture
def client() -> Client:
    return Client(SERVER_NAME="localhost")


@pytest.fixture
def source(world: World) -> tuple[AlertSource, str]:
    """A source without a service, and its key."""
    with tenant_scope(world.acme.tenant.pk):
        return create_source(name="Prometheus", service=None, actor=ENGINE, now=START)


@pytest.fixture
def key(source: tuple[AlertSource, str]) -> str:
    return source[1]


@pytest.fixture
def lead(world: World, acme: Tenant, engine: Engine) -> Lead:
    """In the scope of acme: a scale, roles, a service with somebody on call, status pages."""
    return Lead(tenant=acme, people=world.acme.members, engine=engine)
