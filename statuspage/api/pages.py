"""Status pages, their components and notices, to read."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.serializers import ReadSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from statuspage.models import Notice, StatusPage, Update
from statuspage.states import NoticeKind


class StatusPageSerializer(ReadSerializer):
    address = serializers.CharField(read_only=True, help_text="Where people read it.")

    class Meta:
        model = StatusPage
        fields = [
            "uid",
            "slug",
            "name",
            "kind",
            "time_zone",
            "language",
            "more_languages",
            "address",
            "rendered_at",
        ]


class PageViewSet(TenantReadOnlyViewSet):
    """The public and the internal status pages. They are set up in the admin."""

    queryset = StatusPage.objects.none()
    serializer_class = StatusPageSerializer

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("tenant")


class NoticeUpdateSerializer(ReadSerializer):
    class Meta:
        model = Update
        fields = ["uid", "status", "body", "translations", "display_at", "edited_at", "next_update_at"]


class NoticeSerializer(ReadSerializer):
    page = ByUid(read_only=True)
    impact = serializers.CharField(source="shown_impact", read_only=True)
    updates = NoticeUpdateSerializer(many=True, read_only=True, help_text="Newest first.")

    class Meta:
        model = Notice
        fields = [
            "uid",
            "page",
            "kind",
            "title",
            "translations",
            "status",
            "impact",
            "started_at",
            "resolved_at",
            "next_update_at",
            "updates",
        ]


class NoticeFilter(filters.FilterSet):
    page = UidFilter("page")
    kind = filters.ChoiceFilter(choices=NoticeKind.choices)
    over = filters.BooleanFilter(field_name="resolved_at", lookup_expr="isnull", exclude=True)


class NoticeViewSet(TenantReadOnlyViewSet):
    """What status pages tell. They are written from an incident."""

    queryset = Notice.objects.none()
    serializer_class = NoticeSerializer
    filterset_class = NoticeFilter

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("page").prefetch_related("updates")
