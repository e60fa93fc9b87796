"""Is it real, and how bad is it (R12 to R20)."""

from datetime import datetime

from config.tenancy.actors import Actor
from incidents.models import Incident, Severity


def confirm(*, incident: Incident, customers_notice: bool | None, actor: Actor, now: datetime) -> Incident:
    """It is real: from now on only people end it. `customers_notice` None: not known.

    A second call changes only what customers notice. For SEV1 the roles behind it are called.
    """
    raise NotImplementedError


def set_severity(
    *,
    incident: Incident,
    severity: Severity,
    provisional: bool = False,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Incident:
    """Sets, confirms, raises or lowers the severity.

    Raised to one that pages: pages again, in whatever state the ladder is (acknowledged, held, snoozed).
    Lowering needs a `reason` (ValidationError). The same severity again only confirms it. Cards of all
    ladders get the new word. Raises Conflict once the incident is over.
    """
    raise NotImplementedError
