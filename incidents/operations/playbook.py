"""The playbook of one incident: what should not be forgotten, ticked off as it is done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.facts import facts_of
from incidents.facts.after import playbook_of
from incidents.known import Facts
from incidents.models import EntryKind, Incident, PlaybookStep, PlaybookTick
from incidents.operations.advancing import advance
from incidents.operations.locking import lock_incident
from incidents.operations.notes import must_write
from incidents.operations.timeline import record


@dataclass(frozen=True)
class Item:
    """One step in one incident. `due` is when its clock runs out."""

    step: PlaybookStep
    tick: PlaybookTick | None
    due: datetime | None
    is_late: bool


def listed(incident: Incident, facts: Facts, now: datetime) -> list[Item]:
    """The incident's list. Two statements."""
    ticks = {tick.step_id: tick for tick in PlaybookTick.objects.filter(incident=incident, undone_at=None)}
    steps = PlaybookStep.objects.filter(playbook_of(facts)).select_related("severity")
    return [_item(incident, step, ticks.get(step.pk), now) for step in steps]


def _item(incident: Incident, step: PlaybookStep, tick: PlaybookTick | None, now: datetime) -> Item:
    if step.within_minutes is None:
        return Item(step, tick, None, is_late=False)
    due = incident.declared_at + timedelta(minutes=step.within_minutes)
    return Item(step, tick, due, is_late=tick is None and due < now)


def tick(*, incident: Incident, step: PlaybookStep, actor: Actor, now: datetime) -> PlaybookTick:
    """Done. A second call changes nothing.

    Raises ValidationError for a step that is not on this incident's list. Needs incidents.write.
    """
    must_write(actor)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        there = _ticked(incident, step)
        if there is not None:
            return there
        mine = PlaybookStep.objects.filter(playbook_of(facts_of(incident, now=now)))
        if not mine.filter(pk=step.pk).exists():
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
    """Not done after all; that it was ticked stays on the record. A second call changes nothing.

    Needs incidents.write.
    """
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
