"""A person's account: name, zone and language by themselves; the rest by platform staff."""

from datetime import datetime

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership, User
from config.tenancy.operations.owners import keep_an_owner, lock_owners
from config.tenancy.scoping import all_tenants, tenant_scope
from config.tenancy.signals import user_deactivated


def change_account(*, user: User, actor: Actor, now: datetime) -> User:
    """Saves `user`, changed and validated by the caller's form: one's own, as the edge makes sure."""
    with acting(actor, now=now, reason="own account"):
        user.save()
    return user


def save_user(*, user: User, actor: Actor, now: datetime) -> User:
    """Saves `user`, changed and validated by the caller's form: platform staff's, as the edge makes sure.

    Whoever is switched off by it is released in every tenant (user_deactivated). Raises Conflict for the last
    owner of an open tenant. Outside any tenant.
    """
    with acting(actor, now=now):
        was_active = User.objects.filter(pk=user.pk, is_active=True).exists()
        memberships = _memberships_of(user) if was_active and not user.is_active else []
        for membership in memberships:
            with tenant_scope(membership.tenant_id):
                keep_an_owner(membership, lock_owners())
        user.save()
        for membership in memberships:
            with tenant_scope(membership.tenant_id):
                user_deactivated.send(sender=Membership, membership=membership, actor=actor, now=now)
    return user


def _memberships_of(user: User) -> list[Membership]:
    with all_tenants("memberships of a person"):
        rows = Membership.objects.select_related("user").filter(user=user, ended_at=None)
        return list(rows.filter(tenant__closed_at=None).order_by("tenant_id", "pk"))
