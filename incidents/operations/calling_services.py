"""A further service that routing rules name for an incident: its people are called in as well.

A rise is heard at once, as worse news is everywhere: what waits for the office pages now, and the maintenance
of the incident's own service keeps no other one quiet. What has to wait for the end of that maintenance
(the named service is in it too, or the severity pages nobody) is said on the record, and called then.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from incidents.models import Alert, Call, CallKind, EntryKind, Incident, Service, TimelineEntry
from incidents.operations.crews import UNDER_WAY
from incidents.operations.holding import look_again
from incidents.operations.ladders import add_call, calls_of, policy_of, start_ladder
from incidents.operations.locking import lock_incident
from incidents.operations.maintained import open_alerts, under_maintenance
from incidents.operations.placing import Place
from incidents.operations.timeline import record
from incidents.operations.urgency import urgency_of

# In the data of an entry: the uid of a service that is called when maintenance lets the incident out.
LATER = "call_later"


def call_service_in(
    *, incident_id: int, place: Place, alert: Alert, actor: Actor, now: datetime
) -> Call | None:
    """`alert` got worse, and by that belongs to another service: a ladder of that service's policy starts.

    None, and nobody is woken, where no rule names another service, its policy pages for this incident
    already, the incident is over, or that service is in maintenance for it. Where the incident is held for
    maintenance that is put off until it is let out (`call_those_left`). Locks the incident.
    """
    service = place.service
    if service is None or not place.named:
        return None
    incident = lock_incident(incident_id=incident_id).incident
    if not incident.is_open or service.pk == incident.service_id:
        return None
    in_maintenance = under_maintenance(service, now, [alert]) is not None
    if _is_maintained(incident) and (in_maintenance or urgency_of(incident) == "low"):
        _put_off(incident, service, alert, actor, now)
        return None
    if in_maintenance:
        return None
    why = _("Held no longer: worse than before, %(title)s") % {"title": alert.title}
    incident = look_again(incident=incident, why=why, actor=actor, now=now)
    return _call(incident, service, alert, actor, now)


def call_those_left(*, incident: Incident, actor: Actor, now: datetime) -> None:
    """Maintenance lets the locked incident out: the services that were put off, whose alert still fires.

    A second call changes nothing. One query, and more where there are any.
    """
    rows = TimelineEntry.objects.filter(incident=incident, kind=EntryKind.MAINTENANCE, data__has_key=LATER)
    firing = {alert.uid: alert for alert in open_alerts(incident)} if rows else {}
    for entry in rows:
        alert = firing.get(entry.data["alert"])
        service = Service.objects.filter(uid=entry.data[LATER]).select_related("policy", "team").first()
        if alert is None or service is None or under_maintenance(service, now, [alert]) is not None:
            continue
        called = calls_of(incident).filter(
            made_at__gte=entry.recorded_at, escalation__policy=policy_of(service)
        )
        if not called.exists():
            _call(incident, service, alert, actor, now)


def _call(incident: Incident, service: Service, alert: Alert, actor: Actor, now: datetime) -> Call | None:
    policy = policy_of(service)
    if policy is None:
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


def _is_maintained(incident: Incident) -> bool:
    return incident.held_until is not None and incident.maintenance_id is not None


def _put_off(incident: Incident, service: Service, alert: Alert, actor: Actor, now: datetime) -> None:
    text = _("%(service)s is called in when maintenance is over, if it still fires") % {
        "service": service.name
    }
    data = {LATER: service.uid, "alert": alert.uid}
    record(incident=incident, kind=EntryKind.MAINTENANCE, text=text, data=data, actor=actor, now=now)
