"""What the database itself says: every tenant table is secured, every key stays inside its tenant.

The lists come from pg_catalog. A table, key or index that nobody thought of fails here.
"""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.utils import IntegrityError

from config.tenancy import checks, rowsecurity
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Team, TeamMember, Tenant, TenantModel
from config.tenancy.rowsecurity import RowSecurityError
from config.tenancy.scoping import all_tenants
from tests.conftest import START
from tests.people import World

# Found by everybody, before any tenant is known: (table, columns).
UNIQUE_OVER_ALL_TENANTS = {
    ("tenancy_door", ("kind", "hash")),
    ("statuspage_statuspage", ("slug",)),
}

# Rows of no tenant, and why.
OF_NO_TENANT = {
    "tenancy_tenant": "found by its slug before anything is bound",
    "tenancy_user": "a person, in any number of tenants",
    "tenancy_historicaltenant": "the audit trail of the platform",
    "tenancy_historicaluser": "the audit trail of the platform; holds no name and no address",
    "tenancy_keptmail": "mails not sent, for platform staff",
    "tenancy_outgoingmail": "mails about signing in; encrypted, emptied when sent",
    "tenancy_pulse": "the machine's own",
    "tenancy_throttle": "limits of signing in; hashes only",
    "django_session": "one session for all tenants",
    "django_migrations": "Django's own",
    "django_content_type": "Django's own; names of models",
    "django_admin_log": "Django's own; never written",
    "auth_permission": "Django's own; not used",
    "auth_group": "Django's own; not used",
    "auth_group_permissions": "Django's own; not used",
}

KEYS = """
SELECT c.conname, src.relname, dst.relname,
       (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY AS k(num, n)
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num)::text[],
       c.condeferrable AND c.condeferred
  FROM pg_constraint c
  JOIN pg_class src ON src.oid = c.conrelid
  JOIN pg_class dst ON dst.oid = c.confrelid
  JOIN pg_namespace n ON n.oid = src.relnamespace AND n.nspname = current_schema()
 WHERE c.contype = 'f'
"""
UNIQUES = """
SELECT t.relname, i.relname,
       (SELECT array_agg(coalesce(a.attname, '(expression)') ORDER BY k.n)
          FROM unnest(x.indkey) WITH ORDINALITY AS k(num, n)
          LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.num AND k.num > 0)::text[]
  FROM pg_index x
  JOIN pg_class t ON t.oid = x.indrelid
  JOIN pg_class i ON i.oid = x.indexrelid
  JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema()
 WHERE x.indisunique AND NOT x.indisprimary
"""

pytestmark = pytest.mark.django_db


