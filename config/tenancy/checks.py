"""System checks: the tenancy rules, said at start rather than found in the night."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import models

from config.tenancy import rowsecurity
from config.tenancy.constraints import SameTenant
from config.tenancy.models import TenantModel


@register(Tags.models)
def check_tenant_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every foreign key between tenant tables is a SameTenant key, and its target can be pointed at."""
    found: list[CheckMessage] = []
    for model in apps.get_models():
        if not issubclass(model, TenantModel):
            continue
        held = {c.field for c in model._meta.constraints if isinstance(c, SameTenant)}
        for field in model._meta.local_fields:
            target = field.related_model
            if not (isinstance(field, models.ForeignKey) and isinstance(target, type) and issubclass(target, TenantModel)):
                continue
            if field.db_constraint or field.name not in held:
                found.append(
                    Error(
                        f"{model._meta.label}.{field.name} points at tenant rows without a SameTenant key.",
                        hint="Declare it db_constraint=False and add SameTenant to Meta.constraints.",
                        id="tenancy.E001",
                    )
                )
            if not any(
                isinstance(c, models.UniqueConstraint) and tuple(c.fields) == ("tenant", "id")
                for c in target._meta.constraints
            ):
                found.append(
                    Error(f"{target._meta.label} needs tenant_key() among its constraints.", id="tenancy.E002")
                )
    return found


@register(Tags.database)
def check_row_security(app_configs: Any, databases: Any, **kwargs: Any) -> list[CheckMessage]:
    """pg_catalog says that row security is whole. Runs with `check --database default`, so at each start."""
    if not databases:
        return []
    return [
        Error(problem, hint="Run manage.py migrate: it installs row security.", id="tenancy.E003")
        for problem in rowsecurity.problems()
    ]
