"""How an incident is shown: in a list, and whole with its checklist, its facts and what to do next."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.tenancy.api.fields import ByUid
from config.tenancy.api.filters import UidFilter
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer
from incidents.api.keys import ByKey
from incidents.api.setup import ServiceRef, SeverityRef
from incidents.models import OPEN_PHASES, Incident, Phase, RoleAssignment

ENDS = [Phase.RESOLVED, Phase.CLOSED, Phase.CANCELLED, Phase.MERGED]
STATUSES = [("open", _("open")), *((phase.value, phase.label) for phase in ENDS)]
MOMENTS = [
    "started_at",
    "declared_at",
    "confirmed_at",
    "acknowledged_at",
    "channels_ready_at",
    "assessed_at",
    "first_internal_at",
    "first_external_at",
    "impact_over_at",
    "nothing_imminent_at",
    "resolved_at",
    "closed_at",
    "cancelled_at",
    "next_update_at",
    "held_until",
]


def with_relations(rows: QuerySet[Any]) -> QuerySet[Any]:
    """What IncidentSerializer reads, in two statements whatever the number of rows."""
    managers = RoleAssignment.objects.filter(is_manager=True, ended_at=None)
    return rows.select_related("service", "severity", "merged_into", "maintenance").prefetch_related(
        Prefetch(
            "role_assignments", queryset=managers.select_related("membership__user"), to_attr="managers_now"
        )
    )


class IncidentSerializer(ReadSerializer):
    status = serializers.SerializerMethodField()
    service = ServiceRef()
    severity = SeverityRef()
    manager = serializers.SerializerMethodField()
    merged_into = ByKey()
    maintenance = ByUid(read_only=True, help_text="Held until the end of that maintenance, by uid.")

    class Meta:
        model = Incident
        fields = [
            "key",
            "uid",
            "status",
            "phase",
            "summary",
            "service",
            "severity",
            "severity_provisional",
            "private",
            "manager",
            "found_by",
            "found_via",
            "now_line",
            "customers_notice",
            "cases",
            "cancel_reason",
            "merged_into",
            "maintenance",
            *MOMENTS,
        ]

    @extend_schema_field(serializers.ChoiceField(choices=STATUSES))
    def get_status(self, incident: Incident) -> str:
        return "open" if incident.is_open else str(incident.phase)

    @extend_schema_field(MemberRef(allow_null=True))
    def get_manager(self, incident: Any) -> Any:
        return next((MemberRef(one.membership).data for one in incident.managers_now), None)


class IncidentFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=STATUSES, method="by_status")
    phase = filters.MultipleChoiceFilter(choices=Phase.choices)
    service = UidFilter("service")
    severity = UidFilter("severity")
    private = filters.BooleanFilter()
    declared_after = filters.IsoDateTimeFilter(field_name="declared_at", lookup_expr="gte")
    declared_before = filters.IsoDateTimeFilter(field_name="declared_at", lookup_expr="lt")

    def by_status(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        phases = [phase for status in value for phase in (OPEN_PHASES if status == "open" else [status])]
        return rows.filter(phase__in=phases) if phases else rows
