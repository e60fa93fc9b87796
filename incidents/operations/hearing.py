"""Alerts that are heard: they join the incidents they were placed in, open new ones, or a storm gathers them.

Incidents that are there come first, new ones last: opening takes the tenant's number counter, and nothing is
locked after that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from incidents.models import Alert, AlertSource, Incident
from incidents.operations import joining
from incidents.operations.calling_services import call_service_in
from incidents.operations.cards import refresh_cards
from incidents.operations.counting import count_repeats
from incidents.operations.homes import Homes, ServiceId
from incidents.operations.ledger import Heard, Ledger
from incidents.operations.locking import Locked
from incidents.operations.maintained import split_suppressed
from incidents.operations.quieting import quiet_ladders
from incidents.operations.recovery import settle
from incidents.operations.routing_rules import note_hits
from incidents.operations.storms import count_on, guard_for, storm_words
from incidents.refusals import Busy

CHANGED = [
    "count",
    "last_seen",
    "severity",
    "said_severity",
    "status",
    "resolved_at",
    "silent_at",
    "routed_by",
    "tags",
    "suppressed",
    "service",
    "group_key",
    "flaps",
    "incident",
]
Incidents = dict[int, Locked]


def follow_up(ledger: Ledger, incidents: Incidents, actor: Actor, now: datetime) -> None:
    """Writes what came of the reports, and what follows from it."""
    heard, quiet = _who_is_heard(ledger)
    homeless = _hang_where_placed(heard, incidents)
    kept, homeless = _kept_by_maintenance(homeless, now)
    opening = _plan(ledger.source, homeless, ledger.placing.homes, incidents, now)
    _write(ledger, [*quiet, *kept], opening)
    hung = {id(one.alert) for one in heard if one.alert.incident_id is not None}
    for pk, locked in sorted(incidents.items()):
        _tell(locked.incident, _news(ledger, pk, hung), ledger.source, actor, now)
    _open(ledger, opening, actor, now)
    note_hits(hits=ledger.placing.hits, now=now)


def _who_is_heard(ledger: Ledger) -> tuple[list[Heard], list[Alert]]:
    """Those that look for an incident; and new ones that do not: tests, and what a rule suppresses."""
    heard = [one for one in ledger.fresh if not (one.place.suppress or one.alert.is_test)]
    quiet = [one.alert for one in ledger.fresh if one.place.suppress or one.alert.is_test]
    return [*heard, *ledger.heard_again], quiet


def _hang_where_placed(heard: Iterable[Heard], incidents: Incidents) -> list[Heard]:
    """Returns those that were placed nowhere."""
    homeless = []
    for one in heard:
        if one.place.home is None:
            homeless.append(one)
        else:
            _hang(one.alert, _still_open(one.place.home, incidents))
    return homeless


def _still_open(home: Incident, incidents: Incidents) -> Incident:
    """Read again under lock. Over, or private, by now: where it belongs is decided anew."""
    found = incidents[home.pk].incident
    if not found.is_open or found.private:
        raise Busy(_("Others are changing this incident right now. Try again."))
    return found


def _hang(alert: Alert, incident: Incident) -> None:
    alert.incident = incident


def _kept_by_maintenance(homeless: list[Heard], now: datetime) -> tuple[list[Alert], list[Heard]]:
    """Stored and counted; what still fires when it is over is heard then (operations.rerouting)."""
    kept: list[Alert] = []
    by_service: dict[ServiceId, list[Heard]] = {}
    for one in homeless:
        by_service.setdefault(one.place.service_id, []).append(one)
    for group in by_service.values():
        quiet, _others = split_suppressed(group[0].place.service, [one.alert for one in group], now)
        kept += quiet
    silent = {id(alert) for alert in kept}
    return kept, [one for one in homeless if id(one.alert) not in silent]


# --- new incidents ------------------------------------------------------------------------------------------
@dataclass
class Opening:
    """What will be one new incident."""

    heard: list[Heard]
    storm: bool = False

    @property
    def alerts(self) -> list[Alert]:
        return [one.alert for one in self.heard]

    @property
    def started_at(self) -> datetime:
        """The earliest start a source claims and can be believed in, else when the first came in."""
        claimed = [one.started_at for one in self.heard if one.started_at is not None]
        return min(claimed) if claimed else self.alerts[0].first_seen


def _plan(
    source: AlertSource, homeless: list[Heard], homes: Homes, incidents: Incidents, now: datetime
) -> list[Opening]:
    """One for each group, in the order they came; above the guard's rate they join the storm of their
    service, or are one.
    """
    if not homeless:
        return []
    guard = guard_for({one.place.service_id for one in homeless}, homes.storms, now)
    groups: dict[tuple[ServiceId, str], list[Heard]] = {}
    for one in homeless:
        groups.setdefault((one.place.service_id, one.place.group_key), []).append(one)
    storms: dict[ServiceId, Opening] = {}
    opening: list[Opening] = []
    for (service_id, _key), heard in groups.items():
        if guard.may_open(heard[0].place.service):
            opening.append(Opening(heard))
        elif storm := homes.storms.get(service_id):
            for one in heard:
                _hang(one.alert, _still_open(storm, incidents))
        elif service_id in storms:
            storms[service_id].heard += heard
        else:
            storms[service_id] = Opening(heard, storm=True)
            opening.append(storms[service_id])
    return opening


def _open(ledger: Ledger, openings: list[Opening], actor: Actor, now: datetime) -> None:
    opened = [_open_one(ledger.source, one, actor, now) for one in openings]
    _update(alert for one in openings for alert in one.alerts)
    _insert(alert for one in openings for alert in one.alerts)
    for incident, one in zip(opened, openings, strict=True):
        hung = {id(alert) for alert in one.alerts}
        _tell(incident, _news(ledger, incident.pk, hung), ledger.source, actor, now, opened=True)


def _open_one(source: AlertSource, opening: Opening, actor: Actor, now: datetime) -> Incident:
    place, alerts = opening.heard[0].place, opening.alerts
    incident = joining.open_for(
        source,
        alerts,
        service=place.service,
        summary=storm_words(place.service, source.name, len(alerts)) if opening.storm else "",
        group_key="" if opening.storm else place.group_key,
        gathers_storm=opening.storm,
        started_at=opening.started_at,
        actor=actor,
        now=now,
    )
    for alert in alerts:
        _hang(alert, incident)
    return incident


# --- writing ------------------------------------------------------------------------------------------------
def _write(ledger: Ledger, quiet: list[Alert], opening: list[Opening]) -> None:
    """All but the alerts of new incidents. Changed rows go first: only one of a key may be open."""
    repeats = ledger.only_counted
    count_repeats(repeats)
    _update(alert for pk, alert in ledger.changed.items() if pk not in repeats)
    later = {id(alert) for one in opening for alert in one.alerts}
    _insert(one.alert for one in ledger.fresh if id(one.alert) not in later)


def _update(alerts: Iterable[Alert]) -> None:
    rows = [alert for alert in alerts if alert.pk is not None and not alert._state.adding]
    if rows:
        Alert.objects.bulk_update(rows, CHANGED, batch_size=500)


def _insert(alerts: Iterable[Alert]) -> None:
    rows = [alert for alert in alerts if alert._state.adding]
    if rows:
        Alert.objects.bulk_create(rows, batch_size=500)


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
