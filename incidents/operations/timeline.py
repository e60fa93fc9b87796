"""The record: what happened, in words, by whom. Append-only."""

from datetime import datetime
from typing import Any

from config.tenancy.actors import Actor
from incidents.models import EntryKind, Incident, TimelineEntry
from incidents.operations.mirroring import touch


def record(
    *,
    incident: Incident,
    kind: EntryKind | str,
    text: str,
    actor: Actor,
    now: datetime,
    occurred_at: datetime | None = None,
    data: dict[str, Any] | None = None,
) -> TimelineEntry:
    """Writes one entry, inside the caller's transaction. One statement, no lock, no permission asked.

    Where there is a chat vendor it is told after the commit: every change of an incident passes here.

    `occurred_at` may lie before `now` (late entry), never after it.
    """
    touch(incident, now)
    entry: TimelineEntry = TimelineEntry.objects.create(
        incident=incident,
        kind=kind,
        text=str(text),
        data=data or {},
        occurred_at=min(occurred_at or now, now),
        recorded_at=now,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_label=actor.label[:200],
    )
    return entry
