"""What the deeds of phase 3 take."""

from rest_framework import serializers

from config.tenancy.api.fields import ByUid
from config.tenancy.api.serializers import StrictSerializer
from incidents.api.bodies import members
from incidents.assessment import CHOICES
from incidents.models import AssessmentQuestion, FoundBy, IncidentRole

CODES = sorted({code for choices in CHOICES.values() for code in choices})


class AnswerBody(StrictSerializer):
    question = serializers.ChoiceField(choices=AssessmentQuestion.choices)
    choices = serializers.ListField(
        child=serializers.ChoiceField(choices=CODES),
        default=list,
        max_length=10,
        help_text="Of that question: GET …/assessment/ lists them.",
    )
    text = serializers.CharField(max_length=500, allow_blank=True, default="")
    number = serializers.IntegerField(
        min_value=0, max_value=2_000_000_000, required=False, allow_null=True, default=None
    )
    at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class AskBody(StrictSerializer):
    question = serializers.ChoiceField(choices=AssessmentQuestion.choices)
    member = ByUid(members, required=False, allow_null=True, default=None)
    role = ByUid(lambda: IncidentRole.objects.all(), required=False, allow_null=True, default=None)


class CaseBody(StrictSerializer):
    by = serializers.IntegerField(min_value=1, max_value=10_000, default=1)
    found_by = serializers.ChoiceField(choices=FoundBy.choices, default=FoundBy.CUSTOMER)
    via = serializers.CharField(max_length=300, allow_blank=True, default="")
    text = serializers.CharField(max_length=500, allow_blank=True, default="")


class SummaryBody(StrictSerializer):
    summary = serializers.CharField(max_length=300)
