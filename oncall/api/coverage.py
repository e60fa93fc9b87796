"""The year ahead and who carries how much, over the API."""

from datetime import datetime, timedelta
from typing import Any

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
from oncall.operations.coverage import Year, years_of
from oncall.operations.fairness import fairness
from oncall.operations.resolve import people_by_id

USUAL = timedelta(days=90)
LONGEST = timedelta(days=400)
MOST = 50  # schedules worked through in one answer


class UncoveredSerializer(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField(source="start")
    ends_at = serializers.DateTimeField(source="end")


class GapSerializer(UncoveredSerializer):
    """`member` null: nobody is on call. Else this person is, and cannot be woken."""

    member = MemberRef(allow_null=True)


class CoverageSerializer(serializers.Serializer[Any]):
    """`first_gap`: the first hours in 365 days in which nobody would be woken. The rest: the next 90 days."""

    schedule = ScheduleRef()
    proved_until = serializers.DateTimeField()
    first_gap = UncoveredSerializer(allow_null=True)
    covered_percent = serializers.FloatField()
    balance_percent = serializers.FloatField()
    score = serializers.IntegerField()
    gaps = GapSerializer(many=True)


class BurdenSerializer(serializers.Serializer[Any]):
    """Hours are whole; nights (22:00 to 07:00), weekends and holidays on the person's own clock."""

    member = MemberRef(source="membership")
    hours = serializers.IntegerField()
    night_hours = serializers.IntegerField()
    weekend_hours = serializers.IntegerField()
    holiday_hours = serializers.IntegerField()
    shifts = serializers.IntegerField()
    called = serializers.IntegerField()
    woken = serializers.IntegerField()


ONE = OpenApiParameter("schedule", str, description="The uid of one schedule.")


class OfSchedules(TenantViewSet):
    queryset = Schedule.objects.none()
    pagination_class = None

    def filter_queryset(self, queryset: Any) -> Any:
        return queryset

    def schedules(self, request: Request) -> list[Schedule]:
        """At most fifty, by name; one of another tenant is as one that is missing."""
        rows = self.get_queryset().order_by("name")
        if uid := request.query_params.get("schedule"):
            rows = rows.filter(uid=uid)
        return list(rows[:MOST])


class CoverageViewSet(OfSchedules):
    """What of the time ahead has somebody who would be woken, worked out now."""

    serializer_class = CoverageSerializer

    @extend_schema(parameters=[ONE], responses=CoverageSerializer(many=True))
    def list(self, request: Request) -> Response:
        refuse_unknown(request, {"schedule"})
        years = years_of(self.schedules(request), now=clock.now())
        people = people_by_id({gap.person for year in years for gap in year.missing if gap.person})
        return Response(CoverageSerializer([_coverage(year, people) for year in years], many=True).data)


def _coverage(year: Year, people: dict[int, Any]) -> dict[str, Any]:
    return {
        "schedule": year.schedule,
        "proved_until": year.proved_until,
        "first_gap": year.first,
        "covered_percent": int(year.covered * 10_000) / 100,
        "balance_percent": int(year.balance * 10_000) / 100,
        "score": year.score,
        "gaps": [
            {"start": gap.start, "end": gap.end, "member": people.get(gap.person or 0)}
            for gap in year.missing
        ],
    }


class FairnessViewSet(OfSchedules):
    """Who is on call how long, and who was called and woken."""

    serializer_class = BurdenSerializer

    @extend_schema(
        parameters=[
            ONE,
            OpenApiParameter("from", datetime, description="90 days ago where left out."),
            OpenApiParameter("until", datetime, description="90 days ahead where left out."),
        ],
        responses=BurdenSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        refuse_unknown(request, {"schedule", "from", "until"})
        now = clock.now()
        start, end = _moment(request, "from", now - USUAL), _moment(request, "until", now + USUAL)
        if not start < end <= start + LONGEST:
            raise serializers.ValidationError({"until": ["Up to 400 days after `from`."]})
        rows = fairness(schedules=self.schedules(request), start=start, end=end, now=now)
        return Response(BurdenSerializer(rows, many=True).data)


def _moment(request: Request, name: str, usual: datetime) -> datetime:
    asked = request.query_params.get(name)
    if asked is None:
        return usual
    try:
        moment: datetime = serializers.DateTimeField().run_validation(asked)
    except serializers.ValidationError as error:
        raise serializers.ValidationError({name: error.detail}) from error
    if not 1972 <= moment.year <= 2098:
        raise serializers.ValidationError({name: ["Use a year from 1972 to 2098."]})
    return moment
