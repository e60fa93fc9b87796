"""What a newcomer reads first."""

from datetime import datetime

from config.tenancy.models import Membership
from incidents.known import Facts
from incidents.models import Incident
from incidents.operations.brief import Brief, brief_for


def read(incident: Incident, facts: Facts, membership: Membership, now: datetime) -> Brief | None:
    return brief_for(incident, membership, now=now)
