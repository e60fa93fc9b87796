"""INC-42 in addresses, bodies and filters: how incidents are named outside."""

import re
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from config.tenancy.models import Membership
from incidents.models import Incident

KEY = re.compile(r"INC-([1-9][0-9]{0,8})", re.IGNORECASE | re.ASCII)


def number_of(key: object) -> int | None:
    """42 of "INC-42", or None for what is no key."""
    found = KEY.fullmatch(key) if isinstance(key, str) else None
    return int(found[1]) if found else None


def membership_of(request: Request) -> Membership | None:
    """Who is asking, or None for an API key: a key belongs to nobody's circle."""
    membership: Membership | None = getattr(request._request, "membership", None)
    return membership


def visible_incidents(request: Request) -> QuerySet[Any]:
    """Those this person or key may read. One outside the circle is a missing one."""
    rows: QuerySet[Any] = Incident.objects.visible_to(membership_of(request))
    return rows


@extend_schema_field({"type": "string", "example": "INC-42"})
class ByKey(serializers.Field):
    """An incident by its key. To write, the request stands in the serializer's context."""

    default_error_messages = {"does_not_exist": _("That choice does not exist here.")}

    def to_representation(self, value: Incident) -> str:
        return value.key

    def to_internal_value(self, data: Any) -> Incident:
        number = number_of(data)
        found = visible_incidents(self.context["request"]).filter(number=number or 0).first()
        if found is None:
            self.fail("does_not_exist")
        assert isinstance(found, Incident)
        return found


@extend_schema_field({"type": "string", "example": "INC-42"})
class KeyFilter(filters.CharFilter):
    """`incident = KeyFilter("incident")`. What is no key matches nothing."""

    def __init__(self, field: str, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("By key: INC-42."))
        super().__init__(field_name=f"{field}__number", **kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(**{self.field_name: number_of(value) or 0}) if value else qs
