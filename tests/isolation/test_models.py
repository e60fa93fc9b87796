"""Every model is classified, and pg_catalog holds what the classification promises (harness item 1)."""

from typing import Any

import pytest
from django.db import connection

from config.tenancy import rowsecurity
from tests.isolation import classify

pytestmark = pytest.mark.django_db

TENANT_COLUMNS = """
SELECT c.relname FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p')
"""
FOREIGN_KEYS = """
SELECT c.conname, source.relname, target.relname,
       (SELECT array_agg(a.attname::text) FROM unnest(c.conkey) k JOIN pg_attribute a
         ON a.attrelid = c.conrelid AND a.attnum = k)
  FROM pg_constraint c
  JOIN pg_class source ON source.oid = c.conrelid
  JOIN pg_class target ON target.oid = c.confrelid
  JOIN pg_namespace n ON n.oid = source.relnamespace AND n.nspname = current_schema()
 WHERE c.contype = 'f'
"""
UNIQUE_INDEXES = """
SELECT i.relname, t.relname, x.indisprimary,
       (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = x.indkey[0])
  FROM pg_index x
  JOIN pg_class i ON i.oid = x.indexrelid
  JOIN pg_class t ON t.oid = x.indrelid
  JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema()
 WHERE x.indisunique
"""
VIEWS = """
SELECT c.relname, coalesce(array_to_string(c.reloptions, ','), '')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
 WHERE c.relkind IN ('v', 'm')
"""
FUNCTIONS = """
SELECT p.proname, p.prosecdef
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = current_schema()
"""


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_every_model_is_a_tenants_everybodys_or_the_machinerys() -> None:
    unknown = [
        model._meta.label
        for model in classify.all_models()
        if not classify.is_tenant(model)
        and model._meta.label not in classify.GLOBAL
        and model._meta.label not in classify.SYSTEM
    ]
    assert not unknown, f"Classify in tests/isolation/classify.py: {unknown}"


def test_nothing_is_classified_that_is_not_there() -> None:
    labels = {model._meta.label for model in classify.all_models()}
    assert not (set(classify.GLOBAL) | set(classify.SYSTEM)) - labels


def test_every_tenant_table_has_its_own_column_and_forced_row_security() -> None:
    facts = {fact.table: fact for fact in rowsecurity.facts()}
    for table in classify.tenant_tables():
        fact = facts[table]
        assert fact.tenant_not_null, table
        assert fact.forced, table
        assert fact.has_the_policy, table
    assert rowsecurity.problems() == []
    # And the other way round: no table has a tenant column that no model knows of.
    assert {row[0] for row in rows(TENANT_COLUMNS)} - classify.tenant_tables() == {"tenancy_door"}


def test_the_applications_role_cannot_step_over_row_security() -> None:
    assert rows("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == [
        (False, False)
    ]


def test_every_key_between_tenant_tables_carries_the_tenant() -> None:
    tenant = classify.tenant_tables()
    between = [row for row in rows(FOREIGN_KEYS) if row[1] in tenant and row[2] in tenant]
    assert between
    for name, source, target, columns in between:
        assert "tenant_id" in columns, f"{name}: {source} -> {target}"


def test_every_relation_between_tenant_models_has_such_a_key() -> None:
    """A ForeignKey without any key in the database would be found by nothing above. History keeps none."""
    held = {(row[1], column) for row in rows(FOREIGN_KEYS) for column in row[3]}
    for model in classify.tenant_models():
        if classify.is_history(model):
            continue
        for field in model._meta.local_fields:
            if field.is_relation and classify.is_tenant(field.related_model):
                assert (model._meta.db_table, field.column) in held, f"{model._meta.label}.{field.name}"


def test_every_unique_index_begins_with_the_tenant() -> None:
    for index, table, is_primary, first in rows(UNIQUE_INDEXES):
        if table in classify.tenant_tables() and not is_primary:
            assert first == "tenant_id" or index in classify.UNIQUE_OVER_ALL, f"{table}: {index}"


def test_no_view_and_no_function_runs_past_row_security() -> None:
    for name, options in rows(VIEWS):
        assert "security_invoker=true" in options.replace("=on", "=true"), name
    assert {name for name, definer in rows(FUNCTIONS) if definer} == set()
    # A SELECT may call functions: what a probe did to rows is told by its statements (probing.WRITES).
    assert {name for name, _ in rows(FUNCTIONS)} == {"muster_append_only"}
