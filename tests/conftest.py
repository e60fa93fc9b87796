"""What all tests share: a clock that is moved, bells that are recorded, people with names, an outsider."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.utils import translation

from config import clock, doorbell
from config.tenancy import door_pool
from config.tenancy.models import Membership, Tenant
from config.tenancy.scoping import tenant_scope
from tests.chromium import chromium as chromium
from tests.isolation.tripwire import tripwire as caught_unbound
from tests.kept import kept
from tests.people import World, build_tenant

settings.APPLICATION_HOSTS = [*settings.APPLICATION_HOSTS, "testserver"]  # what Django's test client calls

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday, 11:00 in Amsterdam: office hours


class MovedClock:
    """`clock.now()` for everything in this process. Starts at START; move it, never sleep."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def move(self, **kwargs: float) -> datetime:
        self.moment += timedelta(**kwargs)
        return self.moment

    def set(self, moment: datetime) -> datetime:
        self.moment = moment
        return moment


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The doors' own connections go before the test database does."""
    yield
    door_pool.close()


@pytest.fixture
def moved_clock(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    moved = MovedClock()
    monkeypatch.setattr(clock, "now", moved.now)
    monkeypatch.setattr(clock, "for_statement", moved.now)
    return moved


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real hash takes a third of a second, and the world has seven people."""
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)


@pytest.fixture(autouse=True)
def own_pages(settings: Any, tmp_path: Path) -> None:
    """Pages that one test published are not found by the next, whose rows have the same numbers."""
    settings.STATUS_PUBLISH_DIR, settings.STATUS_PRIVATE_DIR = tmp_path / "published", tmp_path / "private"


@pytest.fixture(autouse=True)
def in_english() -> None:
    """A request by somebody Dutch leaves its language to the thread, and so to the next test."""
    translation.activate("en")


class Bells(list[str]):
    """The names of due work that was rung for, in order."""


@pytest.fixture(autouse=True)
def bells(monkeypatch: pytest.MonkeyPatch) -> Bells:
    rung = Bells()
    monkeypatch.setattr(doorbell, "publish", lambda name, queue: rung.append(name))
    return rung


@pytest.fixture
def past_the_tripwire() -> None:
    """For a test that means to look at tenant tables while nothing is bound."""


@pytest.fixture(autouse=True)
def tripwire(request: pytest.FixtureRequest) -> Iterator[None]:
    """A statement on a tenant table while nothing is bound fails the test that ran it (tests/isolation)."""
    if "past_the_tripwire" in request.fixturenames:
        yield
        return
    with connection.execute_wrapper(caught_unbound):
        yield


class Engine:
    """The machine's hands, in this process: runs what is due at the moved clock's time until all is quiet."""

    def __init__(self, moved: MovedClock) -> None:
        self.clock = moved

    def run(self) -> int:
        total = 0
        for _ in range(50):
            done = sum(work.run(self.clock.now()) for work in clock.works())
            total += done
            if not done:
                return total
        raise AssertionError("the engine does not come to rest")

    def run_until(self, moment: datetime, step: timedelta = timedelta(seconds=30)) -> None:
        """Moves time on in steps, and runs what falls due at each."""
        while self.clock.now() < moment:
            self.clock.set(min(self.clock.now() + step, moment))
            self.run()


@pytest.fixture
def engine(moved_clock: MovedClock) -> Engine:
    return Engine(moved_clock)


@pytest.fixture
def world(db: None, moved_clock: MovedClock) -> World:
    """Tenant acme: Anna (owner), Marc (manager), Bram (responder), Carla (communicator), Vera (viewer).

    And tenant other with Olga (owner): the outsider.
    """
    now = moved_clock.now()
    return kept("world", now, lambda: World(acme=build_tenant("acme", now), other=build_tenant("other", now)))


@pytest.fixture
def acme(world: World) -> Iterator[Tenant]:
    """Inside the scope of tenant acme."""
    with tenant_scope(world.acme.tenant.pk):
        yield world.acme.tenant


@pytest.fixture
def anna(world: World) -> Membership:
    return world.acme.members["anna"]


@pytest.fixture
def bram(world: World) -> Membership:
    return world.acme.members["bram"]


@pytest.fixture
def in_scope() -> Callable[[Tenant], AbstractContextManager[None]]:
    return lambda tenant: tenant_scope(tenant.pk)
