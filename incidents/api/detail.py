"""An incident whole: what the room shows, for programs."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer
from config.tenancy.models import Membership
from incidents.api import facts as of_facts
from incidents.api.incidents import IncidentSerializer, with_relations
from incidents.facts import facts_of
from incidents.mirrored import topic_of
from incidents.models import Call, Channel, Incident, IncidentRole, RoleAssignment


class ChannelSerializer(ReadSerializer):
    class Meta:
        model = Channel
        fields = ["uid", "kind", "place", "set_at", "set_by_label"]


class RoleRef(ReadSerializer):
    class Meta:
        model = IncidentRole
        fields = ["uid", "code", "name"]


class AssignmentSerializer(ReadSerializer):
    role = RoleRef()
    member = MemberRef(source="membership")
    given_by = MemberRef(allow_null=True)

    class Meta:
        model = RoleAssignment
        fields = ["role", "member", "given_at", "given_by", "by_record", "acknowledged_at"]


class CallSerializer(ReadSerializer):
    state = serializers.CharField(source="escalation.state", help_text="What its ladder does now.")
    answered_by = MemberRef()
    acknowledged_until = serializers.DateTimeField(
        source="escalation.ack_expires_at", help_text="When it pages again, unless work goes on."
    )

    class Meta:
        model = Call
        fields = [
            "uid",
            "kind",
            "label",
            "message",
            "state",
            "made_at",
            "answer",
            "expected_at",
            "answered_at",
            "answered_by",
            "acknowledged_until",
        ]


class IncidentRecord(IncidentSerializer):
    """What stands in rows."""

    roles = AssignmentSerializer(source="roles_now", many=True)
    channels = ChannelSerializer(many=True)
    calls = CallSerializer(many=True)
    topic = serializers.SerializerMethodField(help_text="Of its room: the facts, then people's own words.")
    topic_words = serializers.CharField()

    class Meta(IncidentSerializer.Meta):
        fields = [*IncidentSerializer.Meta.fields, "roles", "channels", "calls", "topic", "topic_words"]

    def get_topic(self, incident: Any) -> str:
        places = {channel.kind: channel.place for channel in incident.channels.all()}
        manager = next((str(one.membership) for one in incident.roles_now if one.is_manager), "")
        return topic_of(incident, channels=places, manager=manager)


class IncidentDetailSerializer(IncidentRecord):
    """And what follows from it. For the schema: `shown` makes the body."""

    facts = of_facts.FactsSerializer()
    steps = of_facts.PhaseStepSerializer(many=True)
    next_action = of_facts.NextActionSerializer()
    open_ends = of_facts.MissingSerializer(many=True)
    missing = of_facts.ForbidsSerializer()

    class Meta(IncidentRecord.Meta):
        fields = [
            *IncidentRecord.Meta.fields,
            "facts",
            "steps",
            "next_action",
            "open_ends",
            "missing",
        ]


def whole(rows: QuerySet[Any]) -> QuerySet[Any]:
    """What the detail reads besides the facts: a fixed number of statements."""
    roles = RoleAssignment.objects.filter(ended_at=None).select_related(
        "role", "membership__user", "given_by__user"
    )
    calls = Call.objects.select_related("escalation", "answered_by__user").order_by("id")
    return with_relations(rows.select_related("tenant")).prefetch_related(
        "channels",
        Prefetch("calls", queryset=calls),
        Prefetch("role_assignments", queryset=roles.order_by("role__position", "id"), to_attr="roles_now"),
    )


def shown(incident: Incident, *, membership: Membership | None, now: datetime) -> dict[str, Any]:
    """The body of an answer. `incident` comes from `whole`."""
    facts = facts_of(incident, membership=membership, now=now)
    return {**IncidentRecord(incident).data, **of_facts.told(facts)}
