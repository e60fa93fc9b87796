"""PLAYBOOK: what should not be forgotten, with its clocks."""

from dataclasses import dataclass
from datetime import datetime

from config.tenancy.models import Membership
from incidents.known import Facts
from incidents.models import Incident
from incidents.operations.playbook import Item, listed
from incidents.times import duration_words


@dataclass(frozen=True)
class Row:
    """`left` is how long its clock still runs, or how late it is."""

    item: Item
    left: str


@dataclass(frozen=True)
class Playbook:
    items: list[Row]
    security: list[Row]

    @property
    def all(self) -> list[Row]:
        return [*self.security, *self.items]

    @property
    def done(self) -> int:
        return sum(row.item.tick is not None for row in self.all)

    @property
    def next_clock(self) -> Row | None:
        """What runs out first, or ran out first."""
        running = [row for row in self.all if row.item.due is not None and row.item.tick is None]
        return min(running, key=lambda row: row.item.due.timestamp() if row.item.due else 0, default=None)


def read(incident: Incident, facts: Facts, membership: Membership, now: datetime) -> Playbook | None:
    """Two statements. None for what is not known to be real: it owes nothing."""
    if facts.confirmed_at is None:
        return None
    rows = [
        Row(item, duration_words(abs(item.due - now)) if item.due else "")
        for item in listed(incident, facts, now)
    ]
    return Playbook(
        items=[row for row in rows if not row.item.step.for_security],
        security=[row for row in rows if row.item.step.for_security],
    )
