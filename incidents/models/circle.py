"""Who may read a private incident: its circle, and nobody else, whatever their role in the tenant."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from config.tenancy.models import Membership


class IncidentQuerySet(models.QuerySet[Any]):
    def visible_to(self, membership: "Membership | None") -> "IncidentQuerySet":
        """Those this person may read; None (an API key, an anonymous reader) sees no private one.

        The circle: who declared it, was called in by name, was paged for it, answered, has or had a role, or
        was added by name.
        Without those paged nobody could follow "INC-42 (private). Sign in to read it".
        """
        if membership is None:
            return self.filter(private=False)
        # Their modules need Incident, which needs this one.
        from incidents.models.call import Call
        from incidents.models.circlemember import CircleMember
        from incidents.models.role import RoleAssignment
        from oncall.models import Page

        calls = Call.objects.filter(incident=OuterRef("pk"))
        paged = Page.objects.filter(membership=membership).values("escalation_id")
        private = self.model.objects.filter(private=True)
        inside = private.filter(
            Q(declared_by=membership)
            | Exists(CircleMember.objects.filter(incident=OuterRef("pk"), membership=membership))
            | Exists(RoleAssignment.objects.filter(incident=OuterRef("pk"), membership=membership))
            | Exists(
                calls.filter(
                    Q(membership=membership) | Q(answered_by=membership) | Q(escalation_id__in=paged)
                )
            )
        )
        # Trap: asked of each row, PostgreSQL would first read every role and call that the tenant ever had.
        # So it is asked of the few private ones, once.
        return self.filter(Q(private=False) | Q(pk__in=inside.values("pk")))


def circle_ids(incident: Any) -> set[int]:
    """Who is in the circle of this incident: ids of memberships, of those who left too. One query.

    The same people as `visible_to` of a private one (a test holds them equal); for asking about many people
    at once.
    """
    from incidents.models.call import Call
    from incidents.models.circlemember import CircleMember
    from incidents.models.role import RoleAssignment
    from oncall.models import Page

    calls = Call.objects.filter(incident=incident).order_by()
    ids = RoleAssignment.objects.filter(incident=incident).order_by().values_list("membership_id", flat=True)
    found = ids.union(
        CircleMember.objects.filter(incident=incident).order_by().values_list("membership_id", flat=True),
        calls.values_list("membership_id", flat=True),
        calls.values_list("answered_by_id", flat=True),
        Page.objects.filter(escalation_id__in=calls.values("escalation_id"))
        .order_by()
        .values_list("membership_id", flat=True),
    )
    return {*found, incident.declared_by_id} - {None}
