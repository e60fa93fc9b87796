"""What was done to a ladder without the incident (over the API, in the pager's lists, by its own clock).

Called by receivers with the escalation locked: only the incident and its alerts may be locked from here.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from incidents.models import Call, EntryKind, Incident
from incidents.operations.advancing import follow
from incidents.operations.locking import lock_incident_alone
from incidents.operations.responding import forget_answer, forget_if_nobody_has_it
from incidents.operations.timeline import record
from incidents.words import joined
from oncall.models import EventKind

Detail = Mapping[str, Any]


def bring_in_line(*, call: Call, kind: str, detail: Detail, actor: Actor, now: datetime) -> None:
    """Writes it on the record of an open incident, and forgets an answer that no longer holds.

    Nothing for what this house's own operations did: they come with all rights (operations.behalf), and have
    written it down themselves. What runs out is nobody's deed.
    """
    own = actor.grants is None and kind != EventKind.EXPIRED
    if own or kind not in SAID:
        return
    incident = lock_incident_alone(incident_id=call.incident_id)
    if not incident.is_open:
        return
    if kind in NOBODY_HAS_IT:
        _forget(incident, call)
    if kind == EventKind.REASSIGNED and incident.held_until is not None:
        incident.held_until = incident.maintenance = None
        incident.save()
    entry, words = SAID[kind]
    record(
        incident=incident,
        kind=entry,
        text=words(call, actor, detail),
        data={"call": call.uid} | _data(kind, detail),
        actor=actor,
        now=now,
    )
    follow(incident=incident, now=now)


def _forget(incident: Incident, call: Call) -> None:
    """When it was first acknowledged stays for the measures, as long as it has a manager."""
    forget_answer(call)
    forget_if_nobody_has_it(incident)


def _data(kind: str, detail: Detail) -> dict[str, Any]:
    kept = {EventKind.REASSIGNED: "to", EventKind.SNOOZED: "until"}.get(EventKind(kind))
    return {kept: detail[kept]} if kept else {}


def _given(call: Call, actor: Actor, detail: Detail) -> str:
    return _("%(call)s was given to %(names)s") % {"call": call.label, "names": joined(detail["to"])}


def _ran_out(call: Call, actor: Actor, detail: Detail) -> str:
    return _("Nobody said that work goes on: %(call)s pages again") % {"call": call.label}


def _passed_on(call: Call, actor: Actor, detail: Detail) -> str:
    return _("%(name)s passed it on") % {"name": detail["by"]}


def _snoozed(call: Call, actor: Actor, detail: Detail) -> str:
    return _("Snoozed")


def _renewed(call: Call, actor: Actor, detail: Detail) -> str:
    return _("%(name)s is still on it") % {"name": actor.label}


NOBODY_HAS_IT = frozenset({EventKind.REASSIGNED, EventKind.EXPIRED})
SAID: dict[str, tuple[EntryKind, Callable[[Call, Actor, Detail], str]]] = {
    EventKind.REASSIGNED: (EntryKind.REASSIGNED, _given),
    EventKind.EXPIRED: (EntryKind.PAGED, _ran_out),
    EventKind.PASSED_ON: (EntryKind.PASSED_ON, _passed_on),
    EventKind.SNOOZED: (EntryKind.SNOOZED, _snoozed),
    EventKind.RENEWED: (EntryKind.RENEWED, _renewed),
}
