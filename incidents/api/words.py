"""Stakeholders and templates of messages: read by everybody, set up by owners and managers."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import ReadSerializer
from config.tenancy.api.viewsets import TenantViewSet
from config.tenancy.requests import actor_of
from incidents.api.bodies_of_words import StakeholderBody, TemplateBody
from incidents.api.setup import ServiceRef
from incidents.models import Audience, MessageTemplate, Stakeholder
from incidents.operations import readers
from incidents.operations.samples import sample


class StakeholderSerializer(ReadSerializer):
    service = ServiceRef(allow_null=True)

    class Meta:
        model = Stakeholder
        fields = ["uid", "name", "email", "service", "language", "ended_at"]


class StakeholderFilter(filters.FilterSet):
    service = UidFilter("service")
    ended = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull", exclude=True)


class SetUpViewSet(ListModelMixin, RetrieveModelMixin, TenantViewSet):
    """List, read, add, change (whole) and take away, each by one operation."""

    body: type[serializers.Serializer[Any]]

    def said(self, request: Request) -> dict[str, Any]:
        body = self.body(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        return {**body.validated_data, "actor": actor_of(request._request), "now": clock.now()}

    def shown(self, row: Any, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(row).data, status=code)

    def actor(self) -> Actor:
        return actor_of(self.request._request)


class StakeholderViewSet(SetUpViewSet):
    """Who has no account and gets internal messages by mail: of one service, or of all."""

    queryset = Stakeholder.objects.none()
    serializer_class = StakeholderSerializer
    filterset_class = StakeholderFilter
    body = StakeholderBody

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("service")

    @extend_schema(request=StakeholderBody, responses={201: StakeholderSerializer})
    def create(self, request: Request) -> Response:
        """Gets the next internal message."""
        return self.shown(readers.save_stakeholder(**self.said(request)), status.HTTP_201_CREATED)

    @extend_schema(request=StakeholderBody, responses={200: StakeholderSerializer})
    def update(self, request: Request, uid: str) -> Response:
        """Changes it as a whole."""
        return self.shown(readers.save_stakeholder(stakeholder=self.get_object(), **self.said(request)))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: str) -> Response:
        """Ends it: no more messages. The row stays, as mails point to it."""
        readers.end_stakeholder(stakeholder=self.get_object(), actor=self.actor(), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class DraftWordsSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    body = serializers.CharField()


class TemplateSerializer(ReadSerializer):
    sample = serializers.SerializerMethodField(help_text=_("How it reads, with a made-up incident."))

    class Meta:
        model = MessageTemplate
        fields = ["uid", "audience", "kind", "language", "postmortem", "title", "body", "sample"]

    @extend_schema_field(DraftWordsSerializer)
    def get_sample(self, template: MessageTemplate) -> dict[str, str]:
        return sample(template)._asdict()


class TemplateFilter(filters.FilterSet):
    audience = filters.ChoiceFilter(choices=Audience.choices)


class TemplateViewSet(SetUpViewSet):
    """The tenant's own words for messages. Where there are none, the built-in ones are used."""

    queryset = MessageTemplate.objects.none()
    serializer_class = TemplateSerializer
    filterset_class = TemplateFilter
    body = TemplateBody

    @extend_schema(request=TemplateBody, responses={201: TemplateSerializer})
    def create(self, request: Request) -> Response:
        """{key}, {components} and their like are filled in; braces that mean nothing stay as they are."""
        return self.shown(readers.save_template(**self.said(request)), status.HTTP_201_CREATED)

    @extend_schema(request=TemplateBody, responses={200: TemplateSerializer})
    def update(self, request: Request, uid: str) -> Response:
        """Changes it as a whole."""
        return self.shown(readers.save_template(template=self.get_object(), **self.said(request)))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: str) -> Response:
        """Back to the built-in words."""
        readers.delete_template(template=self.get_object(), actor=self.actor(), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


routes: list[Route] = [
    ("stakeholders", StakeholderViewSet, "stakeholder"),
    ("message_templates", TemplateViewSet, "message_template"),
]
