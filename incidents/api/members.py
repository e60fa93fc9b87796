"""Members as colleagues see them: with what they are managing at the moment (R11)."""

from typing import Any

from rest_framework import serializers

from config.tenancy.api import people
from config.tenancy.api.routers import Route
from config.tenancy.models import Membership
from incidents.api.keys import membership_of
from incidents.mirrored import statuses_of


class MemberSerializer(people.MemberSerializer):
    status = serializers.SerializerMethodField(help_text="INC-42 · SEV1 · incident manager; or empty.")

    class Meta(people.MemberSerializer.Meta):
        fields = [*people.MemberSerializer.Meta.fields, "status"]

    def get_status(self, member: Membership) -> str:
        """Read once for all that are shown."""
        if not hasattr(self, "statuses"):
            root: Any = self.root
            shown = root.instance if isinstance(root.instance, list) else [root.instance]
            self.statuses = statuses_of(shown, membership_of(self.context["request"]))
        return self.statuses.get(member.pk, "")


class MemberViewSet(people.MemberViewSet):
    """Who belongs to the tenant now, and who manages what. Names and roles, no addresses."""

    serializer_class: Any = MemberSerializer


routes: list[Route] = [
    (name, MemberViewSet if viewset is people.MemberViewSet else viewset, basename)
    for name, viewset, basename in people.routes
]
