"""The circle of a private incident; of another, what making it private would say. Five queries at most."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.tenancy.models import Membership
from incidents.known import Facts
from incidents.models import Incident
from incidents.operations.circle import InCircle, circle_of, who_saw


@dataclass(frozen=True)
class Circle:
    people: list[InCircle]
    seen: list[str]

    @property
    def inside(self) -> set[int]:
        return {one.membership.pk for one in self.people}


def read(incident: Incident, facts: Facts, membership: Membership, now: datetime) -> Any:
    if incident.private:
        return Circle(circle_of(incident), [])
    return Circle([], who_saw(incident).in_words())
