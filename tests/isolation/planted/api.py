"""Leaky viewsets."""

from typing import Any

from django.core.exceptions import PermissionDenied
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from config import clock
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.audit import acting
from config.tenancy.models import Team
from config.tenancy.requests import actor_of
from incidents.models import Service


class ServiceSerializer(serializers.ModelSerializer):
    class Meta:
        model = Service
        fields = ["uid", "name"]


class TeamWithServices(serializers.ModelSerializer):
    services = serializers.SerializerMethodField()

    class Meta:
        model = Team
        fields = ["uid", "name", "services"]

    def get_services(self, team: Team) -> Any:
        same_name = Service._base_manager.exclude(team_id=None)  # forgot whose
        return ServiceSerializer(same_name, many=True).data


class Unscoped(TenantReadOnlyViewSet):
    """The base's rows() forgotten: every tenant's."""

    queryset = Service.objects.none()
    serializer_class = ServiceSerializer

    def rows(self) -> Any:
        return Service._base_manager.all()


class ByBareId(TenantReadOnlyViewSet):
    queryset = Service.objects.none()
    serializer_class = ServiceSerializer
    action_permissions = {"rename": "incidents.view"}

    @action(detail=False, methods=["post"], url_path=r"rename/(?P<pk>[0-9]+)")
    def rename(self, request: Request, pk: str) -> Response:
        try:
            service = Service._base_manager.get(pk=pk)
        except Service.DoesNotExist:
            return Response({"renamed": False}, status=404)
        with acting(actor_of(request._request), now=clock.now()):
            service.description = "renamed"
            service.save()
        return Response({"renamed": True})


class Nested(TenantReadOnlyViewSet):
    queryset = Team.objects.none()
    serializer_class = TeamWithServices


class Forbidden(TenantReadOnlyViewSet):
    """403 for another's, 404 for a missing one: an oracle."""

    queryset = Service.objects.none()
    serializer_class = ServiceSerializer

    def get_object(self) -> Any:
        found = Service._base_manager.filter(uid=self.kwargs["uid"]).first()
        if found is not None and found.tenant_id != self.request._request.tenant.pk:  # type: ignore[attr-defined]
            raise PermissionDenied
        return super().get_object()


class NameCheck(serializers.Serializer):
    name = serializers.CharField()
    team = serializers.PrimaryKeyRelatedField(queryset=Team._base_manager.all(), required=False)

    def validate_name(self, name: str) -> str:
        if Service._base_manager.filter(name=name).exists():
            raise serializers.ValidationError("This name is taken.")
        return name


class Writer(ModelViewSet):
    """A unique name over all tenants, and a relation that takes any team."""

    queryset = Service.objects.none()
    serializer_class = NameCheck
    metadata_class = None

    def permission_for(self, method: str | None) -> str:
        return "incidents.view"

    def perform_create(self, serializer: Any) -> None:
        said = serializer.validated_data
        with acting(actor_of(self.request._request), now=clock.now()):
            Service.objects.create(name=said["name"], team=said.get("team") or Team.objects.first())
