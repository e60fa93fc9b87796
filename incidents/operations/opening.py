"""Opening an incident: one row with a number, and somebody called for it."""

from datetime import datetime

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from incidents.models import Incident, Service, Severity


def open_incident(
    *,
    summary: str,
    service: Service | None,
    severity: Severity | None,
    provisional: bool,
    found_by: str,
    found_via: str = "",
    confirmed: bool = False,
    private: bool = False,
    declared_by: Membership | None = None,
    started_at: datetime | None = None,
    idempotency_key: str = "",
    actor: Actor,
    now: datetime,
) -> Incident:
    """Opens an incident with the tenant's next number, records it, and calls the service's policy, else the
    default one. Locks nothing but the tenant's counter, last; call it last.

    An unknown severity pages as SEV2. One that answers in office hours only, outside those of the service's
    team, is held: `held_until` and one silent mail, no page. Needs incidents.declare. A second call opens a
    second incident.
    """
    raise NotImplementedError
