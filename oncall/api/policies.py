"""Escalation policies, to read."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from oncall.api.schedules import ScheduleRef
from oncall.models import EscalationPolicy, Step, StepTarget, TargetKind


class TargetSerializer(serializers.Serializer[Any]):
    """Whom a step pages. `uid` is null for a rotation, which is found by its name in its schedule."""

    kind = serializers.ChoiceField(choices=TargetKind.choices)
    uid = serializers.SerializerMethodField()
    name = serializers.CharField(source="target")

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_uid(self, target: StepTarget) -> str | None:
        return getattr(target.target, "uid", None)


class StepSerializer(ReadSerializer):
    """`schedules` and `members` are those of `targets` that are on call now, or named."""

    targets = TargetSerializer(many=True)
    schedules = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField()

    class Meta:
        model = Step
        fields = [
            "position",
            "delay_minutes",
            "targets",
            "schedules",
            "members",
            "strategy",
            "answers_needed",
            "if_empty",
            "severity_up_to",
            "applies",
            "window_days",
            "window_start",
            "window_end",
            "time_zone",
            "if_closed",
        ]

    @extend_schema_field(ScheduleRef(many=True))
    def get_schedules(self, step: Step) -> Any:
        of_now = [t.schedule for t in step.targets.all() if t.kind == TargetKind.SCHEDULE]
        return ScheduleRef(of_now, many=True).data

    @extend_schema_field(MemberRef(many=True))
    def get_members(self, step: Step) -> Any:
        return MemberRef([t.membership for t in step.targets.all() if t.membership], many=True).data


class EscalationPolicySerializer(ReadSerializer):
    """`fallback` is paged where nobody is on call; null: the owners."""

    fallback = MemberRef(allow_null=True)
    steps = StepSerializer(many=True)

    class Meta:
        model = EscalationPolicy
        fields = ["uid", "name", "repeat", "repeat_forever", "is_default", "fallback", "steps"]


class EscalationPolicyViewSet(TenantReadOnlyViewSet):
    """Whom to page, in which order, how often."""

    queryset = EscalationPolicy.objects.none()
    serializer_class = EscalationPolicySerializer

    def rows(self) -> QuerySet[Any]:
        targets = StepTarget.objects.select_related(
            "schedule", "membership__user", "rotation", "team", "channel", "to_policy"
        ).order_by("id")
        steps = Step.objects.order_by("position").prefetch_related(Prefetch("targets", queryset=targets))
        policies: QuerySet[Any] = EscalationPolicy.objects.select_related("fallback__user")
        return policies.prefetch_related(Prefetch("steps", queryset=steps))
