"""System checks: the tenancy rules, said at start rather than found in the night."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection, models

from config.tenancy import rowsecurity, scoping
from config.tenancy.constraints import SameTenant
from config.tenancy.models import TenantModel


@register(Tags.models)
def check_tenant_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every foreign key between tenant tables is a SameTenant key, and its target can be pointed at."""
    return [
        message
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        for message in (*_check_keys(model), *_check_many_to_many(model))
    ]


def _check_keys(model: type[TenantModel]) -> Iterator[CheckMessage]:
    held = {c.field for c in model._meta.constraints if isinstance(c, SameTenant)}
    for field in model._meta.local_fields:
        key: Any = field
        target: Any = field.related_model
        if not isinstance(field, models.ForeignKey) or not _is_tenant_model(target):
            continue
        if key.db_constraint or field.name not in held:
            yield Error(
                f"{model._meta.label}.{field.name} points at tenant rows without a SameTenant key.",
                hint="Declare it db_constraint=False and add SameTenant to Meta.constraints.",
                id="tenancy.E001",
            )
        if not any(
            isinstance(c, models.UniqueConstraint) and tuple(c.fields) == ("tenant", "id")
            for c in target._meta.constraints
        ):
            yield Error(f"{target._meta.label} needs tenant_key() among its constraints.", id="tenancy.E002")


def _check_many_to_many(model: type[TenantModel]) -> Iterator[CheckMessage]:
    """A through table made by Django has no tenant_id, so no row security."""
    for field in model._meta.local_many_to_many:
        if field.remote_field.through._meta.auto_created:  # type: ignore[union-attr]
            yield Error(
                f"{model._meta.label}.{field.name} needs a through model of its own, a TenantModel.",
                id="tenancy.E004",
            )


def _is_tenant_model(target: Any) -> bool:
    return isinstance(target, type) and issubclass(target, TenantModel)


@register(Tags.database)
def check_row_security(app_configs: Any, databases: Any, **kwargs: Any) -> list[CheckMessage]:
    """pg_catalog says that row security is whole. Runs with `check --database default`, so at each start."""
    # migrate checks the database before it has brought it to the rule.
    if not databases or scoping.why() == "migrate":
        return []
    return [
        Error(problem, hint="Run manage.py migrate: it installs row security.", id="tenancy.E003")
        for problem in rowsecurity.problems()
    ]


@register(Tags.database)
def check_database_role(app_configs: Any, databases: Any, **kwargs: Any) -> list[CheckMessage]:
    """A superuser, or a role with BYPASSRLS, would pass row security without a sound."""
    if not databases:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        row = cursor.fetchone()
    if row is None or not row[0]:
        return []
    return [
        Error(
            "The role of DATABASE_URL is a superuser or has BYPASSRLS: row security would not hold.",
            hint="Create one: CREATE ROLE muster LOGIN NOSUPERUSER NOBYPASSRLS; and let it own the database.",
            id="tenancy.E005",
        )
    ]
