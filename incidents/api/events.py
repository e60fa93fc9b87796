"""Raw events: what came in, byte for byte, what became of it, and working it again. For scope admin."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import ReadSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.requests import actor_of
from incidents.api.keys import membership_of
from incidents.api.sealed import opened, sealed
from incidents.api.setup import SourceRef
from incidents.models import Alert, InboundEvent, Outcome
from incidents.operations.event_reads import readable_events
from incidents.operations.replaying import replay_event

KIND = "event"


class EventSerializer(ReadSerializer):
    uid = serializers.SerializerMethodField()
    source = SourceRef()  # type: ignore[assignment]
    size = serializers.IntegerField(source="bytes", help_text=_("Bytes of the body."))
    replay_of = serializers.SerializerMethodField(help_text=_("The event it was first, by uid."))

    class Meta:
        model = InboundEvent
        fields = [
            "uid",
            "source",
            "format",
            "size",
            "received_at",
            "processed_at",
            "outcome",
            "problem",
            "posted_by",
            "replay_of",
        ]

    def get_uid(self, event: InboundEvent) -> str:
        return sealed(KIND, event.pk)

    def get_replay_of(self, event: InboundEvent) -> str | None:
        return sealed(KIND, event.replay_of) if event.replay_of else None


class EventDetailSerializer(EventSerializer):
    body = serializers.SerializerMethodField(help_text=_("As text; bytes that are none are escaped."))
    alerts = serializers.SerializerMethodField(help_text=_("The alerts it told of, by uid."))

    class Meta(EventSerializer.Meta):
        fields = [*EventSerializer.Meta.fields, "alerts", "body"]

    def get_body(self, event: InboundEvent) -> str:
        return bytes(event.body).decode("utf-8", "backslashreplace")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_alerts(self, event: InboundEvent) -> list[str]:
        rows = Alert.objects.filter(pk__in=event.alert_ids or []).order_by("pk")
        return list(rows.values_list("uid", flat=True))


class EventFilter(filters.FilterSet):
    outcome = filters.MultipleChoiceFilter(choices=Outcome.choices)
    source = UidFilter("source")


class EventViewSet(TenantReadOnlyViewSet):
    """Newest first. Those that told of a private incident are its circle's only. Kept for 30 days."""

    queryset = InboundEvent.objects.none()
    serializer_class = EventSerializer
    filterset_class = EventFilter
    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[A-Z2-7]+"
    action_permissions = {"list": "incidents.setup", "retrieve": "incidents.setup"}

    def rows(self) -> QuerySet[Any]:
        rows = readable_events(membership_of(self.request)).select_related("source")
        rows = rows.defer("source__key", "source__signature_secret").annotate(bytes=Length("body"))
        return rows.defer("body") if self.action == "list" else rows

    def get_object(self) -> InboundEvent:
        pk = opened(KIND, self.kwargs["id"])
        found: InboundEvent | None = self.get_queryset().filter(pk=pk).first() if pk else None
        if found is None:
            raise Http404
        return found

    @extend_schema(responses={200: EventDetailSerializer})
    def retrieve(self, request: Request, id: str) -> Response:
        """With its body, and the alerts it told of."""
        return Response(EventDetailSerializer(self.get_object()).data)

    @extend_schema(request=None, responses={202: EventSerializer})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: str) -> Response:
        """Works the same bytes once more, as a new event: it may page."""
        made = replay_event(event=self.get_object(), actor=actor_of(request._request), now=clock.now())
        shown = self.get_queryset().get(pk=made.pk)
        return Response(EventSerializer(shown).data, status=status.HTTP_202_ACCEPTED)


routes: list[Route] = [("events", EventViewSet, "event")]
