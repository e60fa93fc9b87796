"""What people write on the timeline, and the one sentence on top of every screen (R36)."""

from datetime import datetime

from config.tenancy.actors import Actor
from incidents.models import EntryKind, Incident, TimelineEntry


def add_note(
    *,
    incident: Incident,
    text: str,
    kind: str = EntryKind.NOTE,
    occurred_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> TimelineEntry:
    """A note, observation or decision. `occurred_at` in the past is a late entry.

    Raises ValidationError for no text, another kind, or a moment in the future. Allowed in every phase.
    """
    raise NotImplementedError


def set_now_line(*, incident: Incident, text: str, actor: Actor, now: datetime) -> Incident:
    """What we do now, in one sentence; an empty text clears it. The same text again changes nothing."""
    raise NotImplementedError
