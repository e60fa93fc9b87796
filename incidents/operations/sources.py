"""Alert sources and their keys: found by hash in Door, with an encrypted copy for those who may see it."""

from datetime import datetime, timedelta

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.doors import add_door, close_doors, new_key
from config.tenancy.models import Door, DoorKind
from incidents.models import AlertSource, Service

# How long the old key still works after a change: time to change it in every monitor.
OVERLAP = timedelta(hours=24)


def create_source(
    *, name: str, service: Service | None, actor: Actor, now: datetime
) -> tuple[AlertSource, str]:
    """The source and its key of 32 characters. Raises ValidationError, also where the name is taken."""
    actor.must("incidents.setup")
    with acting(actor, now=now):
        key = new_key()
        source = AlertSource(name=name, service=service, key=key, created_at=now)
        source.full_clean()
        source.save()
        add_door(DoorKind.ALERT_SOURCE, key, tenant_id=source.tenant_id, row_id=source.pk)
    return source, key


def rotate_key(*, source: AlertSource, actor: Actor, now: datetime) -> str:
    """A new key; the one before it works for OVERLAP more. A source that was revoked works again."""
    actor.must("incidents.setup")
    with acting(actor, now=now, reason="new key"):
        locked = AlertSource.objects.select_for_update(no_key=True, of=("self",)).get(pk=source.pk)
        doors = Door.objects.filter(
            kind=DoorKind.ALERT_SOURCE, tenant_id=locked.tenant_id, row_id=locked.pk, expires_at=None
        )
        doors.update(expires_at=now + OVERLAP)
        key = new_key()
        locked.key, locked.revoked_at = key, None
        locked.save()
        add_door(DoorKind.ALERT_SOURCE, key, tenant_id=locked.tenant_id, row_id=locked.pk)
    return key


def revoke_source(*, source: AlertSource, actor: Actor, now: datetime) -> AlertSource:
    """Every key of it is dead at once, answered like one that never was. A second call changes nothing."""
    actor.must("incidents.setup")
    with acting(actor, now=now):
        locked = AlertSource.objects.select_for_update(no_key=True, of=("self",)).get(pk=source.pk)
        close_doors(DoorKind.ALERT_SOURCE, tenant_id=locked.tenant_id, row_id=locked.pk)
        if locked.revoked_at is None:
            locked.revoked_at = now
            locked.save()
    return locked
