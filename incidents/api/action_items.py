"""Action items: what is left to do, over all incidents that one may read."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.people import MemberRef
from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.models import Tenant
from config.tenancy.requests import actor_of
from config.tenancy.scoping import bound_tenant_id
from incidents.api.bodies import members
from incidents.api.keys import ByKey, KeyFilter, visible_incidents
from incidents.models import ActionItem, ActionState
from incidents.operations.actions import MOST, add_action, change_action, settle_action
from incidents.operations.standing import actor_in


class ActionItemSerializer(ReadSerializer):
    incident = ByKey(help_text=_("By key."))
    owner = MemberRef()

    class Meta:
        model = ActionItem
        fields = [
            "uid",
            "incident",
            "text",
            "owner",
            "due_on",
            "state",
            "is_postmortem",
            "created_at",
            "created_by_label",
            "ended_at",
        ]


class ChangeBody(StrictSerializer):
    text = serializers.CharField(max_length=MOST, required=False)
    owner = ByUid(members, required=False, allow_null=True)
    due_on = serializers.DateField(required=False, allow_null=True)
    state = serializers.ChoiceField(choices=ActionState.choices, required=False)


class ActionItemBody(StrictSerializer):
    incident = ByKey()
    text = serializers.CharField(max_length=MOST)
    owner = ByUid(members, required=False, allow_null=True, default=None)
    due_on = serializers.DateField(required=False, allow_null=True, default=None)


class ActionItemFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=ActionState.choices)
    incident = KeyFilter("incident")
    owner = UidFilter("owner")
    due_before = filters.DateFilter(field_name="due_on", lookup_expr="lt")
    late = filters.BooleanFilter(method="by_late", help_text=_("Open, and its day is over."))

    def by_late(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        zone = Tenant.objects.get(pk=bound_tenant_id()).zone
        today = clock.now().astimezone(zone).date()
        late = rows.filter(state=ActionState.OPEN, due_on__lt=today)
        return late if value else rows.exclude(pk__in=late.values("pk"))


class ActionItemViewSet(TenantReadOnlyViewSet):
    """What is left to do after an incident, newest first. Those of a private one are its circle's only."""

    queryset = ActionItem.objects.none()
    serializer_class = ActionItemSerializer
    filterset_class = ActionItemFilter
    # The operation asks, once it is known which incident: a role in it lends what it needs.
    action_permissions = {"create": "incidents.view", "partial_update": "incidents.view"}

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = ActionItem.objects.filter(incident__in=visible_incidents(self.request))
        return rows.select_related("incident", "owner__user")

    @extend_schema(request=ActionItemBody, responses={201: ActionItemSerializer})
    def create(self, request: Request) -> Response:
        """Something to do; somebody and a day may follow later."""
        body = ActionItemBody(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        said = body.validated_data
        actor = actor_in(said["incident"], actor_of(request._request))
        item = add_action(actor=actor, now=clock.now(), **said)
        return Response(ActionItemSerializer(item).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangeBody, responses={200: ActionItemSerializer})
    def partial_update(self, request: Request, uid: str) -> Response:
        """What, who, until when, and whether it is done; what is left out stays."""
        item = self.get_object()
        body = ChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        state = said.pop("state", None)
        actor, now = actor_in(item.incident, actor_of(request._request)), clock.now()
        with transaction.atomic():
            if said:
                kept = {name: getattr(item, name) for name in ("text", "owner", "due_on")}
                change_action(item=item, actor=actor, now=now, **(kept | said))
            if state is not None:
                settle_action(item=item, state=state, actor=actor, now=now)
        return Response(ActionItemSerializer(self.get_object()).data)


routes: list[Route] = [("action-items", ActionItemViewSet, "action-item")]
