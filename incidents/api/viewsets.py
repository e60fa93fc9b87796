"""Incidents: read, declare, and one address a deed. The operations decide; this only parses and calls."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.api.idempotency import idempotency_key
from config.tenancy.api.viewsets import TenantViewSet
from config.tenancy.requests import actor_of
from incidents.api import detail
from incidents.api.bodies import DeclareBody
from incidents.api.deed import IDEMPOTENCY, KEY
from incidents.api.deeds_of_after import AfterDeeds
from incidents.api.deeds_of_assessing import AssessingDeeds
from incidents.api.deeds_of_circle import CircleDeeds
from incidents.api.deeds_of_ending import EndingDeeds
from incidents.api.deeds_of_findings import FindingDeeds
from incidents.api.deeds_of_leading import LeadingDeeds
from incidents.api.deeds_of_people import PeopleDeeds
from incidents.api.deeds_of_places import PlaceDeeds
from incidents.api.deeds_of_words import WordDeeds
from incidents.api.incidents import IncidentFilter, IncidentSerializer, with_relations
from incidents.api.keys import membership_of, number_of, visible_incidents
from incidents.api.measures import MeasureReads
from incidents.models import Incident
from incidents.operations.declaring import declare_incident


class IncidentViewSet(
    LeadingDeeds,
    WordDeeds,
    EndingDeeds,
    AssessingDeeds,
    PlaceDeeds,
    FindingDeeds,
    CircleDeeds,
    PeopleDeeds,
    AfterDeeds,
    MeasureReads,
    ListModelMixin,
    TenantViewSet,
):
    """Incidents, newest first, by key. Private ones are shown to their circle; to a key, never."""

    queryset = Incident.objects.none()
    serializer_class = IncidentSerializer
    filterset_class = IncidentFilter
    lookup_field = "number"
    lookup_url_kwarg = "key"
    newest_first_by = "-number"
    action_permissions = {"create": "incidents.declare"}

    def rows(self) -> QuerySet[Any]:
        rows = visible_incidents(self.request)
        return with_relations(rows) if self.action == "list" else rows

    def get_object(self) -> Incident:
        number = number_of(self.kwargs["key"])
        found = self.get_queryset().filter(number=number).first() if number else None
        if found is None:
            raise Http404
        assert isinstance(found, Incident)
        return found

    @extend_schema(responses={200: detail.IncidentDetailSerializer}, parameters=[KEY])
    def retrieve(self, request: Request, key: str) -> Response:
        return self.shown(self.get_object().pk, clock.now())

    @extend_schema(
        request=DeclareBody, responses={201: detail.IncidentDetailSerializer}, parameters=[IDEMPOTENCY]
    )
    def create(self, request: Request) -> Response:
        """Declares an incident: it pages at once. One line is enough."""
        body = DeclareBody(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        now = clock.now()
        incident = declare_incident(
            text=said.pop("summary"),
            provisional=said.pop("severity_provisional"),
            declared_by=membership_of(request),
            actor=actor_of(request._request),
            now=now,
            idempotency_key=idempotency_key(request),
            **said,
        )
        return self.shown(incident.pk, now, status.HTTP_201_CREATED)

    def shown(self, pk: int, now: datetime, code: int = status.HTTP_200_OK) -> Response:
        """The incident as it stands. Whoever may act on it may see it: no second look at the circle."""
        incident = detail.whole(Incident.objects.filter(pk=pk)).get()
        return Response(detail.shown(incident, membership=membership_of(self.request), now=now), status=code)
