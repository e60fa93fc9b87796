"""Ladders of an incident: its own first one, and the parts every call is made of."""

from datetime import datetime

import structlog
from django.db import models
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.models import Membership, Team
from config.tenancy.roles import Role
from incidents.models import Call, CallKind, EntryKind, Incident, IncidentRole, Service
from incidents.models.call import FIRST_CALLS
from incidents.operations.behalf import on_behalf
from incidents.operations.cards import card_of
from incidents.operations.timeline import record
from incidents.operations.urgency import ack_minutes_of, follow_office, urgency_of
from oncall.models import Escalation, EscalationPolicy, EscalationState
from oncall.operations import paging

log = structlog.get_logger(__name__)


def policy_of(service: Service | None) -> EscalationPolicy | None:
    """The service's own policy, else the tenant's default one, else None."""
    if service is not None and service.policy is not None:
        return service.policy
    found: EscalationPolicy | None = EscalationPolicy.objects.filter(is_default=True).first()
    return found


def call_service(*, incident: Incident, actor: Actor, now: datetime) -> Call | None:
    """Starts the ladder of the incident's service, else of the default policy. The incident is locked.

    A tenant without any policy has its owners paged. None where there is not even one (loud in the log).
    """
    policy = policy_of(incident.service)
    own = incident.service is not None and incident.service.policy is not None
    urgency = follow_office(incident, now)
    if policy is not None:
        escalation = start_ladder(incident, policy, "", actor, now, urgency=urgency)
        label = incident.service.name if own and incident.service else policy.name
    else:
        owners = list(Membership.objects.filter(role=Role.OWNER, ended_at=None).select_related("user"))
        if not owners:
            log.error("nobody_to_page", incident=incident.key)
            return None
        escalation = page_persons(incident, owners, "", actor, now, urgency=urgency)
        label = _("Owners")
    kind = CallKind.SERVICE if own else CallKind.DEFAULT
    return add_call(incident, kind, label, escalation, actor, now)


def page_again(*, incident: Incident, actor: Actor, now: datetime) -> None:
    """Pages the incident's own ladder from its first step, whatever its state; starts it if there is none."""
    first = calls_of(incident).filter(kind__in=FIRST_CALLS).last()
    if first is None:
        call_service(incident=incident, actor=actor, now=now)
        return
    paging.restart(
        escalation_id=first.escalation_id,
        card=card_of(incident),
        urgency=follow_office(incident, now),
        actor=on_behalf(actor),
        now=now,
    )


def stop_calls(*, incident: Incident, reason: str, words: str, actor: Actor, now: datetime) -> None:
    """Ends every ladder of the locked incident and tells those it paged. A second call changes nothing."""
    for call in calls_of(incident).exclude(escalation__state=EscalationState.STOPPED):
        paging.stop(
            escalation_id=call.escalation_id,
            reason=reason,
            tell=True,
            words=words,
            actor=on_behalf(actor),
            now=now,
        )


# --- parts --------------------------------------------------------------------------------------------------
def start_ladder(
    incident: Incident,
    policy: EscalationPolicy,
    message: str,
    actor: Actor,
    now: datetime,
    *,
    urgency: str = "",
) -> Escalation:
    return paging.start_escalation(
        card=card_of(incident),
        policy=policy,
        urgency=urgency or urgency_of(incident),
        message=message,
        ack_minutes=ack_minutes_of(incident.service),
        actor=on_behalf(actor),
        now=now,
    )


def page_persons(
    incident: Incident,
    people: list[Membership],
    message: str,
    actor: Actor,
    now: datetime,
    *,
    urgency: str = "",
) -> Escalation:
    return paging.page_people(
        card=card_of(incident),
        memberships=people,
        urgency=urgency or urgency_of(incident),
        message=message,
        ack_minutes=ack_minutes_of(incident.service),
        actor=on_behalf(actor),
        now=now,
    )


def add_call(
    incident: Incident,
    kind: CallKind,
    label: str,
    escalation: Escalation,
    actor: Actor,
    now: datetime,
    *,
    message: str = "",
    membership: Membership | None = None,
    role: IncidentRole | None = None,
    team: Team | None = None,
    by_record: bool = False,
) -> Call:
    call: Call = Call.objects.create(
        incident=incident,
        escalation=escalation,
        kind=kind,
        label=label[:120],
        message=message[:300],
        membership=membership,
        role=role,
        team=team,
        by_record=by_record,
        made_at=now,
        made_by_id=None if by_record else actor.membership_id,
    )
    first = kind in FIRST_CALLS
    record(
        incident=incident,
        kind=EntryKind.PAGED if first else EntryKind.CALL,
        text=(_("Paging %(who)s") if first else _("Called in %(who)s")) % {"who": label},
        data={"call": call.uid},
        actor=actor,
        now=now,
    )
    return call


def calls_of(incident: Incident) -> "models.QuerySet[Call]":
    """In order of their escalations: the lock order."""
    found: models.QuerySet[Call] = Call.objects.filter(incident=incident).order_by("escalation_id")
    return found
