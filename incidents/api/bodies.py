"""What each deed takes. Bounds are those of the columns; rows are named by uid."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from config.tenancy.api.fields import ByUid
from config.tenancy.api.serializers import StrictSerializer
from config.tenancy.models import Membership, Team
from incidents.api.keys import ByKey, membership_of
from incidents.models import (
    Audience,
    CancelReason,
    ChannelKind,
    EntryKind,
    FoundBy,
    IncidentRole,
    MessageKind,
    Phase,
    Service,
    Severity,
)
from incidents.phases import Question

NOTES = [(kind.value, kind.label) for kind in (EntryKind.NOTE, EntryKind.OBSERVATION, EntryKind.DECISION)]


def members() -> QuerySet[Any]:
    current: QuerySet[Any] = Membership.objects.filter(ended_at=None)
    return current.select_related("user")


def services() -> QuerySet[Any]:
    current: QuerySet[Any] = Service.objects.filter(archived_at=None)
    return current


class DeclareBody(StrictSerializer):
    """One line is enough."""

    summary = serializers.CharField(max_length=300)
    service = ByUid(services, required=False, allow_null=True, default=None)
    severity = ByUid(lambda: Severity.objects.all(), required=False, allow_null=True, default=None)
    severity_provisional = serializers.BooleanField(default=True)
    found_by = serializers.ChoiceField(choices=FoundBy.choices, default=FoundBy.TEAM)
    found_via = serializers.CharField(max_length=300, allow_blank=True, default="")
    not_sure = serializers.BooleanField(default=False, help_text=_("Not confirmed yet."))
    private = serializers.BooleanField(default=False)
    started_at = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def validate_private(self, private: bool) -> bool:
        if private and membership_of(self.context["request"]) is None:
            raise serializers.ValidationError(_("An API key sees no private incident, so it declares none."))
        return private


class MemberBody(StrictSerializer):
    member = ByUid(
        members,
        required=False,
        allow_null=True,
        default=None,
        help_text=_("Who. A person may leave it out; an API key is nobody and must say it."),
    )


class UndoBody(MemberBody):
    what = serializers.ChoiceField(choices=["acknowledge", "cancel", "merge"], default="acknowledge")


class ConfirmBody(StrictSerializer):
    customers_notice = serializers.BooleanField(required=False, allow_null=True, default=None)


class SeverityBody(StrictSerializer):
    severity = ByUid(lambda: Severity.objects.all())
    provisional = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class ChannelBody(StrictSerializer):
    kind = serializers.ChoiceField(choices=ChannelKind.choices)
    place = serializers.CharField(max_length=500)


class RoleBody(StrictSerializer):
    role = ByUid(lambda: IncidentRole.objects.all())
    member = ByUid(members)


class CallInBody(StrictSerializer):
    people = ByUid(members, many=True, default=list)
    roles = ByUid(lambda: IncidentRole.objects.all(), many=True, default=list)
    teams = ByUid(lambda: Team.objects.all(), many=True, default=list)
    message = serializers.CharField(max_length=300, allow_blank=True, default="")


class NoteBody(StrictSerializer):
    text = serializers.CharField(max_length=10_000)
    kind = serializers.ChoiceField(choices=NOTES, default=EntryKind.NOTE)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class NowLineBody(StrictSerializer):
    text = serializers.CharField(max_length=200, allow_blank=True)


class ImpactOverBody(StrictSerializer):
    at = serializers.DateTimeField(allow_null=True, help_text=_("Null: it is not over, after all."))


class ResolveBody(StrictSerializer):
    impact_over_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    nothing_is_imminent = serializers.BooleanField(default=False)
    internal = serializers.CharField(required=False, allow_null=True, default=None, max_length=10_000)
    external = serializers.CharField(required=False, allow_null=True, default=None, max_length=10_000)
    postmortem = serializers.BooleanField(
        default=True, help_text=_("Whether the words to customers promise a postmortem.")
    )
    cause_unknown = serializers.BooleanField(default=False)


class CloseBody(StrictSerializer):
    waived = serializers.CharField(max_length=300, allow_blank=True, default="")


class ReasonBody(StrictSerializer):
    reason = serializers.CharField(max_length=300)


class CancelBody(StrictSerializer):
    reason = serializers.ChoiceField(choices=CancelReason.choices, default=CancelReason.FALSE_ALARM)


class MergeBody(StrictSerializer):
    into = ByKey()


class MoveBody(StrictSerializer):
    phase = serializers.ChoiceField(choices=Phase.choices)


class UntilBody(StrictSerializer):
    until = serializers.DateTimeField()


class PutOffBody(StrictSerializer):
    question = serializers.ChoiceField(choices=[question.value for question in Question])
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class DraftBody(StrictSerializer):
    audience = serializers.ChoiceField(choices=Audience.choices)
    kind = serializers.ChoiceField(choices=MessageKind.choices)
