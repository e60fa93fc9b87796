"""The house that every scenario begins with."""

from collections.abc import Iterator

import pytest
from django.urls import set_urlconf

from tests.conftest import MovedClock
from tests.oncall.scenarios.house import House, WholeEngine
from tests.oncall.wire import Wire
from tests.people import World


@pytest.fixture
def engine(moved_clock: MovedClock) -> WholeEngine:
    return WholeEngine(moved_clock)


@pytest.fixture
def house(world: World, wire: Wire, engine: WholeEngine) -> Iterator[House]:
    yield House(world, wire, engine)
    set_urlconf(None)
