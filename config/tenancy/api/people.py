"""Members and teams, to read: who can be called in or given a role."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.tenancy.api.routers import Route
from config.tenancy.api.serializers import ReadSerializer
from config.tenancy.api.viewsets import TenantReadOnlyViewSet
from config.tenancy.models import Membership, Team, TeamMember
from config.tenancy.roles import ROLE_CHOICES


class MemberRef(ReadSerializer):
    """A person, where another row names one. Needs select_related up to `user`."""

    name = serializers.CharField(source="user.__str__")

    class Meta:
        model = Membership
        fields = ["uid", "name"]


class MemberSerializer(MemberRef):
    class Meta:
        model = Membership
        fields = ["uid", "name", "role", "joined_at"]


class MemberFilter(filters.FilterSet):
    role = filters.ChoiceFilter(choices=ROLE_CHOICES)


class MemberViewSet(TenantReadOnlyViewSet):
    """Who belongs to the tenant now. Names and roles, no addresses."""

    queryset = Membership.objects.none()
    serializer_class = MemberSerializer
    filterset_class = MemberFilter

    def rows(self) -> QuerySet[Any]:
        current: QuerySet[Any] = Membership.objects.filter(ended_at=None)
        return current.select_related("user")


class TeamSerializer(ReadSerializer):
    members = serializers.SerializerMethodField()

    class Meta:
        model = Team
        fields = ["uid", "name", "time_zone", "office_days", "office_start", "office_end", "members"]

    @extend_schema_field(MemberRef(many=True))
    def get_members(self, team: Team) -> Any:
        people = [row.membership for row in team.current_members]  # type: ignore[attr-defined]
        return MemberRef(people, many=True).data


class TeamViewSet(TenantReadOnlyViewSet):
    """Teams, their office hours and who is in them."""

    queryset = Team.objects.none()
    serializer_class = TeamSerializer

    def rows(self) -> QuerySet[Any]:
        current = TeamMember.objects.filter(membership__ended_at=None)
        people = Prefetch(
            "team_members",
            queryset=current.select_related("membership__user").order_by("id"),
            to_attr="current_members",
        )
        teams: QuerySet[Any] = Team.objects.prefetch_related(people)
        return teams


routes: list[Route] = [("members", MemberViewSet, "member"), ("teams", TeamViewSet, "team")]
