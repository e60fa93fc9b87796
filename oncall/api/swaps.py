"""Swaps over the API: asked, taken, given back, withdrawn, approved."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.requests import actor_of
from oncall.api.plans import TakerBody, current_members, member_or_self
from oncall.models import Schedule, Swap, SwapState
from oncall.operations import arranging, swaps


class SwapSerializer(ReadSerializer):
    """`asked_of` null: anybody. `state`: open, asked (waits for a manager), taken, past, withdrawn."""

    schedule = ByUid(read_only=True)
    member = MemberRef(source="membership")
    asked_of = MemberRef(allow_null=True)
    taken_by = MemberRef(allow_null=True)
    state = serializers.SerializerMethodField()

    class Meta:
        model = Swap
        fields = [
            "uid",
            "schedule",
            "member",
            "asked_of",
            "starts_at",
            "ends_at",
            "note",
            "state",
            "taken_by",
            "taken_at",
            "approved_at",
        ]

    @extend_schema_field(serializers.ChoiceField(SwapState.choices))
    def get_state(self, swap: Swap) -> str:
        return str(swap.state(self.context["now"]))


class SwapBody(StrictSerializer):
    """`member` left out: whoever asks. `asked_of` left out: anybody."""

    schedule = ByUid(lambda: Schedule.objects.all())
    member = ByUid(current_members, required=False)
    asked_of = ByUid(current_members, required=False, allow_null=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class SwapFilter(filters.FilterSet):
    schedule = UidFilter("schedule")
    ends_after = filters.IsoDateTimeFilter("ends_at", "gt")
    starts_before = filters.IsoDateTimeFilter("starts_at", "lt")


class SwapViewSet(TenantReadOnlyViewSet):
    """Somebody asks another to be on call in their place."""

    queryset = Swap.objects.none()
    serializer_class = SwapSerializer
    filterset_class = SwapFilter
    action_permissions = dict.fromkeys(["create", "take", "give_back", "withdraw"], "oncall.cover")

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = Swap.objects.select_related(
            "schedule", "membership__user", "asked_of__user", "taken_by__user"
        )
        return rows

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": clock.now()}

    @extend_schema(request=SwapBody, responses={201: SwapSerializer})
    def create(self, request: Request) -> Response:
        """Asks. It changes nothing until somebody takes it."""
        given = _given(SwapBody, request)
        made = arranging.ask_and_tell(
            schedule=given["schedule"],
            membership=member_or_self(given, request),
            asked_of=given.get("asked_of"),
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
            note=given.get("note", ""),
            actor=actor_of(request._request),
            now=clock.now(),
        )
        return self._answer(made.swap, status.HTTP_201_CREATED)

    @extend_schema(request=TakerBody, responses=SwapSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, uid: str) -> Response:
        """Takes it, at once or when a manager has approved."""
        given = _given(TakerBody, request)
        taken = arranging.take_and_tell(
            swap=self.get_object(),
            membership=member_or_self(given, request),
            actor=actor_of(request._request),
            now=clock.now(),
        )
        return self._answer(taken.swap)

    @extend_schema(request=None, responses=SwapSerializer)
    @action(detail=True, methods=["post"])
    def give_back(self, request: Request, uid: str) -> Response:
        """Whoever asked has it again."""
        actor = actor_of(request._request)
        return self._answer(
            arranging.give_back_and_tell(swap=self.get_object(), actor=actor, now=clock.now())
        )

    @extend_schema(request=None, responses=SwapSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> Response:
        """Asks no more."""
        actor = actor_of(request._request)
        return self._answer(swaps.withdraw(swap=self.get_object(), actor=actor, now=clock.now()))

    @extend_schema(request=None, responses=SwapSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, uid: str) -> Response:
        """A manager lets it hold, where the schedule wants that."""
        actor = actor_of(request._request)
        return self._answer(swaps.approve(swap=self.get_object(), actor=actor, now=clock.now()))

    def _answer(self, swap: Swap, code: int = status.HTTP_200_OK) -> Response:
        row = self.get_queryset().get(pk=swap.pk)
        return Response(SwapSerializer(row, context=self.get_serializer_context()).data, status=code)


def _given(body: type[StrictSerializer], request: Request) -> dict[str, Any]:
    asked = body(data=request.data)
    asked.is_valid(raise_exception=True)
    given: dict[str, Any] = asked.validated_data
    return given
