"""Raw first: what a monitor posts is committed before anything is made of it (DESIGN rule 4)."""

from datetime import datetime

from config import doorbell
from incidents.models import InboundEvent

DUE_WORK = "incidents.inbound"
# A format nobody is paged for.
CHANGE = "change"


def take_in(*, source_id: int, format: str, body: bytes, given_key: str = "", now: datetime) -> InboundEvent:
    """One INSERT, committed on return unless the caller has a transaction; then the bell. In a tenant scope.

    `given_key` is the dedup_key that the answer promises where the event has none. Neither parses nor checks:
    `body` is at most INGEST_MAX_BYTES by the reader at the edge.
    """
    event = InboundEvent(source_id=source_id, format=format, body=body, given_key=given_key, received_at=now)
    event.save(force_insert=True)
    doorbell.ring(DUE_WORK)
    return event
