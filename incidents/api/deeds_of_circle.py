"""Deeds of who may read it."""

from datetime import datetime
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.api.people import MemberRef
from config.tenancy.requests import actor_of
from incidents.api.bodies import ReasonBody
from incidents.api.bodies_of_places import CircleBody
from incidents.api.deed import KEY, Body, deed, deed_at, documented, once
from incidents.api.keys import number_of
from incidents.models import Incident
from incidents.operations import circle as of_circle
from incidents.operations.standing import LEADS_OR_SPEAKS


class InCircleSerializer(serializers.Serializer[Any]):
    member = MemberRef(source="membership")
    why = serializers.ListField(child=serializers.CharField())


class CircleSerializer(serializers.Serializer[Any]):
    private = serializers.BooleanField()
    people = InCircleSerializer(many=True, help_text="Who may read it once it is private, each with why.")


class CircleDeeds:
    @deed()
    def make_private(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Only its circle may read it from now on. A person's deed: a key sees no private incident."""
        of_circle.make_private(incident=incident, actor=actor, now=now)

    @extend_schema(responses={200: CircleSerializer}, parameters=[KEY])
    @action(detail=True, filter_backends=[])
    def circle(self: Any, request: Request, key: str) -> Response:
        """Who may read it when it is private, and why each."""
        incident = self.get_object()
        found = {"private": incident.private, "people": of_circle.circle_of(incident)}
        return Response(CircleSerializer(found).data)

    @deed_at(circle, CircleBody, permission=LEADS_OR_SPEAKS)
    def add_to_circle(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Lets people in by name, for good."""
        of_circle.add_to_circle(
            incident=incident, memberships=body["people"], reason=body["reason"], actor=actor, now=now
        )

    @documented(ReasonBody)
    @action(detail=True, methods=["post"])
    def break_glass(self: Any, request: Request, key: str) -> Response:
        """An owner lets himself in, with a reason. The circle is told. A missing incident to all others."""
        incident = Incident.objects.filter(number=number_of(key) or 0, private=True).first()
        if incident is None:
            raise Http404
        said = ReasonBody(data=request.data)
        said.is_valid(raise_exception=True)
        now = clock.now()
        with once(request, now) as first:
            if first:
                of_circle.break_glass(
                    incident=incident,
                    reason=said.validated_data["reason"],
                    actor=actor_of(request._request),
                    now=now,
                )
        answer: Response = self.shown(incident.pk, now)
        return answer

    break_glass.permission = "incidents.break_glass"
