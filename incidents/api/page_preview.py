"""Who would be paged: for a service or a policy, a severity and a moment. Reads."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import refuse_unknown
from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import StrictSerializer
from config.tenancy.api.viewsets import TenantViewSet
from incidents.models import Service, Severity
from incidents.operations.foreseeing import foresee, gap_of
from oncall.models import EscalationPolicy

PARAMETERS = ("service", "policy", "severity", "at", "by_hand")


class AskedSerializer(StrictSerializer):
    service = ByUid(lambda: Service.objects.select_related("team", "policy"), required=False, allow_null=True)
    policy = ByUid(lambda: EscalationPolicy.objects.all(), required=False, allow_null=True)
    severity = ByUid(lambda: Severity.objects.all(), required=False, allow_null=True)
    at = serializers.DateTimeField(required=False)
    by_hand = serializers.BooleanField(required=False)


class ForeseenPersonSerializer(serializers.Serializer[Any]):
    member = serializers.CharField(source="membership.uid")
    name = serializers.CharField(source="membership")
    how = serializers.CharField()
    reachable = serializers.BooleanField()
    warning = serializers.CharField()
    why = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)


class ForeseenRowSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    minutes = serializers.IntegerField(help_text="After the ladder began.")
    kind = serializers.CharField(help_text="step, channel, passed, wait, repeat or end")
    names = serializers.ListField(child=serializers.CharField())
    people = ForeseenPersonSerializer(many=True)
    how = serializers.CharField()
    why = serializers.CharField()
    note = serializers.CharField()
    reachable = serializers.BooleanField()


class FirstGapSerializer(serializers.Serializer[Any]):
    schedule = serializers.CharField(source="schedule.uid")
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class PagePreviewSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    pages_at = serializers.DateTimeField(
        allow_null=True, help_text="When it pages; null: no incident is opened."
    )
    urgency = serializers.CharField()
    rules = serializers.ListField(child=serializers.CharField(), help_text="What decides, in words.")
    rows = ForeseenRowSerializer(many=True)
    first_gap = FirstGapSerializer(allow_null=True, help_text="The first hour in a year without anybody.")


class PagePreviewViewSet(TenantViewSet):
    """Who would be paged, how and when: the pager's own code, minus paging."""

    queryset = Service.objects.none()
    serializer_class = PagePreviewSerializer
    filter_backends = []
    pagination_class = None

    @extend_schema(
        responses={200: PagePreviewSerializer},
        parameters=[
            OpenApiParameter("service", str, description="By uid."),
            OpenApiParameter("policy", str, description="By uid; the service's own, where left out."),
            OpenApiParameter("severity", str, description="By uid; unknown, where left out."),
            OpenApiParameter("at", str, description="ISO 8601 with an offset; now, where left out."),
            OpenApiParameter(
                "by_hand",
                bool,
                description="A person opens it, as Declare asks: the worst is heard in maintenance too.",
            ),
        ],
    )
    def list(self, request: Request) -> Response:
        refuse_unknown(request, set(PARAMETERS))
        said = {name: value for name, value in request.query_params.items() if value}
        asked = AskedSerializer(data=said)
        asked.is_valid(raise_exception=True)
        now = clock.now()
        chosen = dict(asked.validated_data)
        at = chosen.pop("at", now)
        if not 1971 <= at.year <= 2100:
            raise ValidationError({"at": ["Use a year from 1971 to 2100."]})
        bound: Any = request._request
        paged = foresee(
            tenant=bound.tenant,
            service=chosen.get("service"),
            severity=chosen.get("severity"),
            policy=chosen.get("policy"),
            at=at,
            by_hand=chosen.get("by_hand", False),
        )
        body = {**vars(paged), "first_gap": gap_of(paged.policy, now)}
        return Response(PagePreviewSerializer(body).data)


routes: list[Route] = [("page-preview", PagePreviewViewSet, "page-preview")]
