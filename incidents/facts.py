"""Reads what is known of an incident from its rows."""

from datetime import datetime

from config.tenancy.models import Membership
from incidents.models import Incident
from incidents.phases import Facts


def facts_of(incident: Incident, *, membership: Membership | None = None, now: datetime) -> Facts:
    """The facts as `membership` sees them. A fixed number of queries (a test counts them)."""
    raise NotImplementedError
