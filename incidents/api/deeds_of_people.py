"""Deeds of phases 5 and 6 beyond calling in: answers, roles of one's own, the brief; who is in it."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.api.filters import refuse_unknown
from config.tenancy.models import Membership
from incidents.api import bodies_of_people as bodies
from incidents.api.deed import KEY, Body, NoBody, deed
from incidents.api.deeds_of_leading import person
from incidents.api.keys import membership_of
from incidents.facts.online import seen_in
from incidents.models import Call, Incident, IncidentRole
from incidents.operations import answering, briefing, giving, renewing, roles
from incidents.operations.brief import brief_of
from incidents.operations.crews import offers
from incidents.operations.ladders import policy_of
from incidents.operations.roll import roll_of


def _call_of(incident: Incident, body: Body) -> Call:
    call: Call = body["call"]
    if call.incident_id != incident.pk:
        raise ValidationError({"call": [_("That choice does not exist here.")]})
    return call


class PeopleDeeds:
    """Mixed into the incidents of the API."""

    @deed(bodies.AnswerCallBody, permission="incidents.view")
    def answer_call(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Coming, in 10 minutes, or cannot: the answer to one call-in. Whoever was called may give it."""
        call = _call_of(incident, body)
        answering.answer_call(
            call=call, answer=body["answer"], membership=person(self, body), actor=actor, now=now
        )

    @deed(bodies.KeepCallBody, permission="incidents.view")
    def still_on_it(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Work goes on: the acknowledgement of one call lasts from now again."""
        call = _call_of(incident, body)
        renewing.keep_call(call=call, membership=person(self, body), actor=actor, now=now)

    @deed(bodies.GiveCallBody)
    def give_call(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Pages others instead: people, or by a policy. Whoever was paged hears that it is not theirs now."""
        giving.give_call(
            call=_call_of(incident, body),
            people=body.get("people", []),
            policy=body.get("policy"),
            actor=actor,
            now=now,
        )

    @deed(bodies.OwnRoleBody, permission="incidents.view")
    def take_role(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Takes a role oneself. Communications can be taken by whoever may publish."""
        roles.take_role(incident=incident, role=body["role"], actor=actor, now=now)

    @deed(bodies.OwnRoleBody, permission="incidents.view")
    def accept_role(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """The duties of one's role are clear."""
        roles.accept_role(incident=incident, role=body["role"], actor=actor, now=now)

    @deed(bodies.HandOverBody, permission="incidents.view")
    def hand_over(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Gives what one person has to another, with a word for the record."""
        roles.hand_over_role(
            incident=incident,
            role=body["role"],
            before=body["before"],
            to=body["member"],
            say=body["say"],
            actor=actor,
            now=now,
        )

    @deed(NoBody, permission="incidents.view")
    def clear(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Brief and duties are read: everything one was given is acknowledged."""
        briefing.clear(incident=incident, membership=person(self, {}), actor=actor, now=now)

    @extend_schema(responses={200: bodies.OfferSerializer(many=True)}, parameters=[KEY])
    @action(detail=True, methods=["get"], pagination_class=None)
    def call_suggestions(self: Any, request: Request, key: str) -> Response:
        """Whom to call in, suggestions first: role, team or person, who would come, how they are reached."""
        refuse_unknown(request, set())
        incident = self.get_object()
        policy = policy_of(incident.service)
        found = offers(
            incident,
            roles=IncidentRole.objects.select_related("policy"),
            people=Membership.objects.filter(ended_at=None)
            .select_related("user")
            .order_by("user__name", "user__email"),
            viewer=membership_of(request),
            default_policy_id=policy.pk if policy else None,
            now=clock.now(),
        )
        return Response(bodies.OfferSerializer(found.all, many=True).data)

    @extend_schema(responses={200: bodies.RecordSerializer(many=True)}, parameters=[KEY])
    @action(detail=True, methods=["get"], pagination_class=None)
    def people(self: Any, request: Request, key: str) -> Response:
        """Who was paged, came, is online and had which role, in the order of coming into it."""
        refuse_unknown(request, set())
        incident = self.get_object()
        roll = roll_of(incident, seen=seen_in(incident, now=clock.now()))
        return Response(bodies.RecordSerializer(roll, many=True).data)

    @extend_schema(responses={200: bodies.BriefSerializer}, parameters=[KEY])
    @action(detail=True, methods=["get"])
    def brief(self: Any, request: Request, key: str) -> Response:
        """What a newcomer reads first: duties, impact, best theory, what was tried and decided."""
        refuse_unknown(request, set())
        found = brief_of(self.get_object(), membership_of(request), now=clock.now())
        return Response(bodies.BriefSerializer(found).data)
