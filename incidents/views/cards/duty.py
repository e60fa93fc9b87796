"""An absent manager, and the shift that ends."""

from dataclasses import dataclass
from datetime import datetime

from config.tenancy.models import Membership
from incidents.known import Facts, Question, whole_minutes
from incidents.models import Incident, RoleAssignment
from incidents.operations.shift_changes import Handover, handovers, read_rosters, shift_changes


@dataclass(frozen=True)
class DutyCard:
    """`absent`: the manager's name, away for `minutes`. `leave`: what to hand over; `take`: what comes."""

    absent: str
    minutes: int
    leave: list[Handover]
    take: list[Handover]


def read(incident: Incident, facts: Facts, membership: Membership, now: datetime) -> DutyCard | None:
    """Five statements while it is open. None: nothing to say to this person."""
    if not facts.is_open:
        return None
    changes = shift_changes(read_rosters(now=now), now=now)
    held = RoleAssignment.objects.filter(incident=incident, ended_at=None)
    found = handovers(held.select_related("role", "membership__user", "incident"), changes) if changes else []
    away = facts.absent_since if Question.MANAGER not in facts.put_off else None
    card = DutyCard(
        absent=facts.absent_manager if away else "",
        minutes=whole_minutes(now - away) if away else 0,
        leave=[one for one in found if one.given.membership_id == membership.pk],
        take=[one for one in found if one.to.pk == membership.pk],
    )
    return card if card.absent or card.leave or card.take else None
