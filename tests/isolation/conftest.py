"""The world is built once for the whole package, in a transaction that is taken back at the end."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import override_settings

from config import clock
from tests.conftest import START
from tests.isolation.principals import Principal, principals
from tests.isolation.probing import Prober
from tests.isolation.world import IsolationWorld, build_world


@pytest.fixture(scope="package")
def isolation(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[IsolationWorld]:
    """Tenants A and B. Each probe runs in a savepoint of its own (probing)."""
    pictures = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("pictures"))
    with django_db_blocker.unblock(), pictures, pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: START)
        with transaction.atomic():
            yield build_world(START)
            transaction.set_rollback(True)
        connection.close()


@pytest.fixture(scope="package")
def prober(isolation: IsolationWorld) -> Prober:
    return Prober(isolation.b.tenant.pk)


@pytest.fixture(scope="package")
def everybody(isolation: IsolationWorld) -> dict[str, Principal]:
    return principals(isolation)
