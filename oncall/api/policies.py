"""Escalation policies, to read."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from oncall.api.schedules import ScheduleRef
from oncall.models import EscalationPolicy, Step, StepTarget


class StepSerializer(ReadSerializer):
    schedules = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField()

    class Meta:
        model = Step
        fields = ["position", "delay_minutes", "schedules", "members"]

    @extend_schema_field(ScheduleRef(many=True))
    def get_schedules(self, step: Step) -> Any:
        return ScheduleRef([t.schedule for t in step.targets.all() if t.schedule], many=True).data

    @extend_schema_field(MemberRef(many=True))
    def get_members(self, step: Step) -> Any:
        return MemberRef([t.membership for t in step.targets.all() if t.membership], many=True).data


class EscalationPolicySerializer(ReadSerializer):
    """`fallback` is paged where nobody is on call; null: the owners."""

    fallback = MemberRef(allow_null=True)
    steps = StepSerializer(many=True)

    class Meta:
        model = EscalationPolicy
        fields = ["uid", "name", "repeat", "is_default", "fallback", "steps"]


class EscalationPolicyViewSet(TenantReadOnlyViewSet):
    """Whom to page, in which order, how often."""

    queryset = EscalationPolicy.objects.none()
    serializer_class = EscalationPolicySerializer

    def rows(self) -> QuerySet[Any]:
        targets = StepTarget.objects.select_related("schedule", "membership__user").order_by("id")
        steps = Step.objects.order_by("position").prefetch_related(Prefetch("targets", queryset=targets))
        policies: QuerySet[Any] = EscalationPolicy.objects.select_related("fallback__user")
        return policies.prefetch_related(Prefetch("steps", queryset=steps))
