"""Two incidents that are one."""

from datetime import datetime

from config.tenancy.actors import Actor
from incidents.models import Incident


def merge(*, incident: Incident, into: Incident, actor: Actor, now: datetime) -> Incident:
    """`incident` goes up in `into`: its alerts move there, its pager stops. Returns the merged one.

    Raises Conflict where either is over, both are one, or one is private and the other not. A second call
    changes nothing. Needs incidents.respond.
    """
    raise NotImplementedError


def unmerge(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """Taken apart again, at any time: the alerts that came along go back; it pages where nobody had it."""
    raise NotImplementedError
