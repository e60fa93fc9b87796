"""The tripwire that the whole suite runs under."""

from collections.abc import Callable

import pytest
from django.db import connection

from config.tenancy.models import Membership, Team
from config.tenancy.scoping import all_tenants, tenant_scope
from tests.isolation.tripwire import UnboundStatement, touched
from tests.people import World


def test_a_statement_past_the_managers_is_caught(world: World) -> None:
    with pytest.raises(UnboundStatement, match="tenancy_membership"):
        Membership._base_manager.exists()
    with pytest.raises(UnboundStatement), connection.cursor() as cursor:
        cursor.execute("select count(*) from tenancy_team")


def test_inside_a_tenant_or_a_named_claim_it_is_silent(world: World) -> None:
    with tenant_scope(world.acme.tenant.pk):
        Team._base_manager.exists()
    with all_tenants("test"):
        Team._base_manager.exists()


@pytest.mark.usefixtures("past_the_tripwire")
def test_a_test_that_means_it_says_so(world: World) -> None:
    assert not Membership._base_manager.exists()  # row security's own answer


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ('UPDATE "oncall_escalation" SET x = 1', {"oncall_escalation"}),
        ("SELECT 1 FROM incidents_historicalincident h", {"incidents_historicalincident"}),
        ('SELECT * FROM "tenancy_tenant"', set()),
        ("SELECT set_config('app.tenant_id', '1', false) FROM tenancy_door", set()),
    ],
)
def test_it_reads_tables_out_of_statements(sql: str, tables: set[str]) -> None:
    assert touched(sql) == tables


def test_it_is_in_force_everywhere(request: pytest.FixtureRequest, world: World) -> None:
    assert "tripwire" in request.fixturenames
    wrapper: Callable[..., object] = connection.execute_wrappers[0]
    assert wrapper.__name__ == "tripwire"
