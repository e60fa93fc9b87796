"""Held until the office opens: SEV3 in the night pages nobody, and in the morning if it is still open."""

from datetime import datetime

from config.tenancy.actors import Actor
from incidents.models import Incident


def page_now(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """Pages at once: ends a hold, or begins again where the ladder found nobody. Free while it pages."""
    raise NotImplementedError
