"""Named people and two tenants, made without the operations under test."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.contrib.auth.hashers import make_password

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Tenant, TenantSettings, User
from config.tenancy.roles import Role
from config.tenancy.scoping import tenant_scope

PASSWORD = "correct horse battery"
CAST = {
    "acme": {
        "anna": Role.OWNER,
        "marc": Role.MANAGER,
        "bram": Role.RESPONDER,
        "carla": Role.COMMUNICATOR,
        "vera": Role.VIEWER,
    },
    "other": {"olga": Role.OWNER, "omar": Role.RESPONDER},
}


@dataclass
class Built:
    tenant: Tenant
    members: dict[str, Membership]


@dataclass
class World:
    acme: Built
    other: Built


@cache
def _hashed() -> str:
    """Hashed once: seven people at a third of a second each would be most of every test."""
    return make_password(PASSWORD)


def build_tenant(slug: str, now: datetime) -> Built:
    with acting(ENGINE, now=now):
        tenant = Tenant.objects.create(
            slug=slug, name=slug.title(), created_at=now, time_zone="Europe/Amsterdam"
        )
    members: dict[str, Membership] = {}
    with tenant_scope(tenant.pk), acting(ENGINE, now=now):
        TenantSettings.objects.create()
        for name, role in CAST.get(slug, {"zoe": Role.OWNER}).items():
            user = User(
                email=f"{name}@{slug}.test", name=name.title(), created_at=now, time_zone="Europe/Amsterdam"
            )
            user.password = _hashed()
            user.save()
            members[name] = Membership.objects.create(user=user, role=role.value, joined_at=now)
    return Built(tenant, members)
