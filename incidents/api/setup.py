"""What is set up, to read: services, severities, roles and alert sources. It is changed in the admin."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import ReadSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from incidents.models import AlertSource, IncidentRole, Service, Severity


class ServiceRef(ReadSerializer):
    class Meta:
        model = Service
        fields = ["uid", "name"]


class ServiceSerializer(ReadSerializer):
    team = ByUid(read_only=True)
    policy = ByUid(read_only=True, help_text="The escalation policy, by uid. Null: the default policy pages.")
    component = ByUid(read_only=True, help_text="What customers call it on the status page, by uid.")

    class Meta:
        model = Service
        fields = [
            "uid",
            "name",
            "description",
            "team",
            "policy",
            "component",
            "runbook_url",
            "recovers_alone",
            "archived_at",
        ]


class ServiceFilter(filters.FilterSet):
    name = filters.CharFilter(lookup_expr="exact")
    team = UidFilter("team")
    archived = filters.BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)


class ServiceViewSet(TenantReadOnlyViewSet):
    """What teams run and can be paged for."""

    queryset = Service.objects.none()
    serializer_class = ServiceSerializer
    filterset_class = ServiceFilter

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("team", "policy", "component")


class SeverityRef(ReadSerializer):
    class Meta:
        model = Severity
        fields = ["uid", "rank", "word"]


class SeveritySerializer(ReadSerializer):
    class Meta:
        model = Severity
        fields = ["uid", "rank", "word", "name", "description", "examples", "response", "update_minutes"]


class SeverityViewSet(TenantReadOnlyViewSet):
    """The scale. Rank 1 is the worst."""

    queryset = Severity.objects.none()
    serializer_class = SeveritySerializer


class RoleSerializer(ReadSerializer):
    policy = ByUid(read_only=True, help_text="Whom a call-in of this role pages, by uid.")

    class Meta:
        model = IncidentRole
        fields = ["uid", "code", "name", "duties", "position", "policy"]


class RoleViewSet(TenantReadOnlyViewSet):
    """Roles people can have in an incident."""

    queryset = IncidentRole.objects.none()
    serializer_class = RoleSerializer

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("policy")


class SourceRef(ReadSerializer):
    class Meta:
        model = AlertSource
        fields = ["uid", "name"]


class SourceSerializer(ReadSerializer):
    service = ByUid(read_only=True)

    class Meta:
        model = AlertSource
        fields = ["uid", "name", "service", "created_at", "revoked_at", "last_event_at"]


class SourceViewSet(TenantReadOnlyViewSet):
    """Monitors that may post alerts. Their keys are shown in the admin only, to owners and managers."""

    queryset = AlertSource.objects.none()
    serializer_class = SourceSerializer

    def rows(self) -> QuerySet[Any]:
        # The key is never read here, so that no field added by mistake could show it.
        return super().rows().select_related("service").defer("key")


routes: list[Route] = [
    ("services", ServiceViewSet, "service"),
    ("severities", SeverityViewSet, "severity"),
    ("roles", RoleViewSet, "role"),
    ("sources", SourceViewSet, "source"),
]
