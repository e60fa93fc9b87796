"""Rows named by their uid, looked up within the tenant at the moment of the request."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field({"type": "string", "example": "K3QXA7P2MZ5D"})
class ByUid(serializers.SlugRelatedField):
    """`service = ByUid(lambda: Service.objects.filter(archived_at=None))`, or `ByUid(read_only=True)`.

    The callable is called per request: a queryset made at import has no scope. Another tenant's row, a
    missing one and nonsense get the same words. Reading needs the relation in select_related.
    """

    default_error_messages = {
        "does_not_exist": _("That choice does not exist here."),
        "invalid": _("That choice does not exist here."),
    }

    def __init__(self, rows: Callable[[], QuerySet[Any]] | None = None, **kwargs: Any) -> None:
        self.rows = rows
        super().__init__(slug_field=kwargs.pop("slug_field", "uid"), **kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        assert self.rows is not None
        return self.rows()

    def to_internal_value(self, data: Any) -> Model:
        if not isinstance(data, str):
            self.fail("invalid")
        found: Model = super().to_internal_value(data)
        return found
