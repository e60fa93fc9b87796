"""Not an incident after all: a false alarm, or recovered by itself."""

from datetime import datetime

from config.tenancy.actors import Actor
from incidents.models import Incident


def cancel(*, incident: Incident, reason: str, actor: Actor, now: datetime) -> Incident:
    """Ends it by a CancelReason and tells those who were paged. A second call changes nothing.

    After a false alarm what still fires keeps quiet until it clears or its severity rises
    (`Incident.quiet_rank`). Needs incidents.respond.
    """
    raise NotImplementedError


def undo_cancel(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """Within 10 minutes: as it was, and paging again where nobody had it. Raises Conflict later (reopen)."""
    raise NotImplementedError
