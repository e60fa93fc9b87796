"""What people write on the timeline, and the one sentence on top of every screen (R36)."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.models import EntryKind, Incident, TimelineEntry
from incidents.operations.advancing import advance
from incidents.operations.locking import lock_incident
from incidents.operations.timeline import record


def add_note(
    *,
    incident: Incident,
    text: str,
    occurred_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> TimelineEntry:
    """A note. `occurred_at` in the past is a late entry. What was seen or decided: operations.findings.

    Raises ValidationError for no text, or a moment in the future. Allowed in every phase. Needs
    incidents.write: a communications manager writes notes too, and so does whoever was called in.
    """
    must_write(actor)
    text = text.strip()
    if not text or len(text) > 5000:
        raise ValidationError({"text": _("Write something, at most 5000 characters.")})
    if occurred_at is not None and occurred_at > now:
        raise ValidationError({"occurred_at": _("It cannot have happened in the future.")})
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        entry = record(
            incident=incident, kind=EntryKind.NOTE, text=text, occurred_at=occurred_at, actor=actor, now=now
        )
        advance(incident=incident, actor_cause=actor, now=now)
    return entry


def must_write(actor: Actor) -> None:
    """Who may put words of their own on the record."""
    actor.must("incidents.write")


def set_now_line(*, incident: Incident, text: str, actor: Actor, now: datetime) -> Incident:
    """What we do now, in one sentence; an empty text clears it. The same text again changes nothing.

    Raises ValidationError above 200 characters. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    text = " ".join(text.split())
    if len(text) > 200:
        raise ValidationError({"text": _("Use at most %(most)s characters.") % {"most": 200}})
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        if incident.now_line == text:
            return incident
        incident.now_line = text
        incident.save()
        words = _("Now: %(what)s") % {"what": text} if text else _("Nothing in particular now")
        record(incident=incident, kind=EntryKind.NOW, text=words, actor=actor, now=now)
        return advance(incident=incident, actor_cause=actor, now=now)
