"""Cards of the room that read more than the core does: `read(incident, facts, membership, now)` a module.

What it returns is `room.cards.<name>` in its template. A fixed number of statements each.
"""

from datetime import datetime
from typing import Any

from config.tenancy.models import Membership
from incidents.known import Facts
from incidents.models import Incident
from incidents.views.cards import after, brief, circle, duty, impact, links, measures, playbook, resolve, why

CARDS = {
    "impact": impact.read,
    "links": links.read,
    "why": why.read,
    "brief": brief.read,
    "circle": circle.read,
    "resolve": resolve.read,
    "after": after.read,
    "playbook": playbook.read,
    "measures": measures.read,
    "duty": duty.read,
}


def read_cards(incident: Incident, facts: Facts, membership: Membership, now: datetime) -> dict[str, Any]:
    return {name: read(incident, facts, membership, now) for name, read in CARDS.items()}
