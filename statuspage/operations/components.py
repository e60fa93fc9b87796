"""Component statuses: each change closes one interval of uptime and opens the next."""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from statuspage.models import Component, ComponentInterval
from statuspage.operations.changes import page_changed
from statuspage.operations.locking import lock_components
from statuspage.states import ComponentStatus


def set_component_status(*, component: Component, status: str, actor: Actor, now: datetime) -> Component:
    """Without a notice: "it is slow" with nothing to say about it. The same status again changes nothing.

    Raises ValidationError for an unknown status, Component.DoesNotExist outside its tenant.
    """
    actor.must("statuspage.publish")
    check_status(status)
    with acting(actor, now=now):
        found = lock_components(component.page_id, [component.pk])
        if not found:
            raise Component.DoesNotExist
        locked = found[component.pk]
        if locked.status != status:
            move(locked, status, now)
            page_changed(locked.page_id, now)
    return locked


def move(component: Component, status: str, now: datetime) -> None:
    """Within an operation, on a locked row: sets the status and keeps its past."""
    component.status, component.updated_at = status, now
    component.save(update_fields=["status", "updated_at"])
    running = ComponentInterval.objects.filter(component=component, ends_at=None).first()
    if running is not None:
        # Two clocks may differ by a moment; an interval never ends before it began.
        running.ends_at = max(now, running.starts_at)
        running.save(update_fields=["ends_at"])
    begin_interval(component, running.ends_at if running else now)


def begin_interval(component: Component, at: datetime) -> None:
    ComponentInterval.objects.create(component=component, status=component.status, starts_at=at)


def locked_for(page_id: int, wanted: Mapping[int, str]) -> dict[int, Component]:
    """The components a message names, locked. Raises ValidationError where one is not on the page."""
    for status in wanted.values():
        check_status(status)
    found = lock_components(page_id, wanted)
    if len(found) != len(wanted):
        raise ValidationError({"components": _("That component is not on this page.")})
    return found


def check_status(status: str) -> None:
    if status not in ComponentStatus.values:
        raise ValidationError({"status": _("That is not a status of a component.")})
