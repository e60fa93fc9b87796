"""Maintenance windows: read, made, ended (ONCALL 4.10)."""

from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.people import MemberRef
from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.requests import actor_of
from config.tenancy.validators import valid_time_zone
from incidents.api.routing import ConditionBody
from incidents.conditions import MOST_CONDITIONS
from incidents.maintenance import Occurrence
from incidents.models import MaintenanceMode, MaintenanceWindow, Repeats, Service
from incidents.operations.maintaining import end_maintenance, save_window

SHOWN = 3


class OccurrenceSerializer(serializers.Serializer[Occurrence]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class MaintenanceWindowSerializer(ReadSerializer):
    services = serializers.SerializerMethodField(help_text="By uid; empty where it is for all.")
    conditions = ConditionBody(many=True, help_text="Only alerts that meet all of them; empty: every alert.")
    created_by = MemberRef()
    active = serializers.SerializerMethodField()
    next = serializers.SerializerMethodField(help_text="The present occurrence and those to come.")

    class Meta:
        model = MaintenanceWindow
        fields = [
            "uid",
            "name",
            "services",
            "all_services",
            "conditions",
            "mode",
            "reroute_on_end",
            "time_zone",
            "start_date",
            "start_time",
            "end_date",
            "end_time",
            "repeats",
            "every",
            "until",
            "active",
            "next",
            "ended_at",
            "cancelled_at",
            "created_at",
            "created_by",
        ]

    def get_services(self, window: MaintenanceWindow) -> list[str]:
        return [one.service.uid for one in window.of.all()]

    def get_active(self, window: MaintenanceWindow) -> bool:
        return window.occurrence_at(self._now) is not None

    @extend_schema_field(OccurrenceSerializer(many=True))
    def get_next(self, window: MaintenanceWindow) -> Any:
        found: Any = list(islice(window.times.after(self._now), SHOWN))
        return OccurrenceSerializer(found, many=True).data

    @property
    def _now(self) -> datetime:
        now: datetime = self.context["now"]
        return now


class MaintenanceBody(StrictSerializer):
    """Dates and times are those of the clock on the wall of `time_zone`."""

    name = serializers.CharField(max_length=120)
    services = ByUid(lambda: Service.objects.filter(archived_at=None), many=True, required=False)
    all_services = serializers.BooleanField(default=False)
    conditions = serializers.ListField(child=ConditionBody(), max_length=MOST_CONDITIONS, default=list)
    mode = serializers.ChoiceField(choices=MaintenanceMode.choices, default=MaintenanceMode.NO_PAGE)
    reroute_on_end = serializers.BooleanField(default=True)
    time_zone = serializers.CharField(max_length=64, validators=[valid_time_zone])
    start_date = serializers.DateField()
    start_time = serializers.TimeField()
    end_date = serializers.DateField()
    end_time = serializers.TimeField()
    repeats = serializers.ChoiceField(choices=Repeats.choices, default=Repeats.NONE)
    every = serializers.IntegerField(min_value=1, max_value=366, default=1)
    until = serializers.DateField(required=False, allow_null=True)


class EndBody(StrictSerializer):
    for_good = serializers.BooleanField(default=False, help_text="And all that would follow.")


class MaintenanceFilter(filters.FilterSet):
    live = filters.BooleanFilter(
        field_name="next_change_at", lookup_expr="isnull", exclude=True, help_text="Under way or to come."
    )


class MaintenanceWindowViewSet(TenantReadOnlyViewSet):
    """Hours in which services may fire without waking anybody."""

    queryset = MaintenanceWindow.objects.none()
    serializer_class = MaintenanceWindowSerializer
    filterset_class = MaintenanceFilter
    action_permissions = {"create": "incidents.respond", "end": "incidents.respond"}

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("created_by__user").prefetch_related("of__service")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": clock.now()}

    @extend_schema(request=MaintenanceBody, responses={201: MaintenanceWindowSerializer})
    def create(self, request: Request) -> Response:
        """Makes one; it holds at once where it is under way."""
        body = MaintenanceBody(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        services = said.pop("services", [])
        said["conditions"] = [dict(one) for one in said["conditions"]]
        window = save_window(
            window=MaintenanceWindow(**said),
            services=services,
            actor=actor_of(request._request),
            now=clock.now(),
        )
        return self._shown(window.pk, status.HTTP_201_CREATED)

    @extend_schema(request=EndBody, responses={200: MaintenanceWindowSerializer})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, uid: str) -> Response:
        """Ends the occurrence that is under way: what still fires pages."""
        window = self.get_object()
        body = EndBody(data=request.data)
        body.is_valid(raise_exception=True)
        end_maintenance(
            window=window, actor=actor_of(request._request), now=clock.now(), **body.validated_data
        )
        return self._shown(window.pk, status.HTTP_200_OK)

    def _shown(self, pk: int, code: int) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=code)


routes: list[Route] = [("maintenance-windows", MaintenanceWindowViewSet, "maintenance-window")]
