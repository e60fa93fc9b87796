"""Held until the office opens: SEV3 in the night pages nobody, and in the morning if it is still open.

What is due then: operations.held. Held for maintenance: operations.keeping_quiet.
"""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from config.tenancy.roles import Role
from incidents.known import UNKNOWN_RANK
from incidents.models import Alert, EntryKind, FoundBy, Incident, MailKind, TimelineEntry
from incidents.operations.advancing import advance
from incidents.operations.hours import office_hours_of
from incidents.operations.ladders import page_again, policy_of
from incidents.operations.locking import lock_incident
from incidents.operations.mails import queue_mails
from incidents.operations.timeline import record
from oncall.operations.preview import who_would_be_paged

HELD = "incidents.held"
# What makes it look again (DESIGN, "Held").
REPORTS_WITHIN = timedelta(minutes=30)
CUSTOMERS = 2


def hold_if_small(*, incident: Incident, actor: Actor, now: datetime) -> bool:
    """Holds an incident whose severity answers in office hours, when those are over. False: page now.

    Never for ever: a team without office days is paged at once.
    """
    if incident.severity is None or incident.severity.pages:
        return False
    hours = office_hours_of(incident, now)
    until = None if hours.is_open(now) else hours.next_start(now)
    if until is None:
        return False
    incident.held_until = until
    incident.save()
    local = until.astimezone(hours.zone)
    record(
        incident=incident,
        kind=EntryKind.HELD,
        text=_("Held until %(time)s: %(severity)s pages in office hours")
        % {"time": f"{local:%a %H:%M}", "severity": incident.severity.word},
        data={"until": until.isoformat()},
        actor=actor,
        now=now,
    )
    queue_mails(incident=incident, kind=MailKind.HELD, memberships=_whom_it_waits_for(incident, now), now=now)
    doorbell.ring(HELD)
    return True


def page_now(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """Pages at once: ends a hold, or begins again where the ladder found nobody. Needs incidents.respond."""
    actor.must("incidents.respond")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        if incident.is_open:
            release(incident=incident, actor=actor, now=now)
        return advance(incident=incident, actor_cause=actor, now=now)


def release(*, incident: Incident, actor: Actor, now: datetime) -> None:
    """Ends a hold, if there is one, and pages. The incident is locked."""
    if incident.held_until is not None:
        incident.held_until = incident.maintenance = None
        incident.save()
    page_again(incident=incident, actor=actor, now=now)


# --- looking again ------------------------------------------------------------------------------------------
def look_again(*, incident: Incident, why: str, actor: Actor, now: datetime) -> Incident:
    """What was held has got worse: pages now, and says why. The incident is locked.

    Nothing happens where it is not held, somebody has it, or it is held for maintenance.
    """
    if incident.held_until is None or not incident.is_open or incident.acknowledged_at is not None:
        return incident
    if incident.maintenance_id is not None:
        return incident
    record(incident=incident, kind=EntryKind.HELD, text=why, data={"until": None}, actor=actor, now=now)
    release(incident=incident, actor=actor, now=now)
    return incident


def look_again_after_reports(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """Two customers within half an hour are no small thing any more. One query, none where it is not held."""
    if incident.held_until is None or _reports(incident, now) < CUSTOMERS:
        return incident
    why = _("Held no longer: two customers reported it within 30 minutes")
    return look_again(incident=incident, why=why, actor=actor, now=now)


def look_again_after_services(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """A second service joined it, or something worse was merged into it. Two queries, none where not held."""
    if incident.held_until is None:
        return incident
    services = set(
        Alert.objects.filter(incident=incident, service__isnull=False)
        .values_list("service_id", flat=True)
        .distinct()
    )
    known = incident.severity.rank if incident.severity else UNKNOWN_RANK
    merged = Incident.objects.filter(merged_into=incident).values_list("service_id", "severity__rank")
    worse = False
    for service_id, rank in merged:
        services |= {service_id} if service_id else set()
        worse = worse or (rank or UNKNOWN_RANK) < known
    if not worse and not services - {incident.service_id}:
        return incident
    if worse:
        why = _("Held no longer: what was merged into it is worse")
    else:
        why = _("Held no longer: a second service is part of it")
    return look_again(incident=incident, why=why, actor=actor, now=now)


def _reports(incident: Incident, now: datetime) -> int:
    """By customers, within the half hour: each +1, more cases counted, and a declaration."""
    since = now - REPORTS_WITHIN
    entries = TimelineEntry.objects.filter(
        incident=incident, kind__in=(EntryKind.CASE, EntryKind.ANSWER), recorded_at__gt=since
    )
    counted = sum(int(data.get("by", 0)) for data in entries.values_list("data", flat=True))
    return counted + (incident.found_by == FoundBy.CUSTOMER and incident.declared_at > since)


def _whom_it_waits_for(incident: Incident, now: datetime) -> list[Membership]:
    """Whom the first step would page, else the owners: somebody knows of it."""
    policy = policy_of(incident.service)
    rows = who_would_be_paged(policy=policy, urgency="low", now=now) if policy else []
    people = next((row.memberships for row in rows if row.memberships), [])
    return people or list(Membership.objects.filter(role=Role.OWNER, ended_at=None))
