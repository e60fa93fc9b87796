"""Ways to reach people: one's own, and those of others for who may set up."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.models import Membership
from config.tenancy.requests import actor_of
from oncall.models import ContactMethod, Method
from oncall.operations import contacts as ways
from oncall.operations import verifying

VIEW = "oncall.view"


def actor(request: Request) -> Actor:
    return actor_of(request._request)


def mine(request: Request, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Everybody's for who may set up, else one's own; a key without set-up has none."""
    by = actor(request)
    return rows if by.may("oncall.setup") else rows.filter(membership_id=by.membership_id)


def people() -> QuerySet[Any]:
    rows: QuerySet[Any] = Membership.objects.filter(ended_at=None).select_related("user")
    return rows


def contacts() -> QuerySet[Any]:
    rows: QuerySet[Any] = ContactMethod.objects.select_related("membership__user")
    return rows


def whose(request: Request, given: Membership | None) -> Membership:
    """Whom it is about: whoever was named, else the signed-in person. The operation asks for permission."""
    found: Membership | None = given or getattr(request._request, "membership", None)
    if found is None:
        raise serializers.ValidationError({"member": [_("Say whose.")]})
    return found


class ContactMethodSerializer(ReadSerializer):
    """`hint` is enough of the address to tell it from the others; the address itself is not shown."""

    member = MemberRef(source="membership")
    hint = serializers.CharField()

    class Meta:
        model = ContactMethod
        fields = ["uid", "member", "kind", "hint", "verified_at", "disabled_at", "disabled_reason"]


class NewContactSerializer(StrictSerializer):
    """`member` left out: one's own."""

    member = ByUid(people, required=False, allow_null=True)
    kind = serializers.ChoiceField(Method.choices)
    address = serializers.CharField(max_length=500)


class CodeSerializer(StrictSerializer):
    code = serializers.CharField(max_length=20)


class ContactFilter(filters.FilterSet):
    member = UidFilter("membership")
    kind = filters.ChoiceFilter(choices=Method.choices)


class ContactMethodViewSet(TenantReadOnlyViewSet):
    """Ways to reach people. A new one is proved by a code that is sent to it."""

    queryset = ContactMethod.objects.none()
    serializer_class = ContactMethodSerializer
    filterset_class = ContactFilter
    action_permissions = dict.fromkeys(
        ("create", "destroy", "send_code", "verify", "switch_off", "switch_on"), VIEW
    )

    def rows(self) -> QuerySet[Any]:
        return mine(self.request, contacts())

    @extend_schema(request=NewContactSerializer, responses={201: ContactMethodSerializer})
    def create(self, request: Request) -> Response:
        asked = NewContactSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        contact = ways.add_contact(
            membership=whose(request, given.get("member")),
            kind=given["kind"],
            address=given["address"],
            actor=actor(request),
            now=clock.now(),
        )
        return Response(ContactMethodSerializer(contact).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: str) -> Response:
        ways.remove_contact(contact=self.get_object(), actor=actor(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=ContactMethodSerializer)
    @action(detail=True, methods=["post"], url_path="send-code")
    def send_code(self, request: Request, uid: str) -> Response:
        contact = verifying.send_code(contact=self.get_object(), actor=actor(request), now=clock.now())
        return Response(ContactMethodSerializer(contact).data)

    @extend_schema(request=CodeSerializer, responses=ContactMethodSerializer)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, uid: str) -> Response:
        asked = CodeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        code = asked.validated_data["code"]
        contact = verifying.verify(
            contact=self.get_object(), code=code, actor=actor(request), now=clock.now()
        )
        return Response(ContactMethodSerializer(contact).data)

    @extend_schema(request=None, responses=ContactMethodSerializer)
    @action(detail=True, methods=["post"], url_path="switch-off")
    def switch_off(self, request: Request, uid: str) -> Response:
        contact = ways.switch_off(contact=self.get_object(), actor=actor(request), now=clock.now())
        return Response(ContactMethodSerializer(contact).data)

    @extend_schema(request=None, responses=ContactMethodSerializer)
    @action(detail=True, methods=["post"], url_path="switch-on")
    def switch_on(self, request: Request, uid: str) -> Response:
        contact = ways.switch_on(contact=self.get_object(), actor=actor(request), now=clock.now())
        return Response(ContactMethodSerializer(contact).data)
