"""Two incidents that are one."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents.models import Alert, EntryKind, Incident, Phase, TimelineEntry
from incidents.operations.advancing import advance, transit
from incidents.operations.holding import look_again_after_services
from incidents.operations.ladders import page_again, stop_calls
from incidents.operations.locking import lock_incident, lock_incidents
from incidents.operations.timeline import record


def merge(*, incident: Incident, into: Incident, actor: Actor, now: datetime) -> Incident:
    """`incident` goes up in `into`: its alerts move there, its pager stops. Returns the merged one.

    Raises Conflict where either is over, both are one, or one is private and the other not. A second call
    changes nothing. Needs incidents.respond, and not only in one of them.
    """
    actor.must_everywhere("incidents.respond")
    if incident.pk == into.pk:
        raise Conflict(_("An incident cannot be merged into itself."))
    with acting(actor, now=now):
        one, other = lock_incidents(incident_ids=[incident.pk, into.pk], alerts=True)
        incident, into = one.incident, other.incident
        if incident.phase == Phase.MERGED and incident.merged_into_id == into.pk:
            return incident
        _check(incident, into)
        moved = list(Alert.objects.filter(incident=incident).values_list("pk", flat=True))
        Alert.objects.filter(pk__in=moved).update(incident=into)
        words = _("It is part of %(key)s now.") % {"key": into.key}
        stop_calls(incident=incident, reason="merged", words=words, actor=actor, now=now)
        transit(incident, "to_merged", now, into, facts=None, actor=actor, now=now)
        _record(incident, _("Merged into %(key)s") % {"key": into.key}, actor, now, moved)
        _record(into, _("%(key)s was merged into this") % {"key": incident.key}, actor, now, moved)
        look_again_after_services(incident=into, actor=actor, now=now)
        advance(incident=into, actor_cause=actor, now=now)
    return incident


def merge_all(*, incidents: Sequence[Incident], into: Incident, actor: Actor, now: datetime) -> int:
    """A storm is one incident: all of them go up in `into`, in one transaction. Returns how many did.

    Those that are over by now, or private where `into` is not, stay as they are. Needs incidents.respond.
    """
    actor.must_everywhere("incidents.respond")
    others = sorted({incident.pk for incident in incidents} - {into.pk})
    if not others:
        return 0
    with acting(actor, now=now):
        # All at once and in the one order: merging one after the other would lock backwards.
        *ones, target = lock_incidents(incident_ids=[*others, into.pk], alerts=True)
        if not target.incident.is_open:
            raise Conflict(_("%(key)s is over. Reopen it first.") % {"key": target.incident.key})
        fitting = [
            one.incident
            for one in ones
            if one.incident.is_open and one.incident.private == target.incident.private
        ]
        for incident in fitting:
            merge(incident=incident, into=target.incident, actor=actor, now=now)
    return len(fitting)


def unmerge(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """Taken apart again, at any time: the alerts that came along go back; it pages where nobody had it.

    An incident that is not merged stays as it is. Needs incidents.respond.
    """
    actor.must_everywhere("incidents.respond")
    with acting(actor, now=now):
        target_id = Incident.objects.values_list("merged_into_id", flat=True).get(pk=incident.pk)
        if target_id is None:
            return lock_incident(incident_id=incident.pk).incident
        one, other = lock_incidents(incident_ids=[incident.pk, target_id], alerts=True)
        incident, into = one.incident, other.incident
        if incident.phase != Phase.MERGED:
            return incident
        back = _came_along(incident)
        Alert.objects.filter(pk__in=back, incident=into).update(incident=incident)
        transit(incident, "reopen_ended", facts=None, actor=actor, now=now)
        _record(incident, _("Taken apart from %(key)s") % {"key": into.key}, actor, now, back)
        _record(into, _("%(key)s was taken apart from this") % {"key": incident.key}, actor, now, back)
        if incident.acknowledged_at is None:
            page_again(incident=incident, actor=actor, now=now)
        return advance(incident=incident, actor_cause=actor, now=now)


def _check(incident: Incident, into: Incident) -> None:
    if not (incident.is_open and into.is_open):
        raise Conflict(_("Only incidents that are open can be merged."))
    if incident.private != into.private:
        # The words of one would be read by people outside its circle.
        raise Conflict(_("A private incident and an open one cannot be merged."))


def _came_along(incident: Incident) -> list[int]:
    """The alerts that moved at the last merge, as the timeline has them."""
    entry = TimelineEntry.objects.filter(incident=incident, kind=EntryKind.MERGED).order_by("-id").first()
    return list(entry.data.get("alerts", [])) if entry else []


def _record(incident: Incident, text: str, actor: Actor, now: datetime, alerts: list[int]) -> None:
    data = {"alerts": alerts}
    record(incident=incident, kind=EntryKind.MERGED, text=text, data=data, actor=actor, now=now)
