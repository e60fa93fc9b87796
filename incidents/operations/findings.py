"""What was seen and what was decided (R37, R39). Theories and experiments: operations.theories."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents.models import Decision, EntryKind, Incident, Observation, TimelineEntry
from incidents.operations.advancing import advance
from incidents.operations.locking import lock_incident
from incidents.operations.notes import add_note, must_write
from incidents.operations.timeline import record

MOST = 1000
MOST_WHY = 500


def observe(
    *, incident: Incident, text: str, occurred_at: datetime | None = None, actor: Actor, now: datetime
) -> Observation:
    """Somebody saw this. `occurred_at` in the past is a late entry. Allowed in every phase.

    Raises ValidationError for no text, too much of it, or a moment in the future. Needs incidents.write: a
    communications manager sees things too, and so does whoever was called in.
    """
    must_write(actor)
    text = worded(text, "text", MOST)
    _check_moment(occurred_at, now)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        seen: Observation = Observation.objects.create(
            incident=incident,
            text=text,
            occurred_at=occurred_at or now,
            recorded_at=now,
            seen_by_id=actor.membership_id,
            seen_by_label=actor.label[:200],
        )
        record(
            incident=incident,
            kind=EntryKind.OBSERVATION,
            text=text,
            occurred_at=occurred_at,
            data={"uid": seen.uid},
            actor=actor,
            now=now,
        )
        advance(incident=incident, actor_cause=actor, now=now)
    return seen


def confirm_observation(*, observation: Observation, actor: Actor, now: datetime) -> Observation:
    """A second person has seen it as well. A second call changes nothing.

    Raises Conflict for one's own: what one person saw twice is still seen by one. Needs incidents.write, and
    a person.
    """
    must_write(actor)
    if actor.membership_id is None:
        raise ValidationError({"observation": _("A person confirms what another person saw.")})
    with acting(actor, now=now):
        incident = lock_incident(incident_id=observation.incident_id).incident
        seen: Observation = Observation.objects.get(pk=observation.pk)
        if seen.confirmed_at is not None:
            return seen
        if seen.seen_by_id == actor.membership_id:
            raise Conflict(_("You saw it yourself. Ask somebody else to look."))
        seen.confirmed_at, seen.confirmed_by_id = now, actor.membership_id
        seen.save()
        record(
            incident=incident,
            kind=EntryKind.OBSERVATION,
            text=_("Seen as well: %(what)s") % {"what": seen.text},
            data={"uid": seen.uid, "confirmed": True},
            actor=actor,
            now=now,
        )
        advance(incident=incident, actor_cause=actor, now=now)
    return seen


def decide(
    *,
    incident: Incident,
    text: str,
    why: str = "",
    occurred_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Decision:
    """A decision: what, by whom and why (R37). Allowed in every phase.

    Raises ValidationError for no text, too much of it, or a moment in the future. Needs incidents.write.
    """
    must_write(actor)
    text = worded(text, "text", MOST)
    why = worded(why, "why", MOST_WHY, needed=False)
    _check_moment(occurred_at, now)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        made: Decision = Decision.objects.create(
            incident=incident,
            text=text,
            why=why,
            decided_by_id=actor.membership_id,
            decided_by_label=actor.label[:200],
            occurred_at=occurred_at or now,
            recorded_at=now,
        )
        record(
            incident=incident,
            kind=EntryKind.DECISION,
            text=because(text, why),
            occurred_at=occurred_at,
            data={"uid": made.uid},
            actor=actor,
            now=now,
        )
        advance(incident=incident, actor_cause=actor, now=now)
    return made


def write_down(
    *,
    incident: Incident,
    text: str,
    kind: str = EntryKind.NOTE,
    occurred_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> TimelineEntry | Observation | Decision:
    """One field, three kinds: a note, an observation or a decision. Raises ValidationError for another."""
    given = {"incident": incident, "text": text, "occurred_at": occurred_at, "actor": actor, "now": now}
    match kind:
        case EntryKind.NOTE:
            return add_note(**given)  # type: ignore[arg-type]
        case EntryKind.OBSERVATION:
            return observe(**given)  # type: ignore[arg-type]
        case EntryKind.DECISION:
            return decide(**given)  # type: ignore[arg-type]
    raise ValidationError({"kind": _("Choose a note, an observation or a decision.")})


def worded(text: str, name: str, most: int, *, needed: bool = True) -> str:
    text = text.strip()
    if needed and not text:
        raise ValidationError({name: _("Write something.")})
    if len(text) > most:
        raise ValidationError({name: _("Use at most %(most)s characters.") % {"most": most}})
    return text


def because(text: str, why: str) -> str:
    """A decision or a verdict with its reason, as timeline and postmortem say it."""
    return _("%(what)s, because %(why)s") % {"what": text, "why": why} if why else text


def _check_moment(occurred_at: datetime | None, now: datetime) -> None:
    if occurred_at is not None and occurred_at > now:
        raise ValidationError({"occurred_at": _("It cannot have happened in the future.")})
