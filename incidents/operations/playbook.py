"""The playbook of one incident: what should not be forgotten, ticked off as it is done."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.facts import facts_of
from incidents.facts.after import playbook_of
from incidents.models import EntryKind, Incident, PlaybookStep, PlaybookTick
from incidents.operations.advancing import advance
from incidents.operations.locking import lock_incident
from incidents.operations.notes import must_write
from incidents.operations.timeline import record


def tick(*, incident: Incident, step: PlaybookStep, actor: Actor, now: datetime) -> PlaybookTick:
    """Done. A second call changes nothing.

    Raises ValidationError for a step that is not on this incident's list. Needs incidents.respond or
    incidents.publish.
    """
    must_write(actor)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        there = _ticked(incident, step)
        if there is not None:
            return there
        listed = PlaybookStep.objects.filter(playbook_of(facts_of(incident, now=now)))
        if not listed.filter(pk=step.pk).exists():
            raise ValidationError({"step": _("That choice does not exist here.")})
        done: PlaybookTick = PlaybookTick.objects.create(
            incident=incident,
            step=step,
            ticked_at=now,
            ticked_by_id=actor.membership_id,
            ticked_by_label=actor.label[:200],
        )
        _record(incident, step, _("Done: %(what)s") % {"what": step.text}, True, actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return done


def untick(*, incident: Incident, step: PlaybookStep, actor: Actor, now: datetime) -> None:
    """Not done after all; that it was ticked stays on the record. A second call changes nothing."""
    must_write(actor)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        there = _ticked(incident, step)
        if there is None:
            return
        there.undone_at = now
        there.save()
        _record(incident, step, _("Not done after all: %(what)s") % {"what": step.text}, False, actor, now)
        advance(incident=incident, actor_cause=actor, now=now)


def _ticked(incident: Incident, step: PlaybookStep) -> PlaybookTick | None:
    found: PlaybookTick | None = PlaybookTick.objects.filter(
        incident=incident, step=step, undone_at=None
    ).first()
    return found


def _record(
    incident: Incident, step: PlaybookStep, text: str, done: bool, actor: Actor, now: datetime
) -> None:
    data = {"step": step.uid, "done": done}
    record(incident=incident, kind=EntryKind.PLAYBOOK, text=text, data=data, actor=actor, now=now)
