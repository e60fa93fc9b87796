"""API keys: made, shown once, revoked."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.doors import add_door, close_doors, new_key
from config.tenancy.models import ApiKey, DoorKind
from config.tenancy.models.apikey import SCOPES
from config.tenancy.scoping import bound_tenant_id

PREFIX = "mk_"
LETTERS = 52  # 260 bits


def create_api_key(
    *, name: str, scope: str, actor: Actor, now: datetime, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """The key and its secret, which is stored as a hash only and cannot be shown again.

    Raises ValidationError for an unknown scope, an empty name, an end in the past.
    """
    actor.must("tenancy.manage_keys")
    if scope not in dict(SCOPES):
        raise ValidationError({"scope": _("There is no such scope.")})
    if expires_at is not None and expires_at <= now:
        raise ValidationError({"expires_at": _("That moment has passed.")})
    secret = PREFIX + new_key(LETTERS)
    with acting(actor, now=now):
        key = ApiKey(name=name.strip(), scope=scope, hint=secret[:8], created_at=now, expires_at=expires_at)
        key.full_clean()
        key.save()
        add_door(DoorKind.API_KEY, secret, tenant_id=bound_tenant_id(), row_id=key.pk, expires_at=expires_at)
    return key, secret


def revoke_api_key(*, key: ApiKey, actor: Actor, now: datetime) -> ApiKey:
    """From now on the key is unknown. A second call changes nothing."""
    actor.must("tenancy.manage_keys")
    with acting(actor, now=now):
        row: ApiKey = ApiKey.objects.select_for_update(no_key=True, of=("self",)).get(pk=key.pk)
        if row.revoked_at is None:
            row.revoked_at = now
            row.save()
            close_doors(DoorKind.API_KEY, tenant_id=bound_tenant_id(), row_id=row.pk)
    return row
