"""Who has the room open (R32: online)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.tenancy.models import Membership
from incidents.models import Incident, Presence

ONLINE_FOR = timedelta(seconds=90)


@dataclass(frozen=True)
class Seen:
    """Everybody who ever opened the room, in the order of coming."""

    presences: tuple[Presence, ...]
    now: datetime

    @property
    def online(self) -> list[Membership]:
        """Who has it open now: seen in the last 90 seconds."""
        return [one.membership for one in self.presences if self.now - one.last_seen_at <= ONLINE_FOR]

    def of(self, membership: Membership) -> Presence | None:
        return next((one for one in self.presences if one.membership_id == membership.pk), None)


def seen_in(incident: Incident, *, now: datetime) -> Seen:
    """One query."""
    rows = Presence.objects.filter(incident=incident, membership__ended_at=None)
    return Seen(tuple(rows.select_related("membership__user").order_by("first_seen_at", "id")), now)
