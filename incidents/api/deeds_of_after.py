"""Deeds of afterwards: what it came to, the postmortem, the playbook. Action items: api.action_items."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.api.fields import ByUid
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import StrictSerializer
from incidents.api.bodies import ReasonBody
from incidents.api.deed import KEY, Body, deed
from incidents.facts import facts_of
from incidents.facts.outcome import outcome_of
from incidents.models import Incident, PlaybookStep, Postmortem, PostmortemState
from incidents.operations import playbook as book
from incidents.operations import postmortems
from incidents.operations.playbook import listed
from incidents.operations.postmortem_record import draft_of_record
from incidents.operations.standing import LEADS_OR_SPEAKS


class OutcomeSerializer(serializers.Serializer[Any]):
    """What it came to; computed, stored nowhere. `lasted_seconds` is null while the impact goes on."""

    lasted_seconds = serializers.IntegerField(allow_null=True)
    worst = serializers.CharField(help_text=_("The worst severity it had for certain."))
    cases = serializers.IntegerField()
    impact = serializers.CharField()
    experience = serializers.CharField()
    reach = serializers.CharField()
    factors = serializers.CharField()
    iterations = serializers.IntegerField()


class PostmortemSerializer(serializers.Serializer[Any]):
    """`body` is Markdown: what is stored, else a draft made from the record. `state` "" is not asked for."""

    state = serializers.ChoiceField(choices=[("", _("not asked for")), *PostmortemState.choices])
    promised = serializers.BooleanField()
    owner = MemberRef(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    waived_because = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    body = serializers.CharField()
    version = serializers.CharField(help_text=_("Send it along to save: somebody else may have, meanwhile."))


class PlaybookItemSerializer(serializers.Serializer[Any]):
    step = serializers.CharField(help_text=_("Its uid."))
    text = serializers.CharField()
    for_security = serializers.BooleanField()
    due_at = serializers.DateTimeField(allow_null=True)
    late = serializers.BooleanField()
    done_at = serializers.DateTimeField(allow_null=True)
    done_by_label = serializers.CharField()


class TextBody(StrictSerializer):
    body = serializers.CharField(max_length=postmortems.MOST)
    version = serializers.CharField(max_length=20)


class StepBody(StrictSerializer):
    step = ByUid(lambda: PlaybookStep.objects.all())


class AfterDeeds:
    @extend_schema(responses={200: OutcomeSerializer}, parameters=[KEY])
    @action(detail=True, filter_backends=[])
    def outcome(self: Any, request: Request, key: str) -> Response:
        """How long, how bad, how many."""
        incident = self.get_object()
        found = outcome_of(incident, facts_of(incident, now=clock.now()))
        lasted = None if found.lasted is None else int(found.lasted.total_seconds())
        return Response(OutcomeSerializer({**vars(found), "lasted_seconds": lasted}).data)

    @extend_schema(responses={200: PostmortemSerializer}, parameters=[KEY])
    @action(detail=True, filter_backends=[])
    def postmortem(self: Any, request: Request, key: str) -> Response:
        """The postmortem as it stands, or the draft it would begin with."""
        incident = self.get_object()
        row = Postmortem.objects.filter(incident=incident).select_related("owner__user").first()
        shown = row or Postmortem(incident=incident, state="")
        names = ("state", "promised", "owner", "due_on", "waived_because", "published_at")
        known: Body = {name: getattr(shown, name) for name in names}
        known["body"] = shown.body or draft_of_record(incident, clock.now())
        known["version"] = postmortems.version_of(row)
        return Response(PostmortemSerializer(known).data)

    @deed(TextBody, permission="incidents.write")
    def write_postmortem(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Saves the text. 409 where it is not the one of `version` any more: nothing is lost."""
        postmortems.save_postmortem(incident=incident, actor=actor, now=now, **body)

    @deed(permission=LEADS_OR_SPEAKS)
    def publish_postmortem(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """For all who may read the incident. 409 while it goes on."""
        postmortems.publish_postmortem(incident=incident, actor=actor, now=now)

    @deed(permission=LEADS_OR_SPEAKS)
    def reopen_postmortem(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """A draft again; owed again where it was not needed."""
        postmortems.reopen_postmortem(incident=incident, actor=actor, now=now)

    @deed(ReasonBody)
    def waive_postmortem(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """None is needed, and why."""
        postmortems.waive_postmortem(incident=incident, reason=body["reason"], actor=actor, now=now)

    @extend_schema(responses={200: PlaybookItemSerializer(many=True)}, parameters=[KEY])
    @action(detail=True, filter_backends=[], pagination_class=None)
    def playbook(self: Any, request: Request, key: str) -> Response:
        """What should not be forgotten, with its clocks."""
        incident, now = self.get_object(), clock.now()
        rows = [
            {
                "step": item.step.uid,
                "text": item.step.text,
                "for_security": item.step.for_security,
                "due_at": item.due,
                "late": item.is_late,
                "done_at": item.tick.ticked_at if item.tick else None,
                "done_by_label": item.tick.ticked_by_label if item.tick else "",
            }
            for item in listed(incident, facts_of(incident, now=now), now)
        ]
        return Response(PlaybookItemSerializer(rows, many=True).data)

    @deed(StepBody, permission="incidents.write")
    def tick(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """A step of the playbook is done."""
        book.tick(incident=incident, step=body["step"], actor=actor, now=now)

    @deed(StepBody, permission="incidents.write")
    def untick(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """It is not, after all."""
        book.untick(incident=incident, step=body["step"], actor=actor, now=now)
