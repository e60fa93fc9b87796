"""Alerts that are heard: they join the incidents they were placed in, open new ones, or a storm gathers them.

Incidents that are there come first, new ones last: opening takes the tenant's number counter, and nothing is
locked after that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from config.tenancy.actors import Actor
from incidents.models import Alert, AlertSource, Incident
from incidents.operations import joining
from incidents.operations.calling_services import call_service_in
from incidents.operations.cards import refresh_cards
from incidents.operations.homes import ServiceId
from incidents.operations.ledger import Heard, Ledger
from incidents.operations.maintained import split_suppressed
from incidents.operations.new_incidents import Incidents, Opening, open_one, plan, still_open
from incidents.operations.quieting import quiet_ladders
from incidents.operations.recovery import settle
from incidents.operations.routing_rules import note_hits
from incidents.operations.storms import count_on
from incidents.operations.writing_alerts import insert, update, write


def follow_up(ledger: Ledger, incidents: Incidents, actor: Actor, now: datetime) -> None:
    """Writes what came of the reports, and what follows from it."""
    heard = _who_is_heard(ledger)
    homeless = _not_kept_by_maintenance(_hang_where_placed(heard, incidents), now)
    opening = plan(ledger.source, homeless, ledger.placing.homes, incidents, now)
    write(ledger, {id(alert) for one in opening for alert in one.alerts})
    hung = {id(one.alert) for one in heard if one.alert.incident_id is not None}
    for pk, locked in sorted(incidents.items()):
        _tell(locked.incident, _news(ledger, pk, hung), ledger.source, actor, now)
    _open(ledger, opening, actor, now)
    note_hits(hits=ledger.placing.hits, now=now)


def _who_is_heard(ledger: Ledger) -> list[Heard]:
    """Those that look for an incident: all but tests, and what a rule suppresses."""
    heard = [one for one in ledger.fresh if not (one.place.suppress or one.alert.is_test)]
    return [*heard, *ledger.heard_again]


def _hang_where_placed(heard: Iterable[Heard], incidents: Incidents) -> list[Heard]:
    """Returns those that were placed nowhere."""
    homeless = []
    for one in heard:
        if one.place.home is None:
            homeless.append(one)
        else:
            one.alert.incident = still_open(one.place.home, incidents)
    return homeless


def _not_kept_by_maintenance(homeless: list[Heard], now: datetime) -> list[Heard]:
    """The others are stored and counted; what still fires when it is over is heard then (rerouting)."""
    kept: list[Alert] = []
    by_service: dict[ServiceId, list[Heard]] = {}
    for one in homeless:
        by_service.setdefault(one.place.service_id, []).append(one)
    for group in by_service.values():
        quiet, _others = split_suppressed(group[0].place.service, [one.alert for one in group], now)
        kept += quiet
    silent = {id(alert) for alert in kept}
    return [one for one in homeless if id(one.alert) not in silent]


def _open(ledger: Ledger, openings: list[Opening], actor: Actor, now: datetime) -> None:
    opened = [open_one(ledger.source, one, actor, now) for one in openings]
    update(alert for one in openings for alert in one.alerts)
    insert(alert for one in openings for alert in one.alerts)
    for incident, one in zip(opened, openings, strict=True):
        hung = {id(alert) for alert in one.alerts}
        _tell(incident, _news(ledger, incident.pk, hung), ledger.source, actor, now, opened=True)


# --- what follows from it -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class News:
    """What changed for one incident."""

    joined: list[Alert] = field(default_factory=list)
    reopened: list[Alert] = field(default_factory=list)
    raised: list[Alert] = field(default_factory=list)
    rerouted: list[Heard] = field(default_factory=list)
    acknowledged: list[Alert] = field(default_factory=list)
    cleared: list[Alert] = field(default_factory=list)
    flapping: list[Alert] = field(default_factory=list)
    notes: list[tuple[Alert, str]] = field(default_factory=list)


def _news(ledger: Ledger, incident_id: int, hung: set[int]) -> News:
    """`hung`: the alerts (Python's ids) that found this incident only now."""

    def here(alerts: Sequence[Alert]) -> list[Alert]:
        return [alert for alert in alerts if alert.incident_id == incident_id]

    found = [one.alert for one in (*ledger.fresh, *ledger.heard_again)]
    return News(
        joined=[alert for alert in here(found) if id(alert) in hung],
        reopened=here(ledger.reopened),
        raised=here(ledger.raised),
        rerouted=[one for one in ledger.rerouted if one.alert.incident_id == incident_id],
        acknowledged=here(ledger.acknowledged),
        cleared=here(ledger.cleared),
        flapping=here(ledger.flapping),
        notes=[(alert, note) for alert, note in ledger.notes if alert.incident_id == incident_id],
    )


def _tell(
    incident: Incident,
    news: News,
    source: AlertSource,
    actor: Actor,
    now: datetime,
    *,
    opened: bool = False,
) -> None:
    """`incident` is locked, or was opened just now. It is stale afterwards: raising reads it anew."""
    _say(incident, news, actor, now)
    if not incident.is_open:
        return
    if news.cleared or news.reopened or (news.joined and not opened):
        settle(incident=incident, actor=actor, now=now)
    if news.joined and incident.gathers_storm and not opened:
        incident.summary = count_on(incident, source.name)
        incident.save()
    if opened or (news.joined and incident.gathers_storm):
        # Its card was written before the alert hung on it.
        refresh_cards(incident=incident, actor=actor, now=now)
    new = [*news.joined, *news.reopened]
    if not opened and (new or news.raised):
        joining.page_if_news(incident, new, news.raised, actor=actor, now=now)
    for one in news.rerouted:
        call_service_in(incident_id=incident.pk, place=one.place, alert=one.alert, actor=actor, now=now)
    if news.acknowledged:
        quiet_ladders(incident_id=incident.pk, actor=actor, now=now)


def _say(incident: Incident, news: News, actor: Actor, now: datetime) -> None:
    if news.joined:
        joining.say_joined(incident, news.joined, actor=actor, now=now)
    if news.reopened:
        joining.say_reopened(incident, news.reopened, actor=actor, now=now)
    if news.flapping:
        joining.say_flapping(incident, news.flapping, actor=actor, now=now)
    for alert, note in news.notes:
        joining.say_note(incident, alert, note, actor=actor, now=now)
    if news.cleared:
        joining.say_cleared(incident, news.cleared, actor=actor, now=now)