def ask(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def tenant_tables() -> set[str]:
    return {fact.table for fact in rowsecurity.facts() if fact.has_tenant}


def test_every_table_with_a_tenant_is_secured() -> None:
    assert rowsecurity.problems() == []
    secured = {fact.table for fact in rowsecurity.facts() if fact.is_secured}
    assert {"tenancy_membership", "tenancy_historicalmembership"} <= secured
    assert tenant_tables() - secured == {"tenancy_door"}


def test_every_other_table_is_known_to_be_of_no_tenant() -> None:
    assert {fact.table for fact in rowsecurity.facts() if not fact.has_tenant} == set(OF_NO_TENANT)


def test_every_tenant_model_and_its_history_has_a_tenant() -> None:
    tables = tenant_tables()
    for model in apps.get_models(include_auto_created=True):
        original = getattr(model, "instance_type", model)  # a history model names its original
        if issubclass(original, TenantModel):
            assert model._meta.db_table in tables, model


def test_every_history_table_can_only_be_added_to() -> None:
    wanted = rowsecurity.append_only_tables()
    facts = {fact.table: fact.append_only for fact in rowsecurity.facts()}
    assert {"tenancy_historicaltenant", "tenancy_historicaluser", "tenancy_historicalteam"} <= wanted
    assert [table for table in wanted if not facts[table]] == []


def test_the_role_cannot_pass_row_security() -> None:
    assert ask(
        "SELECT rolsuper, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = current_user"
    ) == [(False, False, False)]


def test_every_key_between_tenant_tables_holds_the_tenant_and_waits_for_the_commit() -> None:
    tables = tenant_tables()
    between = [row for row in ask(KEYS) if row[1] in tables and row[2] in tables]
    assert len(between) >= 2
    for name, _source, _target, columns, deferred in between:
        assert columns[0] == "tenant_id", name
        assert deferred, name


def test_every_unique_index_of_a_tenant_begins_with_the_tenant() -> None:
    tables = tenant_tables()
    over_all = {
        (table, tuple(columns))
        for table, _, columns in ask(UNIQUES)
        if table in tables and columns[0] != "tenant_id"
    }
    assert over_all - UNIQUE_OVER_ALL_TENANTS == set()


def test_there_is_no_view_and_no_function_that_runs_as_its_owner() -> None:
    assert (
        ask(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = current_schema() AND c.relkind IN ('v', 'm')"
        )
        == []
    )
    assert (
        ask(
            "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "WHERE n.nspname = current_schema() AND p.prosecdef"
        )
        == []
    )


@pytest.fixture
def broken(request: pytest.FixtureRequest) -> str:
    """A database somebody has tampered with; the test's own transaction puts it right again."""
    with connection.cursor() as cursor:
        cursor.execute(request.param)
    return request.param


TAMPERED = [
    "ALTER TABLE tenancy_team DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE tenancy_team NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY muster_tenant ON tenancy_team",
    "CREATE POLICY extra ON tenancy_team USING (true)",
    "ALTER TABLE tenancy_historicalteam ALTER COLUMN tenant_id DROP NOT NULL",
    "ALTER TABLE tenancy_historicalteam DISABLE TRIGGER muster_append_only",
    "DROP TRIGGER muster_append_only ON tenancy_historicaltenant",
]


@pytest.mark.parametrize("broken", TAMPERED, indirect=True)
def test_tampering_is_found_and_mended(broken: str) -> None:
    assert len(rowsecurity.problems()) == 1
    assert [error.id for error in checks.check_row_security(None, databases=["default"])] == ["tenancy.E003"]
    rowsecurity.reconcile()
    assert rowsecurity.problems() == []


def test_what_cannot_be_mended_fails_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rowsecurity, "role_problems", lambda: ["The database role x passes row security."])
    with pytest.raises(RowSecurityError, match="passes row security"):
        rowsecurity.reconcile()


def test_the_reconciler_changes_nothing_the_second_time(django_assert_num_queries) -> None:
    # savepoint, function, facts, release; facts and role once more for its own check
    with django_assert_num_queries(6):
        rowsecurity.reconcile()


def test_migrate_is_not_stopped_by_what_it_will_mend() -> None:
    with all_tenants("migrate"):
        assert checks.check_row_security(None, databases=["default"]) == []
    assert checks.check_row_security(None, databases=None) == []


def test_a_key_into_another_tenant_is_refused_at_the_commit(world: World, acme: Tenant) -> None:
    with acting(ENGINE, now=START):
        team = Team.objects.create(name="Payments")

    def commit() -> None:
        with acting(ENGINE, now=START):
            TeamMember.objects.create(team=team, membership=world.other.members["olga"])
            connection.check_constraints()

    with pytest.raises(IntegrityError, match="tenancy_teammember_membership_same_tenant"):
        commit()


def test_validation_answers_a_foreign_choice_like_a_missing_one(world: World, acme: Tenant) -> None:
    from django.core.exceptions import ValidationError

    with acting(ENGINE, now=START):
        team = Team.objects.create(name="Payments")
    said = []
    for membership_id in (world.other.members["olga"].pk, 2**40):
        with pytest.raises(ValidationError) as refused:
            TeamMember(team=team, membership_id=membership_id).full_clean()
        said.append(refused.value.message_dict["membership"])
    ids = (str(2**40), str(world.other.members["olga"].pk))
    masked = {" ".join(words).replace(ids[0], "?").replace(ids[1], "?") for words in said}
    assert len(masked) == 1
    TeamMember(team=team, membership=Membership.objects.get(user__name="Bram")).full_clean()


def test_models_without_tenant_keys_are_named_by_the_system_check() -> None:
    assert checks.check_tenant_keys(None) == []


def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", "tenancy", "--check", "--dry-run", verbosity=0)
