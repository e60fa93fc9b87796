"""The end of the emergency (R40 to R44), and its return."""

from datetime import datetime

from config.tenancy.actors import Actor
from incidents.models import Incident


def impact_over(*, incident: Incident, at: datetime | None, actor: Actor, now: datetime) -> Incident:
    """The impact ended at `at` (may lie in the past), or with None: it has not, after all.

    Raises ValidationError for a moment in the future or before the start. Needs incidents.respond.
    """
    raise NotImplementedError


def nothing_imminent(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """Nothing is about to come back: the second of the two confirmations. A second call changes nothing."""
    raise NotImplementedError


def resolve(
    *,
    incident: Incident,
    impact_over_at: datetime | None,
    internal: str | None,
    external: str | None,
    nothing_is_imminent: bool = False,
    actor: Actor,
    now: datetime,
) -> Incident:
    """Resolved, in one transaction: the pager stops and tells those it paged, final words go out where given
    (None: later), the notice is resolved with them, the phase moves.

    `impact_over_at` None keeps the moment that was said before; `nothing_is_imminent` says the second
    confirmation along. Raises PhaseRefused with all that is missing, before anything is written. A second
    call changes nothing. Needs incidents.respond, and incidents.publish for words.
    """
    raise NotImplementedError


def close(*, incident: Incident, waived: str = "", actor: Actor, now: datetime) -> Incident:
    """The last of it. `waived` is the reason why no final message is needed. Raises PhaseRefused."""
    raise NotImplementedError


def reopen(*, incident: Incident, reason: str, actor: Actor, now: datetime) -> Incident:
    """It is not over: from resolved or closed back to resolving, from cancelled or merged to where its facts
    stand. Customers who were told get a draft that says so. Raises ValidationError without a reason.
    """
    raise NotImplementedError
