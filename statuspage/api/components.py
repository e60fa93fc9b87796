"""Components: to read, and to set the status of."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.requests import actor_of
from statuspage.models import Component
from statuspage.operations.components import set_component_status
from statuspage.states import ComponentStatus


class ComponentSerializer(ReadSerializer):
    page = ByUid(read_only=True)
    group = ByUid(read_only=True)

    class Meta:
        model = Component
        fields = [
            "uid",
            "page",
            "group",
            "name",
            "description",
            "position",
            "status",
            "shown",
            "created_at",
            "updated_at",
        ]


class StatusBody(StrictSerializer):
    status = serializers.ChoiceField(choices=ComponentStatus.choices)


class ComponentFilter(filters.FilterSet):
    page = UidFilter("page")
    status = filters.ChoiceFilter(choices=ComponentStatus.choices)


class ComponentViewSet(TenantReadOnlyViewSet):
    """Parts of the product as customers know them."""

    queryset = Component.objects.none()
    serializer_class = ComponentSerializer
    filterset_class = ComponentFilter
    action_permissions = {"partial_update": "statuspage.publish"}

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("page", "group")

    @extend_schema(request=StatusBody, responses=ComponentSerializer)
    def partial_update(self, request: Request, uid: str) -> Response:
        """Set the status, without a notice. On the page within a second; the same again changes nothing."""
        body = StatusBody(data=request.data)
        body.is_valid(raise_exception=True)
        set_component_status(
            component=self.get_object(),
            status=body.validated_data["status"],
            actor=actor_of(request),
            now=clock.now(),
        )
        return Response(self.get_serializer(self.get_object()).data)
