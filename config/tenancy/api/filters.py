"""Filters of lists. Declared one by one, never `__all__`; relations by uid, so no choice is ever listed."""

from typing import Any

from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PAGING = {"cursor", "limit"}


@extend_schema_field({"type": "string"})
class UidFilter(filters.CharFilter):
    """`service = UidFilter("service")`: rows whose service has that uid. Unknown: an empty list."""

    def __init__(self, field: str, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("By uid."))
        super().__init__(field_name=field, lookup_expr="exact", **kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The row is found first: joined, the newest fifty would be sorted out of all that it has."""
        if not value:
            return qs
        target: Any = qs.model._meta.get_field(self.field_name).related_model
        row = target.objects.filter(uid=value).values("pk")[:1]
        return qs.filter(**{f"{self.field_name}_id": Subquery(row)})


def refuse_unknown(request: Request, known: set[str]) -> None:
    """A misspelt filter that is ignored would list everything, and look like an answer."""
    unknown = sorted(set(request.query_params) - known - PAGING)
    if unknown:
        raise ValidationError({name: [_("There is no such filter.")] for name in unknown})
    # PostgreSQL refuses to look for it.
    if spoilt := [name for name, value in request.query_params.items() if "\0" in value]:
        raise ValidationError({name: [ProhibitNullCharactersValidator.message] for name in spoilt})
