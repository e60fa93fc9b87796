"""What alerts that join an incident, or open one, make of it (DESIGN, "Joining"). Which one: placing."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from incidents.known import UNKNOWN_RANK
from incidents.models import (
    Alert,
    AlertSource,
    Call,
    EntryKind,
    FoundBy,
    Incident,
    Service,
    Severity,
)
from incidents.models.call import FIRST_CALLS
from incidents.operations.assessing import set_severity
from incidents.operations.calls import page_again
from incidents.operations.comparing import rank_of
from incidents.operations.holding import look_again, look_again_after_services
from incidents.operations.keeping_quiet import keeps_quiet, outgrows
from incidents.operations.locking import lock_incident
from incidents.operations.opening import open_incident
from incidents.operations.timeline import record
from oncall.models import EscalationState

MOST_ENTRIES = 3


def wait_for_turn(source: AlertSource) -> None:
    """One at a time of a tenant until the transaction ends: two alerts at once open one incident, whichever
    sources they come from and whatever service the rules send them to. Taken before any row of alerts and
    incidents is locked; nothing else ever takes it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"muster join {source.tenant_id}"]
        )


def severity_for(word: str) -> Severity | None:
    """The step of the scale for a source's word: by rank, else the next worse, else the worst there is."""
    scale = list(Severity.objects.order_by("rank"))
    fitting = [severity for severity in scale if severity.rank <= rank_of(word)]
    if not scale:
        return None
    return fitting[-1] if fitting else scale[0]


def open_for(
    source: AlertSource,
    alerts: list[Alert],
    *,
    service: Service | None,
    summary: str = "",
    group_key: str = "",
    gathers_storm: bool = False,
    started_at: datetime,
    actor: Actor,
    now: datetime,
) -> Incident:
    """A new, unconfirmed incident, as bad as the worst of `alerts` and named after the first. It pages."""
    return open_incident(
        summary=summary or alerts[0].title,
        service=service,
        severity=severity_for(worst(alerts)),
        provisional=True,
        found_by=FoundBy.MONITORING,
        found_via=source.name,
        started_at=started_at,
        group_key=group_key,
        gathers_storm=gathers_storm,
        alerts=alerts,
        actor=actor,
        now=now,
    )


def page_if_news(
    incident: Incident, joined: list[Alert], raised: list[Alert], *, actor: Actor, now: datetime
) -> None:
    """An open, locked incident got more or worse alerts: pages again where that is news to somebody."""
    if raise_to(incident, worst([*joined, *raised]), actor=actor, now=now):
        if incident.held_until is None:
            return
        # Raised, and still one that waits for the office: a source that says worse is heard all the same.
        incident = lock_incident(incident_id=incident.pk).incident
    if incident.held_until is not None:
        if outgrows(incident=incident, actor=actor, now=now):
            return
        _look_again(incident, joined, raised, actor=actor, now=now)
    elif joined and _nobody_is_called(incident) and not keeps_quiet(incident=incident, actor=actor, now=now):
        page_again(incident=incident, actor=actor, now=now)


def _look_again(
    incident: Incident, joined: list[Alert], raised: list[Alert], *, actor: Actor, now: datetime
) -> None:
    """Held, and as severe as before: pages where a source says worse, or a second service joins."""
    worse = [alert.title for alert in raised]
    if worse:
        why = _("Held no longer: worse than before, %(title)s") % {"title": worse[0]}
        look_again(incident=incident, why=why, actor=actor, now=now)
    elif joined:
        look_again_after_services(incident=incident, actor=actor, now=now)


def raise_to(incident: Incident, word: str, *, actor: Actor, now: datetime) -> bool:
    """Raises the locked incident where a source says it is worse than people have; they have the last word.

    While it is unconfirmed, its severity is a guess, or it is held: then whoever decided looks again. Returns
    whether it did; raising pages again by itself.
    """
    known = incident.severity.rank if incident.severity else UNKNOWN_RANK
    decided = incident.confirmed_at and not incident.severity_provisional and not incident.held_until
    if decided or rank_of(word) >= known:
        return False
    severity = severity_for(word)
    if severity is None or severity.rank >= known:
        return False
    set_severity(incident=incident, severity=severity, provisional=True, actor=actor, now=now)
    return True


def say_joined(incident: Incident, alerts: list[Alert], *, actor: Actor, now: datetime) -> None:
    """Onto the record of the incident they hang on now."""
    one, many = _("Alert: %(title)s"), _("%(count)d alerts, the first: %(title)s")
    _record_all(incident, alerts, one, many, actor, now, joined=1)


def say_reopened(incident: Incident, alerts: list[Alert], *, actor: Actor, now: datetime) -> None:
    one, many = _("Fires again: %(title)s"), _("%(count)d alerts fire again, the first: %(title)s")
    _record_all(incident, alerts, one, many, actor, now)


def say_cleared(incident: Incident, alerts: list[Alert], *, actor: Actor, now: datetime) -> None:
    one, many = _("Clear: %(title)s"), _("%(count)d alerts are clear, the first: %(title)s")
    _record_all(incident, alerts, one, many, actor, now)


def say_flapping(incident: Incident, alerts: list[Alert], *, actor: Actor, now: datetime) -> None:
    one = _("Flapping, it fires again and again: %(title)s")
    many = _("%(count)d alerts are flapping, the first: %(title)s")
    _record_all(incident, alerts, one, many, actor, now)


def say_note(incident: Incident, alert: Alert, note: str, *, actor: Actor, now: datetime) -> None:
    """Words that came from outside for an alert. Nobody's work: an acknowledgement is not renewed by them."""
    data = {"alert": alert.uid, "note": True}
    record(incident=incident, kind=EntryKind.ALERT, text=note, data=data, actor=actor, now=now)


def worst(alerts: list[Alert]) -> str:
    return min((alert.severity for alert in alerts), key=rank_of)


def _nobody_is_called(incident: Incident) -> bool:
    """Every first ladder is over or found nobody, so whoever had it is done: a new alert is news again."""
    if incident.held_until is not None:
        return False
    calls = Call.objects.filter(incident=incident, kind__in=FIRST_CALLS)
    over = (EscalationState.STOPPED, EscalationState.EXHAUSTED)
    return not calls.exclude(escalation__state__in=over).exists()


def _record_all(
    incident: Incident,
    alerts: list[Alert],
    one: str,
    many: str,
    actor: Actor,
    now: datetime,
    *,
    joined: int = 0,
) -> None:
    """One entry each, or a single one for a storm. `joined`: what each counts for the storm guard."""
    if len(alerts) > MOST_ENTRIES:
        text = many % {"count": len(alerts), "title": alerts[0].title}
        data: dict[str, Any] = {"count": len(alerts), "joined": joined * len(alerts)}
        record(incident=incident, kind=EntryKind.ALERT, text=text, data=data, actor=actor, now=now)
        return
    for alert in alerts:
        record(
            incident=incident,
            kind=EntryKind.ALERT,
            text=one % {"title": alert.title},
            data={
                "alert": alert.uid,
                "severity": alert.severity,
                "joined": joined,
                "rule": alert.routed_by,
            },
            occurred_at=alert.resolved_at or alert.first_seen,
            actor=actor,
            now=now,
        )
