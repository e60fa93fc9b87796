"""Changes: what was deployed or configured, as PagerDuty's change events tell it."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from config.tenancy.api.filters import UidFilter
from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import ReadSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from incidents.api.setup import ServiceRef, SourceRef
from incidents.models import Change


class ChangeSerializer(ReadSerializer):
    service = ServiceRef()
    source = SourceRef()  # type: ignore[assignment]  # a field of that name, not DRF's attribute

    class Meta:
        model = Change
        fields = [
            "uid",
            "summary",
            "origin",
            "changed_at",
            "received_at",
            "links",
            "details",
            "service",
            "source",
        ]


class ChangeFilter(filters.FilterSet):
    service = UidFilter("service")
    source = UidFilter("source")
    changed_after = filters.IsoDateTimeFilter("changed_at", lookup_expr="gte")
    changed_before = filters.IsoDateTimeFilter("changed_at", lookup_expr="lt")


class ChangeViewSet(TenantReadOnlyViewSet):
    """Changes, newest first. They come in at /v2/change/enqueue, and page nobody."""

    queryset = Change.objects.none()
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = Change.objects.select_related("service", "source")
        return rows


routes: list[Route] = [("changes", ChangeViewSet, "change")]
