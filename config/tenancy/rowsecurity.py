"""Row security and append-only triggers, installed from pg_catalog by one idempotent reconciler.

Every table with a tenant_id, except Door, gets: tenant_id NOT NULL, row security ENABLED and FORCED (the
application's role owns the tables), and exactly one policy over both settings of config.tenancy.scoping.
History tables (those of no tenant too) and models with `append_only = True` get a trigger that refuses UPDATE
and DELETE, except for the one purge function (`purging()`).

Runs after every migrate and fails loudly, also where the role may pass row security by itself. The system
check and the pg_catalog test read the same `facts()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from django.apps import apps
from django.db import connection, transaction

log = structlog.get_logger(__name__)

POLICY = "muster_tenant"
TRIGGER = "muster_append_only"
EXEMPT = {"tenancy_door"}
PREDICATE = (
    "((tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::bigint) "
    "OR (current_setting('app.scope'::text, true) = 'all'::text))"
)
FUNCTION = """
CREATE OR REPLACE FUNCTION muster_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('app.purge', true) = 'on' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""
FACTS = """
SELECT c.relname,
       a.attname IS NOT NULL,
       coalesce(a.attnotnull, false),
       c.relrowsecurity AND c.relforcerowsecurity,
       (SELECT array_agg(p.polname || '|' || p.polcmd::text || '|' || p.polpermissive::text || '|'
               || p.polroles::text || '|' || coalesce(pg_get_expr(p.polqual, p.polrelid), '') || '|'
               || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), ''))
          FROM pg_policy p WHERE p.polrelid = c.oid),
       EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = %s AND t.tgenabled = 'O')
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p')
 ORDER BY c.relname
"""


ROLE = "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"


@dataclass(frozen=True)
class TableFacts:
    """What pg_catalog says of one table."""

    table: str
    has_tenant: bool
    tenant_not_null: bool
    forced: bool
    policies: tuple[str, ...]
    append_only: bool

    @property
    def is_secured(self) -> bool:
        """Whether row security has to hold here."""
        return self.has_tenant and self.table not in EXEMPT

    @property
    def has_the_policy(self) -> bool:
        return self.policies == (f"{POLICY}|*|true|{{0}}|{PREDICATE}|{PREDICATE}",)


class RowSecurityError(Exception):
    """A table could not be brought under row security."""


def append_only_tables() -> set[str]:
    """Tables of history models and of models that say `append_only = True`."""
    return {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if getattr(model, "append_only", False) or hasattr(model, "history_type")
    }


def facts() -> list[TableFacts]:
    """Of every table of the schema, by name. One query of pg_catalog."""
    with connection.cursor() as cursor:
        cursor.execute(FACTS, [TRIGGER])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [
        TableFacts(table, has_tenant, not_null, forced, tuple(policies or ()), trigger)
        for table, has_tenant, not_null, forced, policies, trigger in rows
    ]


def role_problems() -> list[str]:
    """A superuser, or a role with BYPASSRLS, sees every tenant's rows whatever the policies say."""
    with connection.cursor() as cursor:
        cursor.execute(ROLE)
        name, is_superuser, bypasses = cursor.fetchone() or ("?", True, True)
    if not (is_superuser or bypasses):
        return []
    return [
        f"The database role {name} passes row security. Use one made with "
        "CREATE ROLE … LOGIN NOSUPERUSER NOBYPASSRLS that owns the database."
    ]


def problems() -> list[str]:
    """One sentence for each table that is not as it must be; empty when all is well."""
    wanted = append_only_tables()
    found = role_problems()
    for fact in facts():
        if fact.table in wanted and not fact.append_only:
            found.append(f"{fact.table} is not append-only.")
        if not fact.is_secured:
            continue
        if not fact.tenant_not_null:
            found.append(f"{fact.table}.tenant_id may be null.")
        if not fact.forced:
            found.append(f"{fact.table} has no forced row security.")
        if not fact.has_the_policy:
            found.append(f"{fact.table} does not have exactly the policy {POLICY}.")
    return found


def reconcile(**kwargs: object) -> None:
    """Receiver of post_migrate: brings every table to the rule, changing what differs, then checks itself."""
    wanted = append_only_tables()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FUNCTION)
        for fact in facts():
            for statement in _mending(fact, fact.table in wanted):
                cursor.execute(statement)
    if left := problems():
        raise RowSecurityError("Row security is not complete: " + " ".join(left))


def _mending(fact: TableFacts, append_only: bool) -> Iterator[str]:
    table = connection.ops.quote_name(fact.table)
    if append_only and not fact.append_only:
        yield f"DROP TRIGGER IF EXISTS {TRIGGER} ON {table}"
        yield (
            f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION muster_append_only()"
        )
    if not fact.is_secured:
        return
    if not fact.tenant_not_null:
        yield f"ALTER TABLE {table} ALTER COLUMN tenant_id SET NOT NULL"
    if not fact.forced:
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    if not fact.has_the_policy:
        for policy in fact.policies:
            yield f"DROP POLICY {connection.ops.quote_name(policy.split('|')[0])} ON {table}"
        yield f"CREATE POLICY {POLICY} ON {table} USING {PREDICATE} WITH CHECK {PREDICATE}"


@contextmanager
def purging() -> Iterator[None]:
    """Lets append-only rows be deleted inside: retention and nothing else.

    A transaction of its own, or a savepoint: an error inside takes the permission back with it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.purge', 'on', true)")
        yield
        cursor.execute("SELECT set_config('app.purge', '', true)")
