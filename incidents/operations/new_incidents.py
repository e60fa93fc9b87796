"""Alerts that no open incident takes: one new incident for each group, or the storm of their service."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from incidents.models import Alert, AlertSource, Incident
from incidents.operations import joining
from incidents.operations.homes import Homes, ServiceId
from incidents.operations.ledger import Heard
from incidents.operations.locking import Locked
from incidents.operations.storms import guard_for, storm_words
from incidents.refusals import Busy

Incidents = dict[int, Locked]


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


def plan(
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
                one.alert.incident = still_open(storm, incidents)
        elif service_id in storms:
            storms[service_id].heard += heard
        else:
            storms[service_id] = Opening(heard, storm=True)
            opening.append(storms[service_id])
    return opening


def open_one(source: AlertSource, opening: Opening, actor: Actor, now: datetime) -> Incident:
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
        alert.incident = incident
    return incident


def still_open(home: Incident, incidents: Incidents) -> Incident:
    """Read again under lock. Over, or private, by now: where it belongs is decided anew."""
    found = incidents[home.pk].incident
    if not found.is_open or found.private:
        raise Busy(_("Others are changing this incident right now. Try again."))
    return found
