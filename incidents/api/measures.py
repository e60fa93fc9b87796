"""Figures: of one incident, and of a period as one dashboard. Spans are seconds; null is not known."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError as Refused
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.filters import refuse_unknown
from config.tenancy.api.people import MemberRef
from config.tenancy.api.routers import Route
from config.tenancy.api.viewsets import TenantViewSet
from incidents.api.deed import KEY
from incidents.api.keys import membership_of
from incidents.api.setup import ServiceRef, SeverityRef, SourceRef
from incidents.figures.board import Board, board_of
from incidents.figures.choosing import PARAMETERS, asked_for
from incidents.figures.one import figures_of
from incidents.figures.totals import Total
from incidents.measures import SPANS
from incidents.models import Incident


class IntervalSerializer(serializers.Serializer[Any]):
    word = serializers.CharField()
    rank = serializers.IntegerField()
    provisional = serializers.BooleanField()
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.SerializerMethodField()

    def get_seconds(self, interval: Any) -> float:
        return float(interval.lasted.total_seconds())


class MeasuresSerializer(serializers.Serializer[Any]):
    """Of one incident. Seconds from when it was declared; words from when it was confirmed."""

    counted = serializers.BooleanField(help_text="Whether it is in the figures of the tenant.")
    found_before_customers = serializers.BooleanField(allow_null=True)
    to_acknowledge = serializers.FloatField(allow_null=True)
    to_channels = serializers.FloatField(allow_null=True)
    to_assess = serializers.FloatField(allow_null=True)
    to_internal = serializers.FloatField(allow_null=True)
    to_external = serializers.FloatField(allow_null=True)
    impact = serializers.FloatField(allow_null=True)
    to_resolve = serializers.FloatField(allow_null=True)
    severities = IntervalSerializer(many=True)


class SpreadSerializer(serializers.Serializer[Any]):
    median = serializers.FloatField()
    p90 = serializers.FloatField()


class TotalSerializer(serializers.Serializer[Any]):
    """Of a group of incidents. `counted`: confirmed, and neither cancelled nor merged."""

    opened = serializers.IntegerField()
    counted = serializers.IntegerField()
    false_alarms = serializers.IntegerField()
    recovered = serializers.IntegerField(help_text="Cancelled: recovered by itself.")
    found_before_customers = serializers.FloatField(
        source="share_before_customers", allow_null=True, help_text="A share of 1."
    )
    to_acknowledge = SpreadSerializer(source="spreads.to_acknowledge", allow_null=True)
    to_internal = SpreadSerializer(source="spreads.to_internal", allow_null=True)
    to_external = SpreadSerializer(source="spreads.to_external", allow_null=True)
    impact = SpreadSerializer(source="spreads.impact", allow_null=True)
    to_resolve = SpreadSerializer(source="spreads.to_resolve", allow_null=True)


class BySeveritySerializer(TotalSerializer):
    severity = SeverityRef(allow_null=True)


class ByServiceSerializer(TotalSerializer):
    service = ServiceRef(allow_null=True)


class ByWeekSerializer(TotalSerializer):
    monday = serializers.DateField()


class CrierSerializer(serializers.Serializer[Any]):
    false_alarms = serializers.IntegerField()
    opened = serializers.IntegerField()


class FalseServiceSerializer(CrierSerializer):
    service = ServiceRef(source="what")


class FalseSourceSerializer(CrierSerializer):
    source = SourceRef(source="what")  # type: ignore[assignment]  # a field, not DRF's attribute


class LoadSerializer(serializers.Serializer[Any]):
    """Of one person: pages, those that rang from 22:00 to 07:00 where the person lives, those taken."""

    member = MemberRef(source="membership")
    called = serializers.IntegerField()
    woken = serializers.IntegerField()
    answered = serializers.IntegerField()


class BoardSerializer(serializers.Serializer[Any]):
    """Of a period, in the tenant's zone. `private`: incidents of it that this reader may not see."""

    first = serializers.DateField(source="period.first")
    last = serializers.DateField(source="period.last")
    total = TotalSerializer(source="totals.all")
    by_severity = BySeveritySerializer(many=True)
    by_service = ByServiceSerializer(many=True)
    by_week = ByWeekSerializer(many=True)
    false_services = FalseServiceSerializer(many=True)
    false_sources = FalseSourceSerializer(many=True)
    load = LoadSerializer(many=True)
    private = serializers.IntegerField()


class MeasureReads:
    """What is read of one incident."""

    @extend_schema(responses={200: MeasuresSerializer}, parameters=[KEY])
    @action(detail=True, filter_backends=[])
    def measures(self: Any, request: Request, key: str) -> Response:
        """Its figures so far."""
        figures = figures_of(self.get_object(), now=clock.now())
        return Response({**_plain(figures.measures), "severities": _intervals(figures.severities)})


class BoardViewSet(TenantViewSet):
    """The figures of a period: shares, medians, false alarms, and who was woken."""

    queryset = Incident.objects.none()
    serializer_class = BoardSerializer
    filter_backends = []
    pagination_class = None

    @extend_schema(
        responses={200: BoardSerializer},
        parameters=[
            OpenApiParameter("days", int, enum=[30, 90, 365], description="So many days up to today."),
            OpenApiParameter("from", str, description="The first day: 2026-01-31."),
            OpenApiParameter("to", str, description="The last day, today where it is not said."),
            OpenApiParameter("severity", str, description="By uid."),
            OpenApiParameter("service", str, description="By uid."),
            OpenApiParameter("team", str, description="By uid."),
        ],
    )
    def list(self, request: Request) -> Response:
        refuse_unknown(request, set(PARAMETERS))
        bound: Any = request._request
        said: Mapping[str, str] = request.query_params
        try:
            period, chosen = asked_for(said, tenant=bound.tenant, now=clock.now())
        except Refused as refusal:
            raise ValidationError(refusal.message_dict) from None
        board = board_of(period, chosen, membership=membership_of(request))
        return Response(BoardSerializer(_grouped(board)).data)


def _plain(measures: Any) -> dict[str, Any]:
    spans: dict[str, timedelta | None] = {name: getattr(measures, name) for name in SPANS}
    return {
        "counted": measures.counted,
        "found_before_customers": measures.found_before_customers,
        **{name: None if span is None else span.total_seconds() for name, span in spans.items()},
    }


def _intervals(severities: Any) -> Any:
    return IntervalSerializer(severities, many=True).data


def _grouped(board: Board) -> dict[str, Any]:
    totals = board.totals
    severities = {one.pk: one for one in board.severities}
    services = {one.pk: one for one in board.services}
    return {
        **vars(board),
        "by_severity": [
            _with("severity", severities.get(pk or 0), total) for pk, total in totals.by_severity.items()
        ],
        "by_service": [_with("service", services.get(pk or 0), of) for pk, of in totals.by_service.items()],
        "by_week": [_with("monday", monday, total) for monday, total in sorted(totals.by_week.items())],
    }


def _with(name: str, value: object, total: Total) -> dict[str, Any]:
    share = {"share_before_customers": total.share_before_customers}
    return {name: value, **vars(total), **share}


routes: list[Route] = [("measures", BoardViewSet, "measures")]
