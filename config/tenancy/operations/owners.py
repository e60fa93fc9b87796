"""A tenant is never left without an owner who can sign in."""

from django.utils.translation import gettext as _

from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.roles import Role


def lock_owners() -> set[int]:
    """Ids of the owners who can sign in. Locked, by id, so that of two owners at once not both can go."""
    owners = Membership.objects.filter(role=Role.OWNER.value, ended_at=None, user__is_active=True)
    locked = owners.order_by("pk").select_for_update(no_key=True, of=("self",))
    return set(locked.values_list("pk", flat=True))


def keep_an_owner(row: Membership, owners: set[int]) -> None:
    """Raises Conflict where `row` is the only one of these."""
    if owners == {row.pk}:
        raise Conflict(_("%(name)s is the last owner. Make somebody else owner first.") % {"name": row})
