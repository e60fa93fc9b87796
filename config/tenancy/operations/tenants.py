"""Tenants: opening the row, its settings, closing it."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Tenant, TenantSettings
from config.tenancy.scoping import bound_tenant_id, tenant_scope

RESERVED = frozenset({"admin", "api", "login", "muster", "new", "platform", "static", "status", "www"})
# A tenant's internal status page is <slug>-internal, and page names are taken over all tenants.
RESERVED_END = "-internal"


def create_tenant_row(
    *, slug: str, name: str, time_zone: str, language: str, actor: Actor, now: datetime
) -> Tenant:
    """A tenant with its settings, and nothing else: `create_tenant` (incidents) makes a complete one.

    Outside any tenant scope. Raises ValidationError, by field, for a slug taken, reserved or misshapen.
    """
    actor.must("platform.manage")
    if slug in RESERVED or slug.endswith(RESERVED_END):
        raise ValidationError({"slug": _("This short name is reserved. Choose another one.")})
    if Tenant.objects.filter(slug=slug).exists():
        raise ValidationError({"slug": _("There is a tenant with this short name already.")})
    tenant = Tenant(slug=slug, name=name.strip(), time_zone=time_zone, language=language, created_at=now)
    tenant.full_clean()
    with acting(actor, now=now):
        tenant.save()
        with tenant_scope(tenant.pk):
            TenantSettings.objects.create()
    return tenant


def change_tenant(
    *, settings: TenantSettings, name: str, time_zone: str, language: str, actor: Actor, now: datetime
) -> Tenant:
    """Saves the tenant's name, zone and language together with its `settings`, changed by the caller."""
    actor.must("tenancy.setup")
    with acting(actor, now=now):
        tenant = Tenant.objects.select_for_update(no_key=True).get(pk=bound_tenant_id())
        tenant.name, tenant.time_zone, tenant.language = name.strip(), time_zone, language
        tenant.full_clean()
        tenant.save()
        settings.save()
    return tenant


def close_tenant(*, tenant: Tenant, actor: Actor, now: datetime) -> Tenant:
    """Nobody gets in any more, by sign-in, key or link; no row is touched, so it can be opened again."""
    return _set_closed(tenant, now, actor=actor, now=now)


def reopen_tenant(*, tenant: Tenant, actor: Actor, now: datetime) -> Tenant:
    return _set_closed(tenant, None, actor=actor, now=now)


def _set_closed(tenant: Tenant, closed_at: datetime | None, *, actor: Actor, now: datetime) -> Tenant:
    actor.must("platform.manage")
    with acting(actor, now=now):
        row = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
        if (row.closed_at is None) != (closed_at is None):
            row.closed_at = closed_at
            row.save()
    return row
