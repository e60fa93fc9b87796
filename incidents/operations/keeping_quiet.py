"""What maintenance does to an incident: held when it begins, let out when it ends (ONCALL 4.10).

Whoever raises it by hand, or presses Page now, is heard all the same. Calling somebody in rings as ever.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy.actors import ENGINE, Actor
from config.tenancy.audit import acting
from incidents.models import Alert, AlertStatus, EntryKind, Incident, MaintenanceWindow
from incidents.operations.advancing import advance
from incidents.operations.behalf import on_behalf
from incidents.operations.calling_services import call_those_left
from incidents.operations.having import somebody_has_it
from incidents.operations.holding import HELD, hold_if_small, release
from incidents.operations.locking import Locked, lock_incident
from incidents.operations.maintained import (
    BY_HAND,
    Under,
    held_words,
    incident_under,
    is_about,
    is_worst_by_hand,
    open_alerts,
)
from incidents.operations.recovery import gathered_over_limit
from incidents.operations.timeline import record
from oncall.models import Escalation, EscalationState
from oncall.operations import paging

# A ladder sleeps a moment longer than its maintenance: what is clear by then is stopped, and never wakes.
A_MOMENT = timedelta(seconds=30)
WAITING = (EscalationState.PAGING, EscalationState.EXHAUSTED, EscalationState.SNOOZED)


def hold_for_maintenance(
    *, incident: Incident, alerts: Iterable[Alert] = (), actor: Actor, now: datetime
) -> bool:
    """Holds an incident that opens in maintenance until that is over. False: it is not. One query.

    `alerts` are those that open it, and hang on it a moment later.
    """
    under = incident_under(incident, now, alerts)
    if under is None or is_worst_by_hand(incident, actor):
        return False
    _put_under(incident, under, actor, now)
    return True


def keeps_quiet(*, incident: Incident, actor: Actor, now: datetime) -> bool:
    """Whether news about the locked incident pages nobody, for it is in maintenance. One query, and two
    more where it is.

    It is held then, unless somebody has it. News by somebody's hand is never kept quiet.
    """
    if actor.kind in BY_HAND:
        return False
    under = incident_under(incident, now)
    if under is None:
        return False
    if not somebody_has_it(incident):
        _put_under(incident, under, actor, now)
    return True


def outgrows(*, incident: Incident, actor: Actor, now: datetime) -> bool:
    """Whether alerts joined the held, locked incident that its maintenance is not about: then it is held no
    longer and pages, unless another maintenance or the closed office holds it. One query, and more where the
    window has conditions.
    """
    window = incident.maintenance
    if window is None or incident.held_until is None or not window.conditions:
        return False
    if is_about(window, open_alerts(incident)):
        return False
    if under := incident_under(incident, now):
        _put_under(incident, under, actor, now)
        return True
    incident.held_until = incident.maintenance = None
    incident.save()
    words = {"name": window.name}
    _say(incident, _("Held no longer: %(name)s is not about all of its alerts") % words, None, actor, now)
    if not somebody_has_it(incident) and not hold_if_small(incident=incident, actor=actor, now=now):
        release(incident=incident, actor=actor, now=now)
    return True


def begin_for(incident_id: int, window: MaintenanceWindow, now: datetime) -> None:
    """Maintenance begins, or its end has moved: an open incident that nobody has is held, its ladder sleeps.

    An acknowledgement lasts until the end. What people confirmed as the worst goes on paging.
    """
    with acting(ENGINE, now=now, reason="maintenance"):
        locked = lock_incident(incident_id=incident_id)
        incident = locked.incident
        under = incident_under(incident, now)
        if under is None or under.window.pk != window.pk or not incident.is_open:
            return
        if somebody_has_it(incident):
            _keep_acknowledged(locked, under, now)
        elif not _goes_on_paging(incident) and _has_something_to_hold(locked, under):
            _let_sleep(locked, under, now)
            _put_under(incident, under, ENGINE, now)


def let_out(incident_id: int, now: datetime) -> None:
    """Maintenance is over for it: what still fires pages from the first step, what is clear does not.

    Held on where another maintenance, or the closed office, wants it. A second call changes nothing.
    """
    with acting(ENGINE, now=now, reason="maintenance is over"):
        locked = lock_incident(incident_id=incident_id)
        incident, window = locked.incident, locked.incident.maintenance
        if window is None or incident.held_until is None or not incident.is_open:
            return
        if under := incident_under(incident, now):
            _let_sleep(locked, under, now)
            _put_under(incident, under, ENGINE, now)
            return
        incident.held_until = incident.maintenance = None
        incident.save()
        if not somebody_has_it(incident):
            _page_or_let_be(locked, window, now)
        elif _fires(incident):
            call_those_left(incident=incident, actor=ENGINE, now=now)
        advance(incident=incident, actor_cause=ENGINE, now=now)


def _page_or_let_be(locked: Locked, window: MaintenanceWindow, now: datetime) -> None:
    incident = locked.incident
    if not _fires(incident):
        _end_quietly(locked, _("Maintenance is over, nothing fires any more: nobody is paged"), now)
    elif not window.reroute_on_end and incident.confirmed_at is None:
        _end_quietly(locked, _("Maintenance is over: what began in it stays quiet"), now)
    else:
        _say(incident, _("Maintenance is over, and it still fires"), None, ENGINE, now)
        if not hold_if_small(incident=incident, actor=ENGINE, now=now):
            release(incident=incident, actor=ENGINE, now=now)
        call_those_left(incident=incident, actor=ENGINE, now=now)


def _put_under(incident: Incident, under: Under, actor: Actor, now: datetime) -> None:
    if incident.maintenance_id == under.window.pk and incident.held_until == under.until:
        return
    incident.maintenance, incident.held_until, incident.rises_at = under.window, under.until, None
    incident.save()
    _say(incident, held_words(under), under.until, actor, now)
    doorbell.ring(HELD)


def _has_something_to_hold(locked: Locked, under: Under) -> bool:
    """It is held and would page before the end, or its own ladder is not answered."""
    held = locked.incident.held_until
    if held is not None:
        return held < under.until or locked.incident.maintenance_id == under.window.pk
    return any(ladder.state in WAITING for ladder in _first_ladders(locked))


def _let_sleep(locked: Locked, under: Under, now: datetime) -> None:
    """Those that page, and those that would wake too early or, the end having moved, too late."""
    until = under.until + A_MOMENT
    for ladder in _first_ladders(locked):
        by_us = ladder.state == EscalationState.SNOOZED and locked.incident.maintenance_id is not None
        early = ladder.snoozed_until is not None and ladder.snoozed_until < until
        if ladder.state == EscalationState.PAGING or early or by_us:
            paging.snooze(escalation_id=ladder.pk, until=until, actor=on_behalf(ENGINE), now=now)


def _keep_acknowledged(locked: Locked, under: Under, now: datetime) -> None:
    for ladder in _first_ladders(locked):
        if ladder.ack_expires_at is not None and ladder.ack_expires_at < under.until:
            paging.renew_ack(escalation_id=ladder.pk, actor=on_behalf(ENGINE), now=now, until=under.until)


def _end_quietly(locked: Locked, words: str, now: datetime) -> None:
    """What slept does not wake."""
    for ladder in _first_ladders(locked):
        if ladder.state == EscalationState.SNOOZED:
            paging.stop(escalation_id=ladder.pk, reason=words, actor=on_behalf(ENGINE), now=now)
    _say(locked.incident, words, None, ENGINE, now)


def _first_ladders(locked: Locked) -> list[Escalation]:
    """In lock order."""
    own = {call.escalation_id for call in locked.calls if call.is_first}
    return [locked.escalations[pk] for pk in sorted(own)]


def _goes_on_paging(incident: Incident) -> bool:
    severity = incident.severity
    return severity is not None and severity.rank == 1 and not incident.severity_provisional


def _fires(incident: Incident) -> bool:
    """An alert is open, or may be: nobody knows of what came together over a limit. Or there never was one,
    and somebody said that it is broken. Two queries at most.
    """
    statuses = set(Alert.objects.filter(incident=incident).values_list("status", flat=True).distinct())
    return statuses != {AlertStatus.RESOLVED} or gathered_over_limit(incident)


def _say(incident: Incident, text: str, until: datetime | None, actor: Actor, now: datetime) -> None:
    data = {"until": until.isoformat() if until else None}
    record(incident=incident, kind=EntryKind.MAINTENANCE, text=text, data=data, actor=actor, now=now)
