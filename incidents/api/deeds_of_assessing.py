"""Deeds of phase 3: the six questions, cases, the summary; and what is known so far."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from config.tenancy.actors import Actor
from config.tenancy.api.filters import refuse_unknown
from config.tenancy.api.people import MemberRef
from incidents import assessment
from incidents.api import bodies_of_assessing as bodies
from incidents.api.deed import KEY, Body, deed
from incidents.api.incidents import IncidentSerializer, with_relations
from incidents.api.keys import membership_of
from incidents.models import Ask, AssessmentQuestion, Incident, Service
from incidents.operations import asking, cases, editing, questions
from incidents.operations.looking_alike import look_alikes


class ChoiceRow(serializers.Serializer[Any]):
    code = serializers.CharField()
    words = serializers.CharField()


class QuestionSerializer(serializers.Serializer[Any]):
    """One of the six, with what counts as its answer now."""

    question = serializers.CharField()
    words = serializers.CharField()
    options = ChoiceRow(many=True, help_text="What may be chosen.")
    choices = serializers.ListField(child=serializers.CharField(), help_text="What was.")
    text = serializers.CharField()
    number = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    answered_by = serializers.CharField(help_text="A name, or empty: no answer yet.")
    asked_of = MemberRef(allow_null=True)
    asked_role = serializers.CharField()
    asked_at = serializers.DateTimeField(allow_null=True)


class AssessingDeeds:
    @deed(bodies.AnswerBody, permission="incidents.view")
    def answer(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Answers one of the six questions, or answers it again. Who was asked may, whatever their role."""
        questions.answer_question(incident=incident, actor=actor, now=now, **body)

    @deed(bodies.AskBody, permission="incidents.write")
    def ask(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Puts a question to a person or a role; they get one mail unless they have the room open."""
        asking.ask(
            incident=incident,
            question=body["question"],
            membership=body["member"],
            role=body["role"],
            actor=actor,
            now=now,
        )

    @deed(bodies.CaseBody, permission="incidents.declare")
    def case(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Counts what customers report; a report by others is noted."""
        cases.add_case(incident=incident, actor=actor, now=now, **body)

    @deed(bodies.SummaryBody)
    def summary(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Says better what is broken. Pages still to come carry it too."""
        editing.edit_summary(incident=incident, text=body["summary"], actor=actor, now=now)

    @extend_schema(responses={200: QuestionSerializer(many=True)}, parameters=[KEY])
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def assessment(self: Any, request: Request, key: str) -> Response:
        """The six questions, what may be answered, and what was."""
        incident = self.get_object()
        newest = questions.newest(incident)
        open_ones = Ask.objects.filter(incident=incident, answered_at=None)
        asks = {one.question: one for one in open_ones.select_related("membership__user", "role")}
        rows = [_row(code, newest.get(code), asks.get(code)) for code in assessment.ORDER]
        return Response(QuestionSerializer(rows, many=True).data)

    @extend_schema(
        responses={200: IncidentSerializer(many=True)},
        parameters=[
            OpenApiParameter("text", str, description="The line one is about to declare."),
            OpenApiParameter("service", str, description="A service, by uid."),
        ],
    )
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def alike(self: Any, request: Request) -> Response:
        """Open incidents that may be the same: of that service, or with similar words. At most four."""
        refuse_unknown(request, {"text", "service"})
        uid = request.query_params.get("service", "")
        service = Service.objects.filter(uid=uid[:12]).first() if uid else None
        if uid and service is None:
            raise ValidationError({"service": [_("That choice does not exist here.")]})
        text = request.query_params.get("text", "")[:300]
        found = look_alikes(membership=membership_of(request), service=service, text=text)
        order = {one.pk: place for place, one in enumerate(found)}
        rows = sorted(with_relations(Incident.objects.filter(pk__in=order)), key=lambda one: order[one.pk])
        return Response(IncidentSerializer(rows, many=True).data)


def _row(code: str, answer: Any, asked: Any) -> dict[str, Any]:
    return {
        "question": code,
        "words": AssessmentQuestion(code).label,
        "options": [{"code": key, "words": words} for key, words in assessment.CHOICES[code].items()],
        "choices": answer.choices if answer else [],
        "text": answer.text if answer else "",
        "number": answer.number if answer else None,
        "at": answer.at if answer else None,
        "answered_at": answer.answered_at if answer else None,
        "answered_by": answer.answered_by_label if answer else "",
        "asked_of": asked.membership if asked else None,
        "asked_role": str(asked.role) if asked and asked.role else "",
        "asked_at": asked.asked_at if asked else None,
    }
