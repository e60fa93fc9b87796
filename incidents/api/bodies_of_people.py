"""What the deeds of phases 5 and 6 take, and what their lists show."""

from typing import Any

from rest_framework import serializers

from config.tenancy.api.fields import ByUid
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import StrictSerializer
from incidents.api.bodies import MemberBody, members
from incidents.api.detail import AssignmentSerializer
from incidents.models import Call, CallAnswer, IncidentRole, RoleAssignment
from oncall.models import EscalationPolicy


class AnswerCallBody(MemberBody):
    call = ByUid(lambda: Call.objects.all())
    answer = serializers.ChoiceField(choices=CallAnswer.choices)


class KeepCallBody(MemberBody):
    call = ByUid(lambda: Call.objects.all())


class GiveCallBody(StrictSerializer):
    """To people, or by a policy: one of both."""

    call = ByUid(lambda: Call.objects.all())
    people = ByUid(members, many=True, required=False)
    policy = ByUid(lambda: EscalationPolicy.objects.all(), required=False, allow_null=True)


class OwnRoleBody(StrictSerializer):
    role = ByUid(lambda: IncidentRole.objects.all())


class HandOverBody(StrictSerializer):
    role = ByUid(lambda: IncidentRole.objects.all())
    before = ByUid(members, help_text="Who has it now.")
    member = ByUid(members, help_text="Who takes over.")
    say = serializers.CharField(max_length=300, allow_blank=True, default="")


class OfferSerializer(serializers.Serializer[Any]):
    """Whom to call in: a role, a team or a person, who would come first, and why it is suggested."""

    kind = serializers.ChoiceField(choices=["role", "team", "person"])
    uid = serializers.CharField()
    name = serializers.CharField()
    why = serializers.CharField(help_text="Empty: may be called, is not suggested.")
    first = MemberRef(many=True)
    then = MemberRef(many=True)
    reachable = serializers.BooleanField()
    under_way = serializers.BooleanField(help_text="Called already.")


class HadRoleSerializer(AssignmentSerializer):
    class Meta:
        model = RoleAssignment
        fields = ["role", "given_at", "given_by", "by_record", "acknowledged_at", "ended_at"]

    member = None  # type: ignore[assignment]


class RecordSerializer(serializers.Serializer[Any]):
    """One person of the incident: paged, answered, online, roles (R32)."""

    member = MemberRef(source="membership")
    paged_at = serializers.DateTimeField(allow_null=True)
    paged_as = serializers.CharField()
    paged_by = MemberRef(allow_null=True)
    answer = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)
    expected_at = serializers.DateTimeField(allow_null=True)
    online = serializers.BooleanField()
    online_since = serializers.DateTimeField(source="presence.first_seen_at", default=None)
    last_seen_at = serializers.DateTimeField(source="presence.last_seen_at", default=None)
    roles = HadRoleSerializer(many=True)


class BriefSerializer(serializers.Serializer[Any]):
    """What a newcomer reads first (R33)."""

    duties = serializers.SerializerMethodField()
    asked_by = serializers.CharField()
    message = serializers.CharField()
    impact = serializers.ListField(child=serializers.CharField())
    theory = serializers.SerializerMethodField()
    tried = serializers.SerializerMethodField()
    decided = serializers.SerializerMethodField()

    def get_duties(self, brief: Any) -> list[str]:
        return [f"{given.role}: {given.role.duties}" for given in brief.roles]

    def get_theory(self, brief: Any) -> str:
        return str(brief.theory or "")

    def get_tried(self, brief: Any) -> list[str]:
        return [f"{one}: {one.get_verdict_display()}" for one in brief.tried]

    def get_decided(self, brief: Any) -> list[str]:
        return [str(one) for one in brief.decided]
