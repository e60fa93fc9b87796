"""Routing rules: read, made, changed, moved, tried; each needs incidents.setup but reading and trying."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.requests import actor_of
from incidents.api.keys import membership_of
from incidents.api.page_preview import ForeseenRowSerializer
from incidents.api.setup import ServiceRef, SeverityRef, SourceRef
from incidents.conditions import LONGEST_FIELD, LONGEST_PATTERN, MOST_CONDITIONS
from incidents.models import Alert, AlertSeverity, AlertSource, Match, RoutingRule, Service
from incidents.operations.routing_rules import delete_rule, move_rule, save_rule
from incidents.operations.seeing import visible_alerts
from incidents.operations.trying_rules import LONGEST_PASTED, alert_of, trial_as_data, try_rules
from incidents.routing import OPERATORS, read_conditions


class ConditionBody(StrictSerializer):
    field = serializers.CharField(
        max_length=LONGEST_FIELD,
        help_text="title, summary, severity, source, key, labels.<name> or payload.<path>",
    )
    op = serializers.ChoiceField(choices=OPERATORS)
    value = serializers.CharField(
        max_length=LONGEST_PATTERN, allow_blank=True, default="", help_text="Not for exists and missing."
    )

    def to_representation(self, instance: Any) -> dict[str, str]:
        """What is no condition, written past the forms, is shown as the engine takes it: it never holds."""
        [read] = read_conditions([instance])
        return {"field": read.field, "op": read.op, "value": read.value}


class RoutingRuleSerializer(ReadSerializer):
    source = SourceRef(allow_null=True)  # type: ignore[assignment]
    service = ServiceRef(allow_null=True)
    conditions = ConditionBody(many=True)

    class Meta:
        model = RoutingRule
        fields = [
            "uid",
            "position",
            "name",
            "enabled",
            "source",
            "match",
            "conditions",
            "service",
            "severity",
            "suppress",
            "tags",
            "goes_on",
            "hits",
            "last_hit_at",
            "created_at",
        ]


class RuleBody(StrictSerializer):
    name = serializers.CharField(max_length=80)
    enabled = serializers.BooleanField(required=False)
    source = ByUid(  # type: ignore[assignment]
        lambda: AlertSource.objects.all(), required=False, allow_null=True, help_text="Null: every source."
    )
    match = serializers.ChoiceField(choices=Match.choices, required=False)
    conditions = serializers.ListField(child=ConditionBody(), max_length=MOST_CONDITIONS, required=False)
    service = ByUid(
        lambda: Service.objects.filter(archived_at=None),
        required=False,
        allow_null=True,
        help_text="Null: the source's own.",
    )
    severity = serializers.ChoiceField(
        choices=AlertSeverity.choices,
        required=False,
        allow_blank=True,
        help_text="Empty: as the source says.",
    )
    suppress = serializers.BooleanField(required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=60), max_length=20, required=False)
    goes_on = serializers.BooleanField(required=False)


class MoveRuleBody(StrictSerializer):
    way = serializers.ChoiceField(choices=["up", "down"])


class TestBody(StrictSerializer):
    """A stored alert, or one as its monitor would post it."""

    alert = serializers.CharField(max_length=12, required=False, help_text="By uid.")
    source = ByUid(  # type: ignore[assignment]
        lambda: AlertSource.objects.select_related("service"), required=False
    )
    said = serializers.CharField(
        max_length=LONGEST_PASTED, required=False, help_text="JSON, or one name=value a line."
    )
    labels = serializers.DictField(child=serializers.CharField(max_length=5_000), required=False)
    title = serializers.CharField(max_length=1024, required=False)
    severity = serializers.ChoiceField(choices=AlertSeverity.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("alert") and not attrs.get("source"):
            raise serializers.ValidationError({"source": ["Name an alert, or the source of one."]})
        return attrs


class TriedCheckSerializer(serializers.Serializer[Any]):
    words = serializers.CharField()
    found = serializers.CharField(allow_null=True, help_text="Null: nothing stood there.")
    holds = serializers.BooleanField()


class TriedRuleSerializer(serializers.Serializer[Any]):
    rule = serializers.CharField(source="row.uid")
    name = serializers.CharField(source="row.name")
    state = serializers.CharField(
        help_text="caught, passed, elsewhere (another source's), off, not_asked (one above has decided)"
    )
    when = serializers.CharField()
    then = serializers.CharField()
    checks = TriedCheckSerializer(many=True)


class TrialSerializer(serializers.Serializer[Any]):
    caught = serializers.CharField(help_text="The names of the rules that catch it; empty: none.")
    words = serializers.CharField()
    service = ServiceRef(allow_null=True)
    severity = SeverityRef(allow_null=True)
    suppress = serializers.BooleanField()
    tags = serializers.ListField(child=serializers.CharField())
    rules = TriedRuleSerializer(many=True)
    pages_at = serializers.DateTimeField(allow_null=True, help_text="Null: nobody is paged for it.")
    why = serializers.ListField(child=serializers.CharField(), help_text="What decides when, in words.")
    rows = ForeseenRowSerializer(many=True, help_text="Who would be paged.")


class RoutingRuleViewSet(TenantReadOnlyViewSet):
    """Where alerts go that no open incident takes: the first rule that fits decides."""

    queryset = RoutingRule.objects.none()
    serializer_class = RoutingRuleSerializer
    action_permissions = {"test": "incidents.view"}
    # As they are asked: from the top.
    newest_first_by = ("position", "id")

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("source", "service")

    @extend_schema(request=RuleBody, responses={201: RoutingRuleSerializer})
    def create(self, request: Request) -> Response:
        """Makes one, below all others."""
        return self._saved(RoutingRule(), request, partial=False, code=status.HTTP_201_CREATED)

    @extend_schema(request=RuleBody, responses={200: RoutingRuleSerializer})
    def partial_update(self, request: Request, uid: str) -> Response:
        """Changes it, for alerts that come in from now on."""
        return self._saved(self.get_object(), request, partial=True, code=status.HTTP_200_OK)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: str) -> Response:
        """It is gone; alerts that it caught keep its name."""
        delete_rule(rule=self.get_object(), actor=actor_of(request._request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=MoveRuleBody, responses={200: RoutingRuleSerializer})
    @action(detail=True, methods=["post"])
    def move(self, request: Request, uid: str) -> Response:
        """One place up or down."""
        rule = self.get_object()
        body = MoveRuleBody(data=request.data)
        body.is_valid(raise_exception=True)
        up = body.validated_data["way"] == "up"
        move_rule(rule=rule, up=up, actor=actor_of(request._request), now=clock.now())
        return self._shown(rule.pk, status.HTTP_200_OK)

    @extend_schema(request=TestBody, responses={200: TrialSerializer})
    @action(detail=False, methods=["post"])
    def test(self, request: Request) -> Response:
        """Which rule would catch an alert, and why; who would be paged. Changes nothing."""
        body = TestBody(data=request.data)
        body.is_valid(raise_exception=True)
        bound: Any = request._request
        alert = self._stored(body.validated_data) or self._pasted(dict(body.validated_data))
        trial = try_rules(alert=alert, tenant=bound.tenant, now=clock.now())
        return Response(TrialSerializer(trial_as_data(trial)).data)

    def _stored(self, said: dict[str, Any]) -> Alert | None:
        """Of those that may be read over the API: what hangs on a private incident is its circle's."""
        if not said.get("alert"):
            return None
        seen = visible_alerts(membership_of(self.request))
        found: Alert | None = seen.filter(uid=said["alert"].replace("\0", "")).first()
        if found is None:
            raise serializers.ValidationError({"alert": ["That choice does not exist here."]})
        return found

    def _pasted(self, said: dict[str, Any]) -> Alert:
        given = {name: said[name] for name in ("source", "severity", "title") if name in said}
        alert = alert_of(said=said.get("said", ""), **given)
        alert.labels = {**alert.labels, **said.get("labels", {})}
        return alert

    def _saved(self, rule: RoutingRule, request: Request, *, partial: bool, code: int) -> Response:
        body = RuleBody(data=request.data, partial=partial, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        for name, value in body.validated_data.items():
            setattr(rule, name, [dict(one) for one in value] if name == "conditions" else value)
        save_rule(rule=rule, actor=actor_of(request._request), now=clock.now())
        return self._shown(rule.pk, code)

    def _shown(self, pk: int, code: int) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=code)


routes: list[Route] = [("routing-rules", RoutingRuleViewSet, "routing-rule")]
