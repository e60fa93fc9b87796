"""Alert sources and their keys: found by hash in Door, with an encrypted copy for those who may see it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.doors import add_door, close_doors, new_key
from config.tenancy.models import Door, DoorKind
from incidents.adapters.mapping import problems_of
from incidents.models import AlertSource, Grouping, Service, Tool
from incidents.operations import silence
from incidents.operations.missing import rest_with

# How long the old key still works after a change: time to change it in every monitor.
OVERLAP = timedelta(hours=24)


# What people set of a source, beside its name and service. Order of the forms and of the API.
SETTINGS = (
    "tool",
    "mapping",
    "by_group",
    "grouping",
    "grouping_labels",
    "reopen_minutes",
    "quiet_ends_after_minutes",
    "limit_per_minute",
    "signature_secret",
    "signature_header",
    "timestamp_header",
)


def create_source(
    *,
    name: str,
    service: Service | None,
    actor: Actor,
    now: datetime,
    tool: str = Tool.JSON,
    settings: Mapping[str, Any] | None = None,
) -> tuple[AlertSource, str]:
    """The source and its key of 32 characters. `settings` by the names of SETTINGS; else their defaults.

    Raises ValidationError, by field, also where the name is taken. Needs incidents.setup.
    """
    actor.must("incidents.setup")
    with acting(actor, now=now):
        key = new_key()
        source = AlertSource(name=name, service=service, tool=tool, key=key, created_at=now)
        for field, value in (settings or {}).items():
            _must_be_a_setting(field)
            setattr(source, field, value)
        check_source(source)
        source.save()
        add_door(DoorKind.ALERT_SOURCE, key, tenant_id=source.tenant_id, row_id=source.pk)
    return source, key


def save_source(*, source: AlertSource, actor: Actor, now: datetime) -> AlertSource:
    """Name, service and settings of one that is there, as they stand on `source`; nothing else of it.

    What is counted meanwhile (last event, over the limit) and the key are left as they are. Raises
    ValidationError, by field. Needs incidents.setup.
    """
    actor.must("incidents.setup")
    with acting(actor, now=now):
        before = AlertSource.objects.select_for_update(no_key=True, of=("self",)).get(pk=source.pk)
        check_source(source)
        source.save(update_fields=["name", "service", *SETTINGS])
        if before.quiet_ends_after_minutes != source.quiet_ends_after_minutes:
            silence.follow_source(source)
            doorbell.ring(silence.DUE)
    return source


def check_source(source: AlertSource) -> None:
    """Raises ValidationError, by field."""
    try:
        source.full_clean()
    except ValidationError as error:
        wrong = error.error_dict
    else:
        wrong = {}
    if source.grouping == Grouping.LABELS and not source.grouping_labels:
        wrong.setdefault("grouping_labels", []).append(
            ValidationError(_("Name the labels whose values have to be equal."))
        )
    if source.signature_secret and not source.signature_header.strip():
        wrong.setdefault("signature_header", []).append(
            ValidationError(_("Name the header in which the signature comes."))
        )
    for problem in problems_of(source.mapping):
        wrong.setdefault("mapping", []).append(ValidationError(problem))
    if wrong:
        raise ValidationError(wrong)


def _must_be_a_setting(field: str) -> None:
    if field not in SETTINGS:
        raise TypeError(f"{field} is no setting of a source")


def rotate_key(*, source: AlertSource, actor: Actor, now: datetime) -> str:
    """A new key; the one before it works for OVERLAP more. A source that was revoked works again, and its
    heartbeats begin with their next beat.
    """
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
    """Every key of it is dead at once, answered like one that never was, and its heartbeats rest. A second
    call changes nothing.
    """
    actor.must("incidents.setup")
    with acting(actor, now=now):
        locked = AlertSource.objects.select_for_update(no_key=True, of=("self",)).get(pk=source.pk)
        close_doors(DoorKind.ALERT_SOURCE, tenant_id=locked.tenant_id, row_id=locked.pk)
        if locked.revoked_at is None:
            locked.revoked_at = now
            locked.save()
            rest_with(locked)
    return locked
