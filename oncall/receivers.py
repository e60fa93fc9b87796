"""What the pager does when something happens below it, and when a row that decides who is on call changes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from config.tenancy.actors import Actor
from config.tenancy.audit import current_act
from config.tenancy.models import Membership
from config.tenancy.signals import membership_ended, user_deactivated
from oncall import models
from oncall.operations.feeds import revoke_feeds_of
from oncall.operations.imports import forget_calendars_of
from oncall.operations.leaving import let_go
from oncall.operations.looking import look_again, look_again_of


@receiver(user_deactivated, sender=Membership, dispatch_uid="oncall.deactivated")
@receiver(membership_ended, sender=Membership, dispatch_uid="oncall.leaving")
def stop_paging(membership: Membership, actor: Actor, now: datetime, **kwargs: object) -> None:
    let_go(membership=membership, actor=actor, now=now)
    revoke_feeds_of(membership=membership, actor=actor, now=now)
    forget_calendars_of(membership=membership, actor=actor, now=now)
    look_again_of([membership.pk], now=now)


def _schedules_of_rotation(row: Any) -> list[int]:
    """None where the rotation goes in the same deed: it says so itself."""
    found = models.Rotation.objects.filter(pk=row.rotation_id).values_list("schedule_id", flat=True)
    return list(found)


def _schedules_of_temporary(row: Any) -> list[int]:
    found = models.TemporarySchedule.objects.filter(pk=row.temporary_id)
    return list(found.values_list("schedule_id", flat=True))


# What decides who is on call, and of which schedules.
OF_SCHEDULES: dict[type, Callable[[Any], list[int]]] = {
    models.Schedule: lambda row: [row.pk],
    models.Rotation: lambda row: [row.schedule_id],
    models.RotationMember: _schedules_of_rotation,
    models.Restriction: _schedules_of_rotation,
    models.Override: lambda row: [row.schedule_id],
    models.Swap: lambda row: [row.schedule_id],
    models.TemporarySchedule: lambda row: [row.schedule_id],
    models.TemporaryShift: _schedules_of_temporary,
}
# What decides whether a person is there and can be woken.
OF_PEOPLE = (models.Absence, models.ContactMethod, models.NotificationRule)


def _schedule_changed(sender: type, instance: Any, signal: Any, **kwargs: object) -> None:
    if sender is models.Schedule and signal is post_delete:
        # What stood under it was deleted before it, and asked for a look that nobody can take any more.
        models.CoverageLook.objects.filter(schedule_id=instance.pk).delete()
        return
    look_again(OF_SCHEDULES[sender](instance), now=current_act().now)


def _person_changed(sender: type, instance: Any, **kwargs: object) -> None:
    look_again_of([instance.membership_id], now=current_act().now)


for _signal in (post_save, post_delete):
    for _model in OF_SCHEDULES:
        _signal.connect(_schedule_changed, sender=_model, dispatch_uid=f"oncall.coverage.{_model.__name__}")
    for _model in OF_PEOPLE:
        _signal.connect(_person_changed, sender=_model, dispatch_uid=f"oncall.coverage.{_model.__name__}")
