"""Alerts: what monitors say is wrong."""

from json import dumps
from typing import Any
from uuid import uuid4

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from incidents.api.keys import ByKey, KeyFilter, membership_of
from incidents.api.setup import ServiceRef, SourceRef
from incidents.models import Alert, AlertSeverity, AlertSource, AlertStatus
from incidents.operations.ingest import take_in
from incidents.operations.seeing import visible_alerts


class AlertSerializer(ReadSerializer):
    incident = ByKey(help_text="The incident it belongs to, by key.")
    service = ServiceRef()
    source = SourceRef()  # type: ignore[assignment]  # a field of that name, not DRF's attribute

    class Meta:
        model = Alert
        fields = [
            "uid",
            "dedup_key",
            "fingerprint",
            "status",
            "severity",
            "said_severity",
            "title",
            "summary",
            "count",
            "first_seen",
            "last_seen",
            "resolved_at",
            "incident",
            "service",
            "source",
            "labels",
            "tags",
            "group_key",
            "flaps",
            "routed_by",
            "suppressed",
            "is_test",
            "runbook_url",
            "dashboard_url",
        ]


class AlertFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=AlertStatus.choices)
    severity = filters.MultipleChoiceFilter(choices=AlertSeverity.choices)
    dedup_key = filters.CharFilter()
    fingerprint = filters.CharFilter()
    service = UidFilter("service")
    source = UidFilter("source")
    incident = KeyFilter("incident")
    suppressed = filters.BooleanFilter()
    is_test = filters.BooleanFilter()


class AlertBody(StrictSerializer):
    """One alert, as a monitor of yours would post it."""

    source = ByUid(  # type: ignore[assignment]
        lambda: AlertSource.objects.filter(revoked_at=None), help_text=_("The alert source it comes from.")
    )
    action = serializers.ChoiceField(choices=["trigger", "acknowledge", "resolve"], default="trigger")
    dedup_key = serializers.CharField(max_length=255, required=False)
    title = serializers.CharField(max_length=1024, required=False)
    severity = serializers.ChoiceField(choices=AlertSeverity.choices, default=AlertSeverity.ERROR)
    summary = serializers.CharField(max_length=5_000, required=False)
    labels = serializers.DictField(child=serializers.CharField(), required=False)
    runbook_url = serializers.URLField(required=False)
    dashboard_url = serializers.URLField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = "title" if attrs["action"] == "trigger" else "dedup_key"
        if not attrs.get(needed):
            raise serializers.ValidationError({needed: [_("This is needed.")]})
        return attrs


class AcceptedSerializer(serializers.Serializer[Any]):
    dedup_key = serializers.CharField(help_text=_("Send it again to acknowledge or resolve this alert."))


class AlertViewSet(TenantReadOnlyViewSet):
    """Alerts, newest first. Those of a private incident are its circle's only."""

    queryset = Alert.objects.none()
    serializer_class = AlertSerializer
    filterset_class = AlertFilter
    action_permissions = {"create": "incidents.respond"}

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = visible_alerts(membership_of(self.request)).defer("payload")
        return rows.select_related("incident", "service", "source")

    @extend_schema(request=AlertBody, responses={202: AcceptedSerializer})
    def create(self, request: Request) -> Response:
        """Takes an alert in like the ingest addresses do: stored at once, worked within the second."""
        body = AlertBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        source = said.pop("source")
        key = said.get("dedup_key") or str(uuid4())
        raw = dumps(said | {"dedup_key": key}, ensure_ascii=False).encode()
        take_in(source_id=source.pk, format="api", body=raw, given_key=key, now=clock.now())
        return Response({"dedup_key": key}, status=status.HTTP_202_ACCEPTED)


routes: list[Route] = [("alerts", AlertViewSet, "alert")]
