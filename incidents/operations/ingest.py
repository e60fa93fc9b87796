"""Raw first: what a monitor posts is committed before anything is made of it (DESIGN rule 4)."""

from datetime import datetime
from uuid import UUID

from config import doorbell
from config.tenancy.doors import through_door
from config.tenancy.models import DoorKind
from incidents.models import InboundEvent

DUE_WORK = "incidents.inbound"
# A format nobody is paged for.
CHANGE = "change"


STORE = """
INSERT INTO incidents_inboundevent
       (tenant_id, source_id, format, body, given_key, request_id, received_at, outcome, problem, attempts)
SELECT tenant_id, row_id, %(format)s, %(body)s, %(given_key)s, %(request_id)s,
       COALESCE(%(now)s::timestamptz, clock_timestamp()), 'pending', '', 0
  FROM door
RETURNING id
"""


def take_in_by_key(
    *, key: str, format: str, body: bytes, given_key: str = "", request_id: UUID | None = None
) -> int:
    """`take_in` for whoever has the key of an alert source, door and insert in one statement; the id.

    Raises DoorClosed for a key that opens nothing, and then stores nothing. Outside any tenant scope.
    """
    given = {"format": format, "body": body, "given_key": given_key, "request_id": request_id}
    [stored] = through_door(DoorKind.ALERT_SOURCE, key, STORE, given)
    doorbell.ring(DUE_WORK)
    return int(stored)


def take_in(
    *, source_id: int, format: str, body: bytes, given_key: str = "", posted_by: str = "", now: datetime
) -> InboundEvent:
    """One INSERT, committed on return unless the caller has a transaction; then the bell. In a tenant scope.

    `given_key` is the dedup_key that the answer promises where the event has none, `posted_by` a person who
    sends a test. Neither parses nor checks: `body` is at most INGEST_MAX_BYTES by the reader at the edge.
    """
    event = InboundEvent(
        source_id=source_id,
        format=format,
        body=body,
        given_key=given_key,
        posted_by=posted_by,
        received_at=now,
    )
    event.save(force_insert=True)
    doorbell.ring(DUE_WORK)
    return event
