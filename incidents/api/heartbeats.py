"""Heartbeats: how they are doing; made, changed, kept quiet, deleted. They beat at /ingest/, not here."""

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
from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import ReadSerializer, StrictSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.requests import actor_of
from incidents.models import AlertSeverity, AlertSource, Heartbeat, HeartbeatState
from incidents.models.heartbeat import YEAR_OF_MINUTES
from incidents.operations import heartbeats


class HeartbeatSerializer(ReadSerializer):
    source = ByUid(read_only=True)  # type: ignore[assignment]
    due_at = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text=_("When its silence becomes an alert. Null: nothing is awaited, or it is missing."),
    )

    class Meta:
        model = Heartbeat
        fields = [
            "uid",
            "name",
            "slug",
            "source",
            "interval_minutes",
            "grace_minutes",
            "severity",
            "runbook_url",
            "state",
            "last_seen",
            "due_at",
            "muted_until",
            "muted_reason",
            "created_at",
        ]


class HeartbeatBody(StrictSerializer):
    """A heartbeat, or what is to change of it. Its source stays as it was made."""

    name = serializers.CharField(max_length=120)
    slug = serializers.SlugField(
        max_length=60, required=False, help_text=_("The end of the address. Left out: made of the name.")
    )
    source = ByUid(lambda: AlertSource.objects.filter(revoked_at=None))  # type: ignore[assignment]
    interval_minutes = serializers.IntegerField(min_value=1, max_value=YEAR_OF_MINUTES, required=False)
    grace_minutes = serializers.IntegerField(min_value=0, max_value=YEAR_OF_MINUTES, required=False)
    severity = serializers.ChoiceField(choices=AlertSeverity.choices, required=False)
    runbook_url = serializers.URLField(max_length=200, allow_blank=True, required=False)


class MuteBody(StrictSerializer):
    until = serializers.DateTimeField(help_text=_("At most a year from now."))
    reason = serializers.CharField(max_length=200)


class HeartbeatFilter(filters.FilterSet):
    source = UidFilter("source")
    state = filters.ChoiceFilter(choices=HeartbeatState.choices)


class HeartbeatViewSet(TenantReadOnlyViewSet):
    """What says regularly that it is alive. Where it does not, that is an alert."""

    queryset = Heartbeat.objects.none()
    serializer_class = HeartbeatSerializer
    filterset_class = HeartbeatFilter

    def rows(self) -> QuerySet[Any]:
        # The key is never read here, so that no field added by mistake could show it.
        return super().rows().select_related("source").defer("source__key", "source__signature_secret")

    @extend_schema(request=HeartbeatBody, responses={201: HeartbeatSerializer})
    def create(self, request: Request) -> Response:
        """Makes one. Nothing is awaited before its first beat."""
        return self._saved(Heartbeat(), request, partial=False, code=status.HTTP_201_CREATED)

    @extend_schema(request=HeartbeatBody, responses={200: HeartbeatSerializer})
    def partial_update(self, request: Request, uid: str) -> Response:
        """Changes what is named. What is awaited follows at once."""
        return self._saved(self.get_object(), request, partial=True, code=status.HTTP_200_OK)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: str) -> Response:
        """Its address is gone, its alert ends."""
        heartbeats.delete_heartbeat(heartbeat=self.get_object(), **self._deed(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=MuteBody, responses={200: HeartbeatSerializer})
    @action(detail=True, methods=["post"])
    def mute(self, request: Request, uid: str) -> Response:
        """Its silence is no alert until then; one that is open ends. Still silent by then, it pages."""
        row = self.get_object()
        body = MuteBody(data=request.data)
        body.is_valid(raise_exception=True)
        heartbeats.mute_heartbeat(heartbeat=row, **body.validated_data, **self._deed(request))
        return self._shown(row.pk, status.HTTP_200_OK)

    @extend_schema(request=None, responses={200: HeartbeatSerializer})
    @action(detail=True, methods=["post"])
    def unmute(self, request: Request, uid: str) -> Response:
        """Listens again. A second call changes nothing."""
        row = heartbeats.unmute_heartbeat(heartbeat=self.get_object(), **self._deed(request))
        return self._shown(row.pk, status.HTTP_200_OK)

    def _saved(self, row: Heartbeat, request: Request, *, partial: bool, code: int) -> Response:
        body = HeartbeatBody(data=request.data, partial=partial, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        for name, value in body.validated_data.items():
            setattr(row, name, value)
        saved = heartbeats.save_heartbeat(heartbeat=row, **self._deed(request))
        return self._shown(saved.pk, code)

    def _deed(self, request: Request) -> dict[str, Any]:
        return {"actor": actor_of(request._request), "now": clock.now()}

    def _shown(self, pk: int, code: int) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=code)


routes: list[Route] = [("heartbeats", HeartbeatViewSet, "heartbeat")]
