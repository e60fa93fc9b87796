"""What the deeds of the loop in phase 7 take."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from config.tenancy.api.fields import ByUid
from config.tenancy.api.serializers import StrictSerializer
from incidents.api.bodies import members
from incidents.models import Experiment, Incident, Observation, Theory, TheoryState, Verdict


class WhenBody(StrictSerializer):
    text = serializers.CharField(max_length=1000)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ObservationBody(StrictSerializer):
    observation = ByUid(lambda: Observation.objects.all())


class TheoryBody(StrictSerializer):
    text = serializers.CharField(max_length=1000)
    owner = ByUid(members, required=False, allow_null=True, default=None)


class SettleBody(StrictSerializer):
    theory = ByUid(lambda: Theory.objects.all())
    state = serializers.ChoiceField(choices=TheoryState.choices)
    why = serializers.CharField(max_length=500, allow_blank=True, default="")


class ExperimentBody(StrictSerializer):
    text = serializers.CharField(max_length=1000)
    expected = serializers.CharField(max_length=500, allow_blank=True, default="")
    theory = ByUid(lambda: Theory.objects.all(), required=False, allow_null=True, default=None)


class ResultBody(StrictSerializer):
    experiment = ByUid(lambda: Experiment.objects.all())
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    result = serializers.CharField(max_length=1000, allow_blank=True, default="")


class DecisionBody(WhenBody):
    why = serializers.CharField(max_length=500, allow_blank=True, default="")


def must_belong(row: Any, incident: Incident, name: str) -> None:
    """A row of another incident is a missing one, whoever may read that."""
    if row is not None and row.incident_id != incident.pk:
        raise serializers.ValidationError({name: [_("That choice does not exist here.")]})
