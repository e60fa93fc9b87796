"""Deeds of phase 7: what was seen, what it may be, what was tried, what was decided."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.tenancy.actors import Actor
from config.tenancy.api.fields import ByUid
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer
from incidents.api import bodies_of_findings as bodies
from incidents.api.deed import KEY, Body, deed
from incidents.models import Decision, Experiment, Incident, Observation, Theory
from incidents.operations import findings, theories

# The newest of each kind; the timeline has them all.
MOST = 200


class ObservationSerializer(ReadSerializer):
    confirmed_by = MemberRef()

    class Meta:
        model = Observation
        fields = [
            "uid",
            "text",
            "occurred_at",
            "recorded_at",
            "seen_by_label",
            "confirmed_at",
            "confirmed_by",
        ]


class TheorySerializer(ReadSerializer):
    owner = MemberRef()

    class Meta:
        model = Theory
        fields = ["uid", "text", "state", "why", "owner", "stated_at", "stated_by_label", "settled_at"]


class ExperimentSerializer(ReadSerializer):
    theory = ByUid(read_only=True)
    owner = MemberRef()

    class Meta:
        model = Experiment
        fields = [
            "uid",
            "theory",
            "text",
            "expected",
            "result",
            "verdict",
            "owner",
            "begun_at",
            "begun_by_label",
            "ended_at",
        ]


class DecisionSerializer(ReadSerializer):
    class Meta:
        model = Decision
        fields = ["uid", "text", "why", "occurred_at", "recorded_at", "decided_by_label"]


class FindingsSerializer(serializers.Serializer[Any]):
    observations = ObservationSerializer(many=True)
    theories = TheorySerializer(many=True)
    experiments = ExperimentSerializer(many=True)
    decisions = DecisionSerializer(many=True)


class FindingDeeds:
    @extend_schema(responses={200: FindingsSerializer}, parameters=[KEY])
    @action(detail=True, filter_backends=[])
    def findings(self: Any, request: Request, key: str) -> Response:
        """The loop of phase 7 so far, newest first. Four statements, however much there is."""
        incident = self.get_object()
        found = {
            "observations": _newest(Observation, incident, "confirmed_by__user"),
            "theories": _newest(Theory, incident, "owner__user"),
            "experiments": _newest(Experiment, incident, "theory", "owner__user"),
            "decisions": _newest(Decision, incident),
        }
        return Response(FindingsSerializer(found).data)

    @deed(bodies.WhenBody, permission="incidents.write")
    def observe(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Somebody saw this; `occurred_at` in the past is a late entry."""
        findings.observe(incident=incident, actor=actor, now=now, **body)

    @deed(bodies.ObservationBody, permission="incidents.write")
    def confirm_observation(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """A second person has seen it too."""
        bodies.must_belong(body["observation"], incident, "observation")
        findings.confirm_observation(observation=body["observation"], actor=actor, now=now)

    @deed(bodies.TheoryBody)
    def theory(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """What may be broken, and why."""
        theories.state_theory(incident=incident, actor=actor, now=now, **body)

    @deed(bodies.SettleBody)
    def settle_theory(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Proven or disproven, and why; "open" takes it back."""
        bodies.must_belong(body["theory"], incident, "theory")
        theories.settle_theory(actor=actor, now=now, **body)

    @deed(bodies.ExperimentBody)
    def experiment(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Something is tried, for a theory or without one."""
        bodies.must_belong(body["theory"], incident, "theory")
        theories.begin_experiment(incident=incident, actor=actor, now=now, **body)

    @deed(bodies.ResultBody)
    def end_experiment(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """What came of it. The theory stays as it is: people settle it."""
        bodies.must_belong(body["experiment"], incident, "experiment")
        theories.end_experiment(actor=actor, now=now, **body)

    @deed(bodies.DecisionBody, permission="incidents.write")
    def decide(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """A decision: what, and why."""
        findings.decide(incident=incident, actor=actor, now=now, **body)


def _newest(model: Any, incident: Incident, *with_them: str) -> Any:
    return model.objects.filter(incident=incident).select_related(*with_them).order_by("-id")[:MOST]
