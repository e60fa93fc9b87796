"""How people want to be woken: their rules per urgency, quiet hours, limits, and a test of it all."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter, refuse_unknown
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantViewSet
from oncall.api.contacts import VIEW, actor, contacts, mine, people, whose
from oncall.models import ContactMethod, NotificationRule, PagerProfile, Urgency
from oncall.operations import profiles, testing


class NotificationRuleSerializer(ReadSerializer):
    member = MemberRef(source="membership")
    contact = ByUid(read_only=True)

    class Meta:
        model = NotificationRule
        fields = ["member", "urgency", "contact", "delay_minutes"]


class RuleSerializer(StrictSerializer):
    """A rule is what it says: whose contact, at which urgency, after how many minutes."""

    contact = ByUid(contacts)
    urgency = serializers.ChoiceField(Urgency.choices)
    delay_minutes = serializers.IntegerField(min_value=0, max_value=9000, default=0)


class RuleFilter(filters.FilterSet):
    member = UidFilter("membership")
    urgency = filters.ChoiceFilter(choices=Urgency.choices)


class NotificationRuleViewSet(TenantViewSet):
    """How people want to be woken. A rule has no name of its own: it is added and removed by what it says."""

    queryset = NotificationRule.objects.none()
    serializer_class = NotificationRuleSerializer
    filterset_class = RuleFilter
    pagination_class = None
    action_permissions = dict.fromkeys(("create", "remove"), VIEW)

    def rows(self) -> QuerySet[Any]:
        rows = NotificationRule.objects.select_related("membership__user", "contact")
        return mine(self.request, rows.order_by("membership_id", "urgency", "delay_minutes", "id"))

    @extend_schema(responses=NotificationRuleSerializer(many=True))
    def list(self, request: Request) -> Response:
        rows = self.filter_queryset(self.get_queryset())
        return Response(NotificationRuleSerializer(rows, many=True).data)

    @extend_schema(request=RuleSerializer, responses={201: NotificationRuleSerializer})
    def create(self, request: Request) -> Response:
        given = self._asked(request)
        rule = profiles.add_rule(
            membership=given["contact"].membership, actor=actor(request), now=clock.now(), **given
        )
        return Response(NotificationRuleSerializer(rule).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=RuleSerializer, responses={204: None})
    @action(detail=False, methods=["post"])
    def remove(self, request: Request) -> Response:
        """One that is not there is removed already."""
        given = self._asked(request)
        for rule in self.get_queryset().filter(
            contact=given["contact"], urgency=given["urgency"], delay_minutes=given["delay_minutes"]
        ):
            profiles.remove_rule(rule=rule, actor=actor(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _asked(self, request: Request) -> dict[str, Any]:
        asked = RuleSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given: dict[str, Any] = asked.validated_data
        if not mine(request, ContactMethod.objects.filter(pk=given["contact"].pk)).exists():
            raise serializers.ValidationError({"contact": [ByUid.default_error_messages["does_not_exist"]]})
        return given


class PagerProfileSerializer(serializers.Serializer[Any]):
    """Quiet hours on the person's wall clock, from `quiet_start` on each of `quiet_days` (1 is Monday)."""

    member = MemberRef(source="membership")
    quiet_days = serializers.CharField()
    quiet_start = serializers.TimeField(allow_null=True)
    quiet_end = serializers.TimeField(allow_null=True)
    without_limits = serializers.BooleanField()
    tested_at = serializers.DateTimeField(allow_null=True)


class ChangeProfileSerializer(StrictSerializer):
    member = ByUid(people, required=False, allow_null=True)
    quiet_days = serializers.RegexField(r"^[1-7]{1,7}$", default="1234567")
    quiet_start = serializers.TimeField(allow_null=True)
    quiet_end = serializers.TimeField(allow_null=True)
    without_limits = serializers.BooleanField(default=False)


class WhoseSerializer(StrictSerializer):
    member = ByUid(people, required=False, allow_null=True)


class PagerProfileViewSet(TenantViewSet):
    """What people want of their pager; who never said anything has the defaults and is not listed."""

    queryset = PagerProfile.objects.none()
    serializer_class = PagerProfileSerializer
    pagination_class = None
    action_permissions = dict.fromkeys(("create", "test"), VIEW)

    def rows(self) -> QuerySet[Any]:
        return mine(self.request, PagerProfile.objects.select_related("membership__user").order_by("id"))

    @extend_schema(responses=PagerProfileSerializer(many=True))
    def list(self, request: Request) -> Response:
        refuse_unknown(request, set())
        return Response(PagerProfileSerializer(self.get_queryset(), many=True).data)

    @extend_schema(request=ChangeProfileSerializer, responses=PagerProfileSerializer)
    def create(self, request: Request) -> Response:
        """The whole profile, as it is to be from now on."""
        asked = ChangeProfileSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given, now, by = asked.validated_data, clock.now(), actor(request)
        member = whose(request, given.get("member"))
        profiles.set_quiet_hours(
            membership=member,
            days=given["quiet_days"],
            start=given["quiet_start"],
            end=given["quiet_end"],
            actor=by,
            now=now,
        )
        profile = profiles.set_limits(
            membership=member, without_limits=given["without_limits"], actor=by, now=now
        )
        return Response(PagerProfileSerializer(profile).data)

    @extend_schema(request=WhoseSerializer, responses={202: None})
    @action(detail=False, methods=["post"])
    def test(self, request: Request) -> Response:
        """Pages that person alone, by all methods at once, as "Test my pager" does."""
        asked = WhoseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        member = whose(request, asked.validated_data.get("member"))
        testing.start_test(membership=member, actor=actor(request), now=clock.now())
        return Response(status=status.HTTP_202_ACCEPTED)
