"""Schedules, and who is on call."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import refuse_unknown
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet, TenantViewSet
from config.tenancy.requests import actor_of
from oncall.api.overrides import OverrideSerializer
from oncall.api.plans import SavesSchedules, TakerBody, member_or_self
from oncall.models import Restriction, Rotation, RotationMember, Schedule
from oncall.operations import relieving
from oncall.operations.past import on_call_then


class RestrictionSerializer(ReadSerializer):
    """Days as "12345" (1 is Monday); an end that is not later than the start is of the next day."""

    class Meta:
        model = Restriction
        fields = ["days", "start", "end"]


class RotationSerializer(ReadSerializer):
    """`start_date` and `start_time` are wall-clock time in the schedule's zone. A higher `priority` stands in
    the place of lower ones where it has somebody on call.
    """

    participants = serializers.SerializerMethodField()
    restrictions = RestrictionSerializer(many=True)

    class Meta:
        model = Rotation
        fields = [
            "name",
            "start_date",
            "start_time",
            "unit",
            "length",
            "priority",
            "at_once",
            "count_only_active",
            "restrictions",
            "participants",
        ]

    @extend_schema_field(MemberRef(many=True))
    def get_participants(self, rotation: Rotation) -> Any:
        return MemberRef([row.membership for row in rotation.participants.all()], many=True).data


class ScheduleSerializer(ReadSerializer):
    team = ByUid(read_only=True)
    rotations = RotationSerializer(many=True)

    class Meta:
        model = Schedule
        fields = [
            "uid",
            "name",
            "time_zone",
            "team",
            "coverage_days",
            "coverage_start",
            "coverage_end",
            "tells_gaps",
            "swaps_need_approval",
            "rotations",
        ]


class ScheduleViewSet(SavesSchedules, TenantReadOnlyViewSet):
    """Schedules with their rotations. Who is on call is at /who-is-on-call."""

    queryset = Schedule.objects.none()
    serializer_class = ScheduleSerializer
    action_permissions = {"take_pager": "oncall.cover"}

    @extend_schema(request=TakerBody, responses=OverrideSerializer(many=True))
    @action(detail=True, methods=["post"])
    def take_pager(self, request: Request, uid: str) -> Response:
        """On call from now to the end of the shift, and what rings through this schedule is taken at once."""
        asked = TakerBody(data=request.data)
        asked.is_valid(raise_exception=True)
        made = relieving.take_pager(
            schedule=self.get_object(),
            membership=member_or_self(asked.validated_data, request),
            actor=actor_of(request._request),
            now=clock.now(),
        )
        return Response(OverrideSerializer(made, many=True).data)

    def rows(self) -> QuerySet[Any]:
        people = RotationMember.objects.select_related("membership__user").order_by("position", "id")
        rotations = Rotation.objects.prefetch_related(
            Prefetch("participants", queryset=people), "restrictions"
        ).order_by("-priority", "id")
        schedules: QuerySet[Any] = Schedule.objects.select_related("team")
        return schedules.prefetch_related(Prefetch("rotations", queryset=rotations))


class OnCallSerializer(serializers.Serializer[Any]):
    member = MemberRef(source="membership")
    why = serializers.CharField(source="source", help_text=_("The rotation, or whom they cover for."))
    until = serializers.DateTimeField(help_text=_("Null where no end is in sight."))


class ScheduleRef(ReadSerializer):
    class Meta:
        model = Schedule
        fields = ["uid", "name"]


class WhoSerializer(serializers.Serializer[Any]):
    schedule = ScheduleRef()
    at = serializers.DateTimeField()
    on_call = OnCallSerializer(many=True)


class WhoIsOnCallViewSet(TenantViewSet):
    """Who is on call on every schedule, now or at a moment; in the past, who was. No people: a gap."""

    queryset = Schedule.objects.none()
    serializer_class = WhoSerializer
    pagination_class = None

    @extend_schema(
        parameters=[
            OpenApiParameter("at", datetime, description="ISO 8601 with an offset; now where left out."),
            OpenApiParameter("schedule", str, description="The uid of one schedule."),
        ],
        responses=WhoSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        refuse_unknown(request, {"at", "schedule"})
        now = clock.now()
        at = self._moment(request)
        schedules = self.get_queryset().order_by("name")
        if uid := request.query_params.get("schedule"):
            schedules = schedules.filter(uid=uid)
        rows = list(schedules)
        found = on_call_then(schedules=rows, at=at, now=now)
        answer = [{"schedule": row, "at": at, "on_call": found[row.pk]} for row in rows]
        return Response(WhoSerializer(answer, many=True).data)

    def _moment(self, request: Request) -> datetime:
        asked = request.query_params.get("at")
        if asked is None:
            return clock.now()
        field = serializers.DateTimeField()
        try:
            moment: datetime = field.run_validation(asked)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"at": error.detail}) from error
        if not 1971 <= moment.year <= 2100:
            raise serializers.ValidationError({"at": [_("Use a year from 1971 to 2100.")]})
        return moment

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset
