"""Alerts: what monitors say is wrong."""

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from config.tenancy.api.filters import UidFilter
from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import ReadSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from incidents.api.keys import ByKey, KeyFilter, visible_incidents
from incidents.api.setup import ServiceRef, SourceRef
from incidents.models import Alert, AlertSeverity, AlertStatus


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


class AlertViewSet(TenantReadOnlyViewSet):
    """Alerts, newest first. Those of a private incident are its circle's only."""

    queryset = Alert.objects.none()
    serializer_class = AlertSerializer
    filterset_class = AlertFilter

    def rows(self) -> QuerySet[Any]:
        seen = Q(incident=None) | Q(incident__in=visible_incidents(self.request))
        rows: QuerySet[Any] = Alert.objects.filter(seen).defer("payload")
        return rows.select_related("incident", "service", "source")


routes: list[Route] = [("alerts", AlertViewSet, "alert")]
