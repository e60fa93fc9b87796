"""A person says that something is broken (R4): one call, few fields, a key comes back."""

from datetime import datetime

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from incidents.models import Incident, Service, Severity


def declare_incident(
    *,
    text: str,
    service: Service | None = None,
    severity: Severity | None = None,
    provisional: bool = True,
    found_by: str,
    found_via: str = "",
    not_sure: bool = False,
    private: bool = False,
    declared_by: Membership | None,
    started_at: datetime | None = None,
    actor: Actor,
    now: datetime,
    idempotency_key: str = "",
) -> Incident:
    """Opens an incident from one line of text. Confirmed, unless the person is `not_sure` (R21).

    A second call with the same `idempotency_key` returns the first incident. Raises ValidationError for an
    empty text, an unknown `found_by`, a start in the future. Needs incidents.declare.
    """
    raise NotImplementedError
