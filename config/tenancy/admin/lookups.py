"""Which query parameters a change list answers to: a list, written down, never "any local field"."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.core.exceptions import FieldDoesNotExist
from django.db import models

DATE_LOOKUPS = ("gte", "lt", "isnull")
HIERARCHY_LOOKUPS = ("gte", "lt", "year", "month", "day")


def filter_lookups(model: type[models.Model], list_filter: Any, date_hierarchy: str | None) -> set[str]:
    """The parameters that the change list's own filters use.

    Django allows a look-up on every local field, hidden ones too: `?secret__startswith=a` answers by the
    length of the list, letter by letter.
    """
    allowed: set[str] = set()
    for item in list_filter:
        if isinstance(item, type) and issubclass(item, SimpleListFilter):
            allowed.add(str(item.parameter_name))
            continue
        name = item[0] if isinstance(item, (list, tuple)) else item
        allowed |= _of_field(model, str(name))
    if date_hierarchy:
        allowed |= {f"{date_hierarchy}__{lookup}" for lookup in HIERARCHY_LOOKUPS}
    return allowed


def _of_field(model: type[models.Model], name: str) -> set[str]:
    field = _find(model, name)
    if field is None:
        return set()
    if field.is_relation:
        return {f"{name}__{field.related_model._meta.pk.name}__exact", f"{name}__isnull"}
    if isinstance(field, models.DateField):
        return {f"{name}__{lookup}" for lookup in DATE_LOOKUPS}
    return {f"{name}__exact", f"{name}__isnull"}


def _find(model: Any, name: str) -> Any:
    field = None
    for part in name.split("__"):
        try:
            field = model._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        model = field.related_model
    return field
