"""Making and changing schedules: what /schedules takes."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.serializers import StrictSerializer
from config.tenancy.models import Membership, Team
from config.tenancy.requests import actor_of
from oncall.models import RotationUnit, Schedule
from oncall.operations.planning import save_schedule


def current_members() -> QuerySet[Any]:
    rows: QuerySet[Any] = Membership.objects.filter(ended_at=None).select_related("user")
    return rows


def member_or_self(given: dict[str, Any], request: Request) -> Membership:
    """Who is named, else whoever asks. A key is nobody: it has to say."""
    found: Membership | None = given.get("member") or getattr(request._request, "membership", None)
    if found is None:
        raise serializers.ValidationError({"member": [_("Say who.")]})
    return found


class RestrictionBody(StrictSerializer):
    days = serializers.CharField(max_length=7)
    start = serializers.TimeField()
    end = serializers.TimeField()


class RotationBody(StrictSerializer):
    """One with the name of a rotation that is there changes that one; its shift stays with its holder."""

    name = serializers.CharField(max_length=80)
    start_date = serializers.DateField()
    start_time = serializers.TimeField(required=False)
    unit = serializers.ChoiceField(RotationUnit.choices, required=False)
    length = serializers.IntegerField(min_value=1, max_value=366, required=False)
    priority = serializers.IntegerField(min_value=0, max_value=1000, required=False)
    at_once = serializers.IntegerField(min_value=1, max_value=20, required=False)
    count_only_active = serializers.BooleanField(required=False)
    restrictions = serializers.ListField(child=RestrictionBody(), max_length=50, required=False)
    participants = serializers.ListField(child=ByUid(current_members), max_length=200)


class ScheduleBody(StrictSerializer):
    """A schedule, or what is to change of it. `rotations` are all that it has from then on."""

    name = serializers.CharField(max_length=80)
    time_zone = serializers.CharField(max_length=64, required=False)
    team = ByUid(lambda: Team.objects.all(), required=False, allow_null=True)
    coverage_days = serializers.CharField(max_length=7, required=False)
    coverage_start = serializers.TimeField(required=False, allow_null=True)
    coverage_end = serializers.TimeField(required=False, allow_null=True)
    tells_gaps = serializers.BooleanField(required=False)
    swaps_need_approval = serializers.BooleanField(required=False)
    rotations = serializers.ListField(child=RotationBody(), max_length=50, required=False)


class TakerBody(StrictSerializer):
    """`member` left out: whoever takes."""

    member = ByUid(current_members, required=False)


class SavesSchedules:
    """POST and PATCH of /schedules."""

    serializer_class: Any
    get_object: Any
    get_queryset: Any

    @extend_schema(request=ScheduleBody)
    def create(self, request: Request) -> Response:
        """Makes a schedule, with its rotations."""
        return self._saved(Schedule(), request, partial=False, code=status.HTTP_201_CREATED)

    @extend_schema(request=ScheduleBody)
    def partial_update(self, request: Request, uid: str) -> Response:
        """Changes a schedule. Whoever is on call keeps their shift, where they still take part."""
        return self._saved(self.get_object(), request, partial=True, code=status.HTTP_200_OK)

    def _saved(self, schedule: Schedule, request: Request, *, partial: bool, code: int) -> Response:
        body = ScheduleBody(data=request.data, partial=partial)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        rotations = given.pop("rotations", None)
        saved = save_schedule(
            schedule=schedule,
            changes=given,
            rotations=rotations,
            actor=actor_of(request._request),
            now=clock.now(),
        )
        return Response(self.serializer_class(self.get_queryset().get(pk=saved.pk)).data, status=code)
