"""A further service that routing rules name for an incident: its people are called in as well."""

from datetime import datetime

from config.tenancy.actors import Actor
from incidents.models import Alert, Call, CallKind
from incidents.operations.crews import UNDER_WAY
from incidents.operations.ladders import add_call, calls_of, policy_of, start_ladder
from incidents.operations.locking import lock_incident
from incidents.operations.maintained import under_maintenance
from incidents.operations.placing import Place


def call_service_in(
    *, incident_id: int, place: Place, alert: Alert, actor: Actor, now: datetime
) -> Call | None:
    """`alert` got worse, and by that belongs to another service: a ladder of that service's policy starts.

    None, and nobody is woken, where no rule names another service, its policy pages for this incident
    already, the incident is over or held, or that service is in maintenance for it. Locks the incident.
    """
    service = place.service
    if service is None or not place.named:
        return None
    incident = lock_incident(incident_id=incident_id).incident
    if not incident.is_open or incident.held_until is not None or service.pk == incident.service_id:
        return None
    policy = policy_of(service)
    if policy is None or under_maintenance(service, now, [alert]) is not None:
        return None
    if calls_of(incident).filter(escalation__policy=policy, escalation__state__in=UNDER_WAY).exists():
        return None
    escalation = start_ladder(incident, policy, alert.title[:300], actor, now)
    return add_call(
        incident,
        CallKind.TEAM,
        service.name,
        escalation,
        actor,
        now,
        message=alert.title,
        team=service.team,
        by_record=True,
    )
