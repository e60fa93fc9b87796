"""Whether anything in the room looks different: asked every five seconds by everybody who has it open."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Max

from config.tenancy.models import Membership
from incidents.models import Call, Incident
from oncall.models import Attempt, EscalationEvent


def etag_of(
    incident: Incident,
    *,
    membership: Membership,
    online: Iterable[Membership],
    now: datetime,
    rows: int,
    show: str = "all",
) -> str:
    """The same while nothing changed for this person; once a minute it changes by itself, for ages."""
    version = _version(incident, membership=membership, now=now, rows=rows, show=show)
    # Who is there, not when they were last seen: their polling is no news to others.
    version += "|" + ",".join(str(one.pk) for one in online)
    return f'"{hashlib.sha256(version.encode()).hexdigest()[:24]}"'


def _version(
    incident: Incident, *, membership: Membership, now: datetime, rows: int, show: str = "all"
) -> str:
    """Changes when anything in the room may look different to this person. Four queries, all by index."""
    calls = Call.objects.filter(incident=incident).values("escalation_id")
    known: list[Any] = [
        membership.pk,
        membership.role,
        rows,
        show,
        int(now.timestamp()) // 60,
        incident.phase,
    ]
    known.append(incident.history.aggregate(last=Max("history_id"))["last"])
    known.append(incident.timeline.aggregate(last=Max("id"))["last"])
    known.append(EscalationEvent.objects.filter(escalation__in=calls).aggregate(last=Max("id"))["last"])
    attempts = Attempt.objects.filter(notification__escalation__in=calls)
    known.extend(attempts.aggregate(last=Max("id"), ended=Max("ended_at")).values())
    known.extend(
        incident.alerts.aggregate(last=Max("id"), seen=Max("last_seen"), over=Max("resolved_at")).values()
    )
    return "|".join(str(part) for part in known)
