"""What is set up, to read: services, severities, roles and alert sources. It is changed in the admin."""

from typing import Any

from django.db.models import QuerySet, Subquery
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response as Answer

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.requests import actor_of
from incidents.models import (
    AlertSource,
    IncidentRole,
    Response,
    RoleCode,
    ScaleVersion,
    Service,
    Severity,
)
from incidents.operations.scale import FIELDS, save_severity


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
            "urgency",
            "ack_minutes",
            "alerts_end_after_hours",
            "unconfirmed_end_after_hours",
            "grouping",
            "grouping_labels",
            "grouping_minutes",
            "storm_per_minute",
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
    version = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="The version of the scale as it stands now."
    )

    class Meta:
        model = Severity
        fields = ["uid", *FIELDS, "version"]


class ScaleStepBody(StrictSerializer):
    """A step of the scale, or what is to change of it."""

    rank = serializers.IntegerField(min_value=1, max_value=99)
    word = serializers.CharField(max_length=12)
    name = serializers.CharField(max_length=40)
    description = serializers.CharField(max_length=300)
    examples = serializers.CharField(
        max_length=5000, allow_blank=True, required=False, help_text="One a line."
    )
    response = serializers.ChoiceField(choices=Response.choices, required=False)
    update_minutes = serializers.IntegerField(
        min_value=1,
        max_value=100_000,
        allow_null=True,
        required=False,
        help_text="Null: next office day, 12:00.",
    )
    called_roles = serializers.ListField(
        child=serializers.ChoiceField(choices=[code.value for code in RoleCode if code != RoleCode.OTHER]),
        required=False,
    )
    postmortem_required = serializers.BooleanField(required=False)


class SeverityViewSet(TenantReadOnlyViewSet):
    """The scale. Rank 1 is the worst. Each change publishes a version of it."""

    queryset = Severity.objects.none()
    serializer_class = SeveritySerializer

    def rows(self) -> QuerySet[Any]:
        newest = ScaleVersion.objects.order_by("-number").values("number")[:1]
        return super().rows().annotate(version=Subquery(newest))

    @extend_schema(request=ScaleStepBody, responses={201: SeveritySerializer})
    def create(self, request: Request) -> Answer:
        """Adds a step to the scale."""
        return self._saved(Severity(), request, partial=False, code=status.HTTP_201_CREATED)

    @extend_schema(request=ScaleStepBody, responses={200: SeveritySerializer})
    def partial_update(self, request: Request, uid: str) -> Answer:
        """Changes a step of the scale."""
        return self._saved(self.get_object(), request, partial=True, code=status.HTTP_200_OK)

    def _saved(self, severity: Severity, request: Request, *, partial: bool, code: int) -> Answer:
        body = ScaleStepBody(data=request.data, partial=partial, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        for name, value in body.validated_data.items():
            setattr(severity, name, value)
        save_severity(severity=severity, actor=actor_of(request._request), now=clock.now())
        return Answer(SeveritySerializer(self.get_queryset().get(pk=severity.pk)).data, status=code)


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
        fields = [
            "uid",
            "name",
            "tool",
            "service",
            "by_group",
            "grouping",
            "grouping_labels",
            "reopen_minutes",
            "quiet_ends_after_minutes",
            "limit_per_minute",
            "mapping",
            "created_at",
            "revoked_at",
            "last_event_at",
            "over_limit_at",
        ]


class SourceViewSet(TenantReadOnlyViewSet):
    """Monitors that may post alerts. Their keys are shown in the admin only, to owners and managers."""

    queryset = AlertSource.objects.none()
    serializer_class = SourceSerializer

    def rows(self) -> QuerySet[Any]:
        # No secret is ever read here, so that no field added by mistake could show it.
        return super().rows().select_related("service").defer("key", "signature_secret")


routes: list[Route] = [
    ("services", ServiceViewSet, "service"),
    ("severities", SeverityViewSet, "severity"),
    ("roles", RoleViewSet, "role"),
    ("sources", SourceViewSet, "source"),
]
