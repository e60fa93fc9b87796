"""When people are away, and temporary schedules, over the API."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.requests import actor_of
from oncall.api.plans import current_members, member_or_self
from oncall.models import Absence, Schedule, TemporarySchedule, TemporaryShift
from oncall.operations.absences import add_absence, remove_absence
from oncall.operations.temporary import Planned, end_temporary, set_temporary


class AbsenceSerializer(ReadSerializer):
    """`from_calendar`: read from a calendar, and changed there."""

    member = MemberRef(source="membership")
    from_calendar = serializers.SerializerMethodField()

    class Meta:
        model = Absence
        fields = ["uid", "member", "starts_at", "ends_at", "note", "from_calendar"]

    def get_from_calendar(self, absence: Absence) -> bool:
        return absence.calendar_id is not None


class AbsenceBody(StrictSerializer):
    """`member` left out: oneself."""

    member = ByUid(current_members, required=False)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class AbsenceFilter(filters.FilterSet):
    member = UidFilter("membership")
    ends_after = filters.IsoDateTimeFilter("ends_at", "gt")
    starts_before = filters.IsoDateTimeFilter("starts_at", "lt")


class AbsenceViewSet(TenantReadOnlyViewSet):
    """Rotations pass over whoever is away, and say so."""

    queryset = Absence.objects.none()
    serializer_class = AbsenceSerializer
    filterset_class = AbsenceFilter
    action_permissions = {"create": "oncall.cover", "destroy": "oncall.cover"}

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = Absence.objects.select_related("membership__user")
        return rows

    @extend_schema(request=AbsenceBody, responses={201: AbsenceSerializer})
    def create(self, request: Request) -> Response:
        """Away from then on. One's own, or anybody's for who may set up."""
        body = AbsenceBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        person = member_or_self(given, request)
        added = add_absence(
            membership=person,
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
            note=given.get("note", ""),
            actor=actor_of(request._request),
            now=clock.now(),
        )
        return Response(AbsenceSerializer(added.absence).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, uid: str) -> Response:
        """Back. One that has begun ends now."""
        remove_absence(absence=self.get_object(), actor=actor_of(request._request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class TemporaryShiftSerializer(ReadSerializer):
    member = MemberRef(source="membership")

    class Meta:
        model = TemporaryShift
        fields = ["member", "starts_at", "ends_at"]


class TemporaryScheduleSerializer(ReadSerializer):
    schedule = ByUid(read_only=True)
    shifts = TemporaryShiftSerializer(many=True)

    class Meta:
        model = TemporarySchedule
        fields = ["uid", "schedule", "name", "starts_at", "ends_at", "shifts"]


class TemporaryShiftBody(StrictSerializer):
    member = ByUid(current_members)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class TemporaryScheduleBody(StrictSerializer):
    schedule = ByUid(lambda: Schedule.objects.all())
    name = serializers.CharField(max_length=80)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    shifts = serializers.ListField(child=TemporaryShiftBody(), max_length=500)


class TemporaryScheduleFilter(filters.FilterSet):
    schedule = UidFilter("schedule")
    ends_after = filters.IsoDateTimeFilter("ends_at", "gt")


class TemporaryScheduleViewSet(TenantReadOnlyViewSet):
    """For a while, shifts of their own stand in the place of all rotations of a schedule."""

    queryset = TemporarySchedule.objects.none()
    serializer_class = TemporaryScheduleSerializer
    filterset_class = TemporaryScheduleFilter

    def rows(self) -> QuerySet[Any]:
        shifts = TemporaryShift.objects.select_related("membership__user").order_by("starts_at", "id")
        rows: QuerySet[Any] = TemporarySchedule.objects.select_related("schedule")
        return rows.prefetch_related(Prefetch("shifts", queryset=shifts))

    @extend_schema(request=TemporaryScheduleBody, responses={201: TemporaryScheduleSerializer})
    def create(self, request: Request) -> Response:
        """Hours without a shift have nobody."""
        body = TemporaryScheduleBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        made = set_temporary(
            schedule=given["schedule"],
            name=given["name"],
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
            shifts=[Planned(one["member"], one["starts_at"], one["ends_at"]) for one in given["shifts"]],
            actor=actor_of(request._request),
            now=clock.now(),
        )
        row = self.get_queryset().get(pk=made.pk)
        return Response(TemporaryScheduleSerializer(row).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, uid: str) -> Response:
        """The rotations have it again. One that has begun ends now."""
        end_temporary(temporary=self.get_object(), actor=actor_of(request._request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
