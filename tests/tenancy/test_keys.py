"""API keys: shown once, kept as a hash, good for one tenant."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.doors import DoorClosed, open_door
from config.tenancy.models import ApiKey, Door, DoorKind, Membership, Tenant
from config.tenancy.operations import keys, tenants
from config.tenancy.roles import grants_of_key
from config.tenancy.scoping import bound_tenant_id, is_bound, tenant_scope
from tests.conftest import START, MovedClock
from tests.people import World


@pytest.fixture
def key(acme: Tenant, anna: Membership) -> tuple[ApiKey, str]:
    return keys.create_api_key(name="Deploys", scope="write", actor=anna.as_actor(), now=START)


def test_a_key_is_long_and_stored_nowhere_but_as_a_hash(key: tuple[ApiKey, str]) -> None:
    row, secret = key
    assert secret.startswith("mk_")
    assert len(secret) == 55
    assert row.hint == secret[:8]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE %s", [f"%{secret[9:]}%"])
            assert cursor.fetchone() == (0,), table


def test_a_door_finds_and_binds_in_one_statement(world: World, key: tuple[ApiKey, str]) -> None:
    with CaptureQueriesContext(connection) as queries, open_door(DoorKind.API_KEY, key[1]) as opened:
        assert len(queries) == 1
        assert (opened.tenant_id, opened.row_id) == (world.acme.tenant.pk, key[0].pk)
        assert bound_tenant_id() == world.acme.tenant.pk
        assert ApiKey.objects.get(pk=opened.row_id).name == "Deploys"


def test_a_door_leaves_nothing_bound(world: World) -> None:
    with tenant_scope(world.acme.tenant.pk):
        _, secret = keys.create_api_key(
            name="k", scope="read", actor=world.acme.members["anna"].as_actor(), now=START
        )
    with open_door(DoorKind.API_KEY, secret):
        assert is_bound()
    assert not is_bound()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant_id', true)")
        assert cursor.fetchone() == ("",)


@pytest.mark.parametrize("wrong", ["", "mk_", "mk_unknown", "\0", "é" * 5000])
def test_an_unknown_key_opens_nothing(key: tuple[ApiKey, str], wrong: str) -> None:
    with pytest.raises(DoorClosed), open_door(DoorKind.API_KEY, wrong):
        pass


def test_a_key_opens_doors_of_its_own_kind_only(key: tuple[ApiKey, str]) -> None:
    with pytest.raises(DoorClosed), open_door(DoorKind.ALERT_SOURCE, key[1]):
        pass


def test_an_expired_door_is_closed_to_the_moment(
    acme: Tenant, anna: Membership, moved_clock: MovedClock
) -> None:
    _, secret = keys.create_api_key(
        name="k", scope="read", actor=anna.as_actor(), now=START, expires_at=START + timedelta(hours=1)
    )
    moved_clock.move(seconds=3599)
    with open_door(DoorKind.API_KEY, secret):
        pass
    moved_clock.move(seconds=1)
    with pytest.raises(DoorClosed), open_door(DoorKind.API_KEY, secret):
        pass


def test_a_revoked_key_is_unknown_and_stays_on_record(key: tuple[ApiKey, str], anna: Membership) -> None:
    for _ in range(2):
        assert keys.revoke_api_key(key=key[0], actor=anna.as_actor(), now=START).revoked_at == START
    with pytest.raises(DoorClosed), open_door(DoorKind.API_KEY, key[1]):
        pass
    assert Door.objects.count() == 0
    assert [row.history_type for row in ApiKey.history.order_by("history_id")] == ["+", "~"]


def test_a_closed_tenants_doors_stay_shut_until_it_reopens(world: World, key: tuple[ApiKey, str]) -> None:
    tenants.close_tenant(tenant=world.acme.tenant, actor=ENGINE, now=START)
    with pytest.raises(DoorClosed), open_door(DoorKind.API_KEY, key[1]):
        pass
    tenants.reopen_tenant(tenant=world.acme.tenant, actor=ENGINE, now=START)
    with open_door(DoorKind.API_KEY, key[1]) as opened:
        assert opened.row_id == key[0].pk


@pytest.mark.parametrize("name", ["marc", "bram", "carla", "vera"])
def test_only_owners_make_and_revoke_keys(world: World, key: tuple[ApiKey, str], name: str) -> None:
    actor = world.acme.members[name].as_actor()
    with pytest.raises(PermissionDenied):
        keys.create_api_key(name="k", scope="read", actor=actor, now=START)
    with pytest.raises(PermissionDenied):
        keys.revoke_api_key(key=key[0], actor=actor, now=START)


def test_a_key_of_any_scope_makes_no_keys_and_manages_no_people(acme: Tenant, anna: Membership) -> None:
    for scope in ("read", "write", "admin"):
        row, _ = keys.create_api_key(name=scope, scope=scope, actor=anna.as_actor(), now=START)
        assert not row.as_actor().may("tenancy.manage_keys")
        assert not row.as_actor().may("tenancy.manage_people")


def test_an_outsider_cannot_revoke(world: World, key: tuple[ApiKey, str]) -> None:
    olga = world.other.members["olga"].as_actor()
    with tenant_scope(world.other.tenant.pk), pytest.raises(ApiKey.DoesNotExist):
        keys.revoke_api_key(key=key[0], actor=olga, now=START)
    with open_door(DoorKind.API_KEY, key[1]):
        pass


@pytest.mark.parametrize(
    ("name", "scope", "lasts"), [("", "read", None), ("k", "root", None), ("k", "read", timedelta(0))]
)
def test_nonsense_makes_no_key(
    acme: Tenant, anna: Membership, name: str, scope: str, lasts: timedelta | None
) -> None:
    with pytest.raises(ValidationError):
        keys.create_api_key(
            name=name,
            scope=scope,
            actor=anna.as_actor(),
            now=START,
            expires_at=None if lasts is None else START + lasts,
        )
    assert ApiKey.objects.count() == Door.objects.count() == 0


def test_a_key_for_reading_may_only_look(world: World) -> None:
    """Viewers may declare; the API refuses a read key all but looking, and so do the operations."""
    assert {permission.partition(".")[2] for permission in grants_of_key("read")} == {"view"}
    assert "incidents.declare" in grants_of_key("write")
