"""Who could not be woken within a time, and why."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.filters import refuse_unknown
from config.tenancy.api.people import MemberRef
from config.tenancy.api.viewsets import TenantViewSet
from oncall.api.schedules import ScheduleRef
from oncall.models import Schedule
from oncall.operations.preflight import who_cannot_be_woken

LONGEST = timedelta(days=31)


class UnwakeableSerializer(serializers.Serializer[Any]):
    """`doubt`: they might well wake up, and nobody has seen it work."""

    member = MemberRef(source="membership")
    schedule = ScheduleRef()
    why = serializers.CharField()
    doubt = serializers.BooleanField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class PreflightViewSet(TenantViewSet):
    """Who could not be woken within a time, and why. By default the next 24 hours; 31 days at most."""

    queryset = Schedule.objects.none()
    serializer_class = UnwakeableSerializer
    pagination_class = None
    action_permissions = {"list": "oncall.setup"}

    @extend_schema(
        parameters=[
            OpenApiParameter("from", datetime, description="ISO 8601 with an offset; now where left out."),
            OpenApiParameter("to", datetime, description="24 hours later where left out."),
        ],
        responses=UnwakeableSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        refuse_unknown(request, {"from", "to"})
        now = clock.now()
        start = _moment(request, "from") or now
        end = _moment(request, "to") or start + timedelta(hours=24)
        if not start < end <= start + LONGEST:
            raise serializers.ValidationError({"to": [_("Choose a time of at most 31 days.")]})
        found = who_cannot_be_woken(begins_at=start, ends_at=end, now=now)
        return Response(UnwakeableSerializer(found, many=True).data)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


def _moment(request: Request, name: str) -> datetime | None:
    asked = request.query_params.get(name)
    if asked is None:
        return None
    try:
        moment: datetime = serializers.DateTimeField().run_validation(asked)
    except serializers.ValidationError as error:
        raise serializers.ValidationError({name: error.detail}) from error
    if not 1971 <= moment.year <= 2100:
        raise serializers.ValidationError({name: [_("Use a year from 1971 to 2100.")]})
    return moment
