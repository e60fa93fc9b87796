"""Overrides: somebody covers, is added, or is taken off."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.mixins import CreateModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.models import Membership
from config.tenancy.requests import actor_of
from oncall.models import Override, OverrideKind, Schedule
from oncall.operations.overrides import add_override, remove_override


class OverrideSerializer(ReadSerializer):
    schedule = ByUid(read_only=True)
    member = MemberRef(source="membership")
    replaces = MemberRef(allow_null=True)

    class Meta:
        model = Override
        fields = ["uid", "schedule", "kind", "member", "replaces", "starts_at", "ends_at", "note"]


def _members() -> QuerySet[Any]:
    rows: QuerySet[Any] = Membership.objects.filter(ended_at=None).select_related("user")
    return rows


class NewOverrideSerializer(StrictSerializer):
    """`replaces` is named where the kind is "replace", and nowhere else."""

    schedule = ByUid(lambda: Schedule.objects.all())
    kind = serializers.ChoiceField(OverrideKind.choices)
    member = ByUid(_members)
    replaces = ByUid(lambda: Membership.objects.select_related("user"), required=False, allow_null=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class OverrideFilter(filters.FilterSet):
    schedule = UidFilter("schedule")
    ends_after = filters.IsoDateTimeFilter("ends_at", "gt")
    starts_before = filters.IsoDateTimeFilter("starts_at", "lt")


class OverrideViewSet(CreateModelMixin, TenantReadOnlyViewSet):
    """Exceptions to a schedule: somebody covers, is added, or is taken off."""

    queryset = Override.objects.none()
    serializer_class = OverrideSerializer
    filterset_class = OverrideFilter
    action_permissions = {"create": "oncall.cover", "destroy": "oncall.cover"}

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = Override.objects.select_related(
            "schedule", "membership__user", "replaces__user"
        )
        return rows

    @extend_schema(request=NewOverrideSerializer, responses={201: OverrideSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        asked = NewOverrideSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        override = add_override(
            schedule=given["schedule"],
            kind=given["kind"],
            membership=given["member"],
            replaces=given.get("replaces"),
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
            note=given.get("note", ""),
            actor=actor_of(request._request),
            now=clock.now(),
        )
        return Response(OverrideSerializer(override).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, uid: str) -> Response:
        """Takes it back. One that has begun ends now: what has been stays."""
        remove_override(override=self.get_object(), actor=actor_of(request._request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
