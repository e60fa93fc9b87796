"""Somebody has it: what follows for the incident. Used by people's answers and by the pager's signal."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from config.tenancy.actors import ENGINE, Actor
from config.tenancy.models import Membership
from incidents.models import (
    AlertStatus,
    Call,
    CallAnswer,
    EntryKind,
    Incident,
    IncidentRole,
    RoleAssignment,
    RoleCode,
)
from incidents.operations.channels import set_usual_places
from incidents.operations.locking import lock_alerts
from incidents.operations.timeline import record

# What "in 10 minutes" means (R28).
IN_TEN = timedelta(minutes=10)


def take(
    *,
    incident: Incident,
    membership: Membership,
    call: Call | None = None,
    said_by: Membership | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Records the answer on the locked incident. Locks its alerts, which come last in the order.

    The first to answer is manager until a handover (R35); a big incident gets its usual places (R6).
    """
    first = incident.acknowledged_at is None
    if call is not None:
        call.answered_at, call.answered_by = now, membership
        _set_answer(call, now)
        call.save()
    incident.acknowledged_at = incident.acknowledged_at or now
    # `rises_at` stays: an answer can run out, or be given back (operations.rising).
    incident.held_until = None
    incident.save()
    record(
        incident=incident,
        kind=EntryKind.ACKNOWLEDGED,
        text=_answer(call, said_by or membership),
        data={"call": call.uid, "answer": call.answer} if call else {},
        actor=actor,
        now=now,
    )
    make_manager_if_none(incident=incident, membership=membership, now=now)
    if first and is_big(incident):
        set_usual_places(incident=incident, actor=ENGINE, now=now)
    for alert in lock_alerts([incident.pk]):
        if alert.status == AlertStatus.TRIGGERED:
            alert.status = AlertStatus.ACKNOWLEDGED
            alert.save(update_fields=["status"])


def make_manager_if_none(*, incident: Incident, membership: Membership, now: datetime) -> None:
    """By the record, not by anybody's giving. The database holds at most one manager."""
    if RoleAssignment.objects.filter(incident=incident, is_manager=True, ended_at=None).exists():
        return
    RoleAssignment.objects.create(
        incident=incident,
        role=manager_role(),
        membership=membership,
        is_manager=True,
        by_record=True,
        given_at=now,
    )
    record(
        incident=incident,
        kind=EntryKind.ROLE,
        text=_("%(name)s is incident manager: the first to have it") % {"name": membership},
        data={"role": RoleCode.MANAGER.value, "membership": membership.uid},
        actor=ENGINE,
        now=now,
    )


def manager_role() -> IncidentRole:
    """The tenant's manager role. Set up with the tenant; made here should it be missing."""
    found: IncidentRole | None = IncidentRole.objects.filter(code=RoleCode.MANAGER).first()
    return found or IncidentRole.objects.create(code=RoleCode.MANAGER, name=_("Incident manager"))


def is_big(incident: Incident) -> bool:
    """SEV1, SEV2, or not known yet."""
    return incident.severity is None or incident.severity.rank <= 2


def _set_answer(call: Call, now: datetime) -> None:
    """Said this very moment by operations.answering: it stands. Else what stands is from another time."""
    if call.is_first:
        call.answer, call.expected_at = "", None
    elif not (call.answer == CallAnswer.IN_TEN and call.expected_at == now + IN_TEN):
        call.answer, call.expected_at = CallAnswer.COMING, None


def _answer(call: Call | None, membership: Membership) -> str:
    if call is None or call.is_first:
        return _("%(name)s has it") % {"name": membership}
    if call.answer == CallAnswer.IN_TEN:
        words = _("%(name)s comes in 10 minutes, called in as %(call)s")
        return words % {"name": membership, "call": call.label}
    return _("%(name)s is coming, called in as %(call)s") % {"name": membership, "call": call.label}
