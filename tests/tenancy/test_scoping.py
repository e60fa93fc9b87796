"""Entering a tenant: both layers fail closed, and a pooled connection carries nothing over."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django_scopes.exceptions import ScopeError

from config.tenancy import scoping
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Team, TenantSettings
from config.tenancy.scoping import NoTenant, all_tenants, bound_tenant_id, tenant_scope
from tests.conftest import START
from tests.people import World


def seen_by_the_database() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant_id', true), current_setting('app.scope', true)")
        tenant_id, scope = cursor.fetchone()
    return tenant_id or "", scope or ""


def raw_count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


@pytest.fixture
def past_the_tripwire() -> None:
    """For a test that means to look at tenant tables while nothing is bound (tests/isolation)."""


def test_a_manager_raises_outside_a_scope(world: World) -> None:
    with pytest.raises(ScopeError):
        list(Membership.objects.all())


@pytest.mark.usefixtures("past_the_tripwire")
def test_the_database_shows_nothing_outside_a_scope(world: World, past_the_tripwire: None) -> None:
    assert raw_count("tenancy_membership") == 0
    assert Membership._base_manager.count() == 0


def test_a_scope_shows_one_tenant_only_to_managers_and_to_raw_sql(world: World) -> None:
    with tenant_scope(world.acme.tenant.pk):
        assert {str(m) for m in Membership.objects.all()} == {"Anna", "Marc", "Bram", "Carla", "Vera"}
        assert raw_count("tenancy_membership") == 5
        assert Membership._base_manager.count() == 5
    with tenant_scope(world.other.tenant.pk):
        assert raw_count("tenancy_membership") == 2


@pytest.mark.usefixtures("past_the_tripwire")
def test_history_managers_know_no_scope_but_the_database_does(world: World, past_the_tripwire: None) -> None:
    assert Membership.history.count() == 0
    with tenant_scope(world.other.tenant.pk):
        assert Membership.history.count() == 2


def test_all_tenants_sees_all_and_wants_a_reason(world: World) -> None:
    with all_tenants("a test"):
        assert Membership.objects.count() == 7
        assert scoping.why() == "a test"
    with pytest.raises(NoTenant), all_tenants(""):
        pass
    assert seen_by_the_database() == ("", "")


def test_scopes_nest_and_restore(world: World) -> None:
    acme, other = world.acme.tenant.pk, world.other.tenant.pk
    with tenant_scope(acme):
        with tenant_scope(other):
            assert (bound_tenant_id(), seen_by_the_database()) == (other, (str(other), ""))
        with all_tenants("a test"):
            assert seen_by_the_database() == ("", "all")
            with tenant_scope(other):
                assert Membership.objects.count() == 2
        assert (bound_tenant_id(), seen_by_the_database()) == (acme, (str(acme), ""))
    assert seen_by_the_database() == ("", "")


def test_an_error_leaves_the_scope_as_it_was(world: World) -> None:
    acme, other = world.acme.tenant.pk, world.other.tenant.pk
    with tenant_scope(acme):
        with pytest.raises(ZeroDivisionError), tenant_scope(other):
            _ = 1 / 0
        assert (bound_tenant_id(), seen_by_the_database()) == (acme, (str(acme), ""))


def test_a_broken_transaction_is_restored_by_its_rollback(world: World) -> None:
    acme, other = world.acme.tenant.pk, world.other.tenant.pk
    with tenant_scope(acme):
        with pytest.raises(ProgrammingError), transaction.atomic(), tenant_scope(other):
            raw_count("no_such_table")
        assert (bound_tenant_id(), seen_by_the_database()) == (acme, (str(acme), ""))
        assert Membership.objects.count() == 5


@pytest.mark.parametrize("nonsense", [None, "1", True, 1.0])
def test_only_an_id_opens_a_scope(nonsense: object) -> None:
    with pytest.raises(NoTenant), tenant_scope(nonsense):  # type: ignore[arg-type]
        pass


def test_bound_tenant_id_raises_where_none_is_bound() -> None:
    with pytest.raises(NoTenant):
        bound_tenant_id()


def test_the_tenant_of_a_new_row_is_filled_in(world: World) -> None:
    with tenant_scope(world.acme.tenant.pk), acting(ENGINE, now=START):
        assert Team.objects.create(name="Payments").tenant_id == world.acme.tenant.pk
        [made] = Team.objects.bulk_create([Team(name="Network")])
        assert made.tenant_id == world.acme.tenant.pk


def test_row_security_refuses_to_write_into_another_tenant(world: World) -> None:
    with tenant_scope(world.acme.tenant.pk), acting(ENGINE, now=START):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Team.objects.create(name="Payments", tenant=world.other.tenant)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            TenantSettings.objects.update(tenant=world.other.tenant)


def test_another_tenants_rows_can_be_neither_changed_nor_deleted_by_raw_sql(world: World) -> None:
    with tenant_scope(world.acme.tenant.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE tenancy_membership SET role = 'viewer'")
        assert cursor.rowcount == 5
        cursor.execute("DELETE FROM tenancy_tenantsettings WHERE tenant_id = %s", [world.other.tenant.pk])
        assert cursor.rowcount == 0


@pytest.fixture
def pool_of_one(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A pool gives its connections out in turn, and makes more where one comes back late: of one there is no
    other to give.
    """
    connection.close()
    connection.close_pool()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict["OPTIONS"]["pool"], "max_size", 1)
        yield
        connection.close()
        connection.close_pool()


@pytest.mark.usefixtures("pool_of_one")
def test_a_connection_that_goes_back_to_the_pool_carries_no_tenant_over() -> None:
    dirty = set()
    for tenant_id in range(7, 12):
        with tenant_scope(tenant_id):
            assert seen_by_the_database() == (str(tenant_id), "")
        # The outermost edge gives the connection back rather than trusting a restore.
        assert connection.connection is None
        with connection.cursor() as cursor:  # code that forgot to clean up
            cursor.execute(
                "SELECT set_config('app.tenant_id', '7', false), set_config('app.scope', 'all', false)"
            )
        dirty.add(_backend_pid())
        connection.close()
    reused = set()
    for _ in range(5):
        assert seen_by_the_database() == ("", "")
        reused.add(_backend_pid())
        connection.close()
    assert dirty == reused, "the pool gave other connections: nothing was shown"
    assert len(reused) == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_taken_from_the_pool_inside_a_scope_is_bound() -> None:
    with tenant_scope(7):
        connection.close()
        assert seen_by_the_database() == ("7", "")


def _backend_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
