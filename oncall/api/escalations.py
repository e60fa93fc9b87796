"""Running and past calls for help: who was paged, who has it, who is next; and the answers to them."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.api.fields import ByUid
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.models import Membership
from config.tenancy.requests import actor_of
from oncall.models import Acknowledgement, Escalation, EscalationPolicy, EscalationState, Page
from oncall.operations import paging
from oncall.operations.progress import held, next_in_line

VIEW = "oncall.view"


def _members() -> QuerySet[Any]:
    rows: QuerySet[Any] = Membership.objects.filter(ended_at=None).select_related("user")
    return rows


def _policies() -> QuerySet[Any]:
    rows: QuerySet[Any] = EscalationPolicy.objects.all()
    return rows


class EscalationSerializer(ReadSerializer):
    """`key` is the incident's. Of a private one there is neither title nor policy."""

    key = serializers.CharField(source="card.key")
    title = serializers.CharField(source="card.title")
    policy = serializers.SerializerMethodField()
    paged = serializers.SerializerMethodField(help_text=_("Who was called, in order."))
    acknowledged_by = MemberRef(allow_null=True)
    answers = serializers.SerializerMethodField(help_text=_("Who has said so, where several are asked."))

    class Meta:
        model = Escalation
        fields = [
            "uid",
            "key",
            "title",
            "severity_rank",
            "urgency",
            "state",
            "policy",
            "started_at",
            "last_step_at",
            "next_step_at",
            "paged",
            "acknowledged_by",
            "acknowledged_at",
            "ack_expires_at",
            "answers",
            "answers_needed",
            "snoozed_until",
            "ended_at",
        ]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_policy(self, escalation: Escalation) -> str | None:
        return None if escalation.card.private else (escalation.snapshot["name"] or None)

    @extend_schema_field(MemberRef(many=True))
    def get_paged(self, escalation: Escalation) -> Any:
        return MemberRef([page.membership for page in escalation.pages.all()], many=True).data

    @extend_schema_field(MemberRef(many=True))
    def get_answers(self, escalation: Escalation) -> Any:
        of_now = [one.membership for one in escalation.answers.all() if one.run == escalation.run]
        return MemberRef(of_now, many=True).data


class NextSerializer(serializers.Serializer[Any]):
    names = serializers.ListField(child=serializers.CharField(), help_text=_("Empty: nobody is left."))
    at = serializers.DateTimeField()


class HeldSerializer(serializers.Serializer[Any]):
    step = serializers.IntegerField()
    why = serializers.ChoiceField(choices=["empty", "hours"])
    until = serializers.DateTimeField()


class EscalationDetailSerializer(EscalationSerializer):
    next = serializers.SerializerMethodField(help_text=_("Who is paged if nobody answers; null: nobody."))
    held = serializers.SerializerMethodField(help_text=_("Why its next step waits; null where none does."))

    class Meta(EscalationSerializer.Meta):
        fields = [*EscalationSerializer.Meta.fields, "next", "held"]

    @extend_schema_field(NextSerializer(allow_null=True))
    def get_next(self, escalation: Escalation) -> Any:
        found = next_in_line(escalation=escalation)
        return NextSerializer(found).data if found is not None else None

    @extend_schema_field(HeldSerializer(allow_null=True))
    def get_held(self, escalation: Escalation) -> Any:
        found = held(escalation=escalation)
        return HeldSerializer(found).data if found is not None else None


class EscalationFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=EscalationState.choices)


class OneMemberBody(StrictSerializer):
    member = ByUid(_members, required=False, help_text=_("Who; left out, the signed-in person."))


class EscalateBody(OneMemberBody):
    asked_at = serializers.DateTimeField(
        required=False,
        help_text=_("When what is answered was seen: nothing happens if a step fired after it."),
    )


class ReassignBody(StrictSerializer):
    """Members, or a policy."""

    members = ByUid(_members, many=True, required=False)
    policy = ByUid(_policies, required=False)


class SnoozeBody(StrictSerializer):
    until = serializers.DateTimeField()


class NoBody(StrictSerializer):
    pass


def _answer(body: type[StrictSerializer]) -> Any:
    """Outermost: `action` would throw away what the schema was told before."""
    return extend_schema(
        request=None if body is NoBody else body, responses={200: EscalationDetailSerializer}
    )


class EscalationViewSet(TenantReadOnlyViewSet):
    """Calls for help, newest first. Private ones only for those who were called.

    Whoever was paged may answer; others need to be responders. An answer to what is over, or has an answer,
    changes nothing: the state says so.
    """

    queryset = Escalation.objects.none()
    serializer_class = EscalationSerializer
    filterset_class = EscalationFilter
    # The operations ask for more, or for having been paged.
    action_permissions = dict.fromkeys(("acknowledge", "escalate", "reassign", "snooze", "renew"), VIEW)

    def rows(self) -> QuerySet[Any]:
        by = self._actor().membership_id
        called = Exists(Page.objects.filter(escalation=OuterRef("pk"), membership_id=by))
        pages = Page.objects.select_related("membership__user").order_by("pk")
        answers = Acknowledgement.objects.select_related("membership__user").order_by("pk")
        rows: QuerySet[Any] = Escalation.objects.filter(is_test=False).select_related("acknowledged_by__user")
        rows = rows.filter(Q(card_stored__private=False) | Q(called) if by else Q(card_stored__private=False))
        return rows.prefetch_related(Prefetch("pages", pages), Prefetch("answers", answers))

    def get_serializer_class(self) -> Any:
        return EscalationDetailSerializer if self.detail else EscalationSerializer

    @_answer(OneMemberBody)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, uid: str) -> Response:
        """Somebody has it: paging stops, or goes on until enough have it."""
        said = self._said(OneMemberBody)
        return self._do(paging.acknowledge, membership=self._whose(said))

    @_answer(EscalateBody)
    @action(detail=True, methods=["post"])
    def escalate(self, request: Request, uid: str) -> Response:
        """The next step is due at once."""
        said = self._said(EscalateBody)
        asked_at: datetime | None = said.get("asked_at")
        return self._do(paging.pass_on, membership=self._whose(said), asked_at=asked_at)

    @_answer(ReassignBody)
    @action(detail=True, methods=["post"])
    def reassign(self, request: Request, uid: str) -> Response:
        """Pages others instead, from their first step."""
        said = self._said(ReassignBody)
        return self._do(paging.reassign, memberships=said.get("members", ()), policy=said.get("policy"))

    @_answer(SnoozeBody)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, uid: str) -> Response:
        """Quiet until then; after that it pages from its first step."""
        return self._do(paging.snooze, until=self._said(SnoozeBody)["until"])

    @_answer(NoBody)
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, uid: str) -> Response:
        """Still on it: the acknowledgement lasts from now again."""
        self._said(NoBody)
        return self._do(paging.renew_ack, said=True)

    def _said(self, body: type[StrictSerializer]) -> dict[str, Any]:
        """What was posted, once it is clear that the call is there to be seen."""
        self.get_object()
        asked = body(data=self.request.data)
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)

    def _actor(self) -> Actor:
        return actor_of(self.request._request)

    def _whose(self, said: dict[str, Any]) -> Membership:
        found = said.get("member") or getattr(self.request._request, "membership", None)
        if found is None:
            raise serializers.ValidationError({"member": [_("Say whose.")]})
        return found

    def _do(self, deed: Any, **given: Any) -> Response:
        escalation = self.get_object()
        deed(escalation_id=escalation.pk, actor=self._actor(), now=clock.now(), **given)
        return Response(EscalationDetailSerializer(self.get_object()).data)
