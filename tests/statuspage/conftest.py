"""A published page of tenant acme, and directories of its own for each test."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings

from config.tenancy.actors import Actor
from config.tenancy.models import Tenant
from statuspage.models import Component, StatusPage
from statuspage.operations.setup import add_component, create_default_pages
from tests.conftest import MovedClock
from tests.people import World


@pytest.fixture(autouse=True)
def published(settings: LazySettings, tmp_path: Path) -> Path:
    settings.STATUS_PUBLISH_DIR = tmp_path / "published"
    settings.STATUS_PRIVATE_DIR = tmp_path / "published-private"
    return tmp_path / "published"


@pytest.fixture
def carla(world: World) -> Actor:
    """The communicator of acme: may publish, may not set up."""
    return world.acme.members["carla"].as_actor()


@pytest.fixture
def owner(world: World) -> Actor:
    return world.acme.members["anna"].as_actor()


@pytest.fixture
def outsider(world: World) -> Actor:
    """The owner of the other tenant."""
    return world.other.members["olga"].as_actor()


@pytest.fixture
def pages(acme: Tenant, owner: Actor, moved_clock: MovedClock) -> tuple[StatusPage, StatusPage]:
    return create_default_pages(tenant=acme, component_name="Website", actor=owner, now=moved_clock.now())


@pytest.fixture
def page(pages: tuple[StatusPage, StatusPage]) -> StatusPage:
    """The public page of acme, with one component: Website. The test runs in acme's scope."""
    return pages[0]


@pytest.fixture
def internal(pages: tuple[StatusPage, StatusPage]) -> StatusPage:
    return pages[1]


@pytest.fixture
def website(page: StatusPage) -> Component:
    found: Component = Component.objects.get(page=page, name="Website")
    return found


@pytest.fixture
def component(page: StatusPage, owner: Actor, moved_clock: MovedClock) -> Callable[..., Component]:
    """`component("Checkout")`: one more on the public page."""

    def make(name: str, **more: object) -> Component:
        return add_component(page=page, name=name, actor=owner, now=moved_clock.now(), **more)  # type: ignore[arg-type]

    return make
