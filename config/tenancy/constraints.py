"""SameTenant: a foreign key that cannot leave its tenant, held by the database.

The field is declared `ForeignKey(..., db_constraint=False)`; this constraint writes the real key over
(tenant_id, x_id), so that a row can only ever point at a row of its own tenant. The target needs
`tenant_key()` among its constraints.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils.translation import gettext_lazy as _


def tenant_key(name: str) -> models.UniqueConstraint:
    """What a SameTenant key points at. `name` is `<app>_<model>_tenant_key`."""
    return models.UniqueConstraint(fields=["tenant", "id"], name=name)


class SameTenant(models.BaseConstraint):
    """`SameTenant("team", name="oncall_schedule_team_same_tenant")`. Deferred to the end of the
    transaction.
    """

    def __init__(self, field: str, *, name: str) -> None:
        self.field = field
        super().__init__(name=name)

    def constraint_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        return self.create_sql(model, schema_editor)

    def create_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        assert model is not None
        assert schema_editor is not None
        field: Any = model._meta.get_field(self.field)
        target: Any = field.related_model
        quote = schema_editor.quote_name
        sql = (
            f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(self.name)} "
            f"FOREIGN KEY (tenant_id, {quote(field.column)}) "
            f"REFERENCES {quote(target._meta.db_table)} (tenant_id, id) DEFERRABLE INITIALLY DEFERRED"
        )
        # Run at the end of the migration: its target's table and unique key may come later in it.
        schema_editor.deferred_sql.append(sql)
        return ""

    def remove_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        assert model is not None
        assert schema_editor is not None
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT IF EXISTS {quote(self.name)}"

    def validate(
        self, model: type[models.Model], instance: models.Model, exclude: Any = None, using: str = "default"
    ) -> None:
        """A foreign row is answered as a missing one, in a form or the API: 400, never a database error."""
        field: Any = model._meta.get_field(self.field)
        value = getattr(instance, field.attname)
        if value is None or (exclude and self.field in exclude):
            return
        tenant_id = getattr(instance, "tenant_id", None)
        if not field.related_model._base_manager.filter(pk=value, tenant_id=tenant_id).exists():
            raise ValidationError({self.field: _("That choice does not exist here.")})

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, _args, kwargs = super().deconstruct()
        kwargs.pop("violation_error_message", None)
        kwargs.pop("violation_error_code", None)
        return path, (self.field,), {"name": self.name, **{k: v for k, v in kwargs.items() if k != "name"}}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameTenant) and (self.field, self.name) == (other.field, other.name)

    def __hash__(self) -> int:
        return hash((self.field, self.name))
