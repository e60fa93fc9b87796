"""TenantModel: what every row of a tenant has in common."""

from typing import Any

from django.db import models
from django_scopes import ScopedManager

from config.tenancy.scoping import bound_tenant_id


class TenantQuerySet(models.QuerySet[Any]):
    """Fills the tenant for rows that are written many at a time; such writes leave no history rows."""

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        rows = list(objs)
        for row in rows:
            if row.tenant_id is None:
                row.tenant_id = bound_tenant_id()
        return super().bulk_create(rows, *args, **kwargs)


class TenantModel(models.Model):
    """A row of exactly one tenant.

    `objects` raises outside a scope. `tenant` is filled with the bound tenant when a row is first saved. Row
    security and its flags are installed from pg_catalog after migrate (config.tenancy.rowsecurity), for every
    table that has a tenant_id. Set `append_only = True` on the class for rows no code may change or delete.

    Each index begins with the tenant; each foreign key between tenant tables is `db_constraint=False` plus a
    SameTenant constraint (a system check says which is missing).
    """

    append_only = False

    tenant = models.ForeignKey(
        "tenancy.Tenant", on_delete=models.PROTECT, db_index=False, related_name="+", editable=False
    )

    objects: Any = ScopedManager(tenant="tenant", _manager_class=models.Manager.from_queryset(TenantQuerySet))

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.tenant_id is None:
            self.tenant_id = bound_tenant_id()
        super().save(*args, **kwargs)

    def full_clean(  # type: ignore[override]
        self, exclude: Any = None, **kwargs: Any
    ) -> None:
        """Constraints are checked with the tenant in view, whatever the caller excludes.

        Trap: no form has a field `tenant`, and Django skips each constraint that names a field a form leaves
        out. A second team "Payments" would reach the database and come back as an error page.
        """
        if self.tenant_id is None:
            self.tenant_id = bound_tenant_id()
        super().full_clean(exclude=set(exclude or ()) - {"tenant"}, **kwargs)

    def clean_fields(self, exclude: Any = None) -> None:
        # The tenant was bound, not chosen: it need not be looked up.
        super().clean_fields(exclude=set(exclude or ()) | {"tenant"})

    def unique_error_message(self, model_class: Any, unique_check: Any) -> Any:
        """Says "Team with this Name already exists": the tenant goes without saying."""
        named = tuple(field for field in unique_check if field != "tenant")
        return super().unique_error_message(model_class, named or unique_check)
