"""Raw first: what a monitor posts is committed before anything is made of it (DESIGN rule 4)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, OperationalError
from django.db.models import Q

from config import doorbell
from config.tenancy.doors import through_door
from config.tenancy.fields import Unreadable
from config.tenancy.models import DoorKind
from config.tenancy.scoping import tenant_scope
from incidents import signatures
from incidents.models import AlertSource, InboundEvent

log = structlog.get_logger(__name__)

DUE_WORK = "incidents.inbound"
# A format nobody is paged for.
CHANGE = "change"
NOTED_EVERY = timedelta(minutes=1)

INSERT = """
INSERT INTO incidents_inboundevent
       (tenant_id, source_id, format, body, given_key, request_id, received_at, outcome, problem, attempts)
SELECT tenant_id, row_id, %(format)s::text, %(body)s::bytea, %(given_key)s::text, %(request_id)s::uuid,
       COALESCE(%(now)s::timestamptz, clock_timestamp()), 'pending', '', 0
"""
STORE = f"""{INSERT}
  FROM door
RETURNING id
"""
# Still one statement: a source that asks for a signature is only told so, and nothing is stored. LATERAL with
# OFFSET 0 keeps the planner from reading sources before the door has bound the tenant.
STORE_UNLESS_SIGNED = f"""
, source AS MATERIALIZED (
    SELECT door.tenant_id, door.row_id, asks.*
      FROM door CROSS JOIN LATERAL (
           SELECT row.signature_secret, row.signature_header, row.timestamp_header
             FROM incidents_alertsource AS row
            WHERE row.id = door.row_id AND row.tenant_id = door.tenant_id
           OFFSET 0) AS asks
), stored AS ({INSERT}
      FROM source WHERE source.signature_secret = ''
    RETURNING id
)
SELECT stored.id, source.tenant_id, source.row_id, source.signature_secret, source.signature_header,
       source.timestamp_header, COALESCE(%(now)s::timestamptz, clock_timestamp())
  FROM source LEFT JOIN stored ON TRUE
"""  # noqa: S608  # made of two texts of this file


def take_in_by_key(
    *, key: str, format: str, body: bytes, given_key: str = "", request_id: UUID | None = None
) -> int:
    """`take_in` for whoever has the key of an alert source, door and insert in one statement; the id.

    Raises DoorClosed for a key that opens nothing, and then stores nothing. Outside any tenant scope. Asks
    for no signature: PagerDuty's and Opsgenie's clients have none.
    """
    given = {"format": format, "body": body, "given_key": given_key, "request_id": request_id}
    [stored] = through_door(DoorKind.ALERT_SOURCE, key, STORE, given)
    doorbell.ring(DUE_WORK)
    return int(stored)


def take_in_webhook(*, key: str, format: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The same for webhooks, whose source may ask for a signature: then a second statement, once it holds.

    Raises DoorClosed; NotSigned, in words, with nothing stored of it but when, on its source, and a line in
    the log.
    """
    given: dict[str, Any] = {"format": format, "body": body, "given_key": "", "request_id": None}
    stored, *source = through_door(DoorKind.ALERT_SOURCE, key, STORE_UNLESS_SIGNED, given)
    if stored is None:
        _check_signature(source, body, headers)
        return take_in_by_key(key=key, format=format, body=body)
    doorbell.ring(DUE_WORK)
    return int(stored)


def _check_signature(source: list[Any], body: bytes, headers: Mapping[str, str]) -> None:
    tenant_id, source_id, encrypted, header, time_header, now = source
    field: Any = AlertSource._meta.get_field("signature_secret")
    secret = field.from_db_value(encrypted, None, None)
    if isinstance(secret, Unreadable):
        # Ours to mend: 503, and the sender tries again.
        raise OperationalError("The signature secret of a source cannot be read.")
    given, stamp = (headers.get(name, "").strip() if name else "" for name in (header, time_header))
    try:
        signatures.check(
            secret=secret,
            body=body,
            header=header,
            given=given,
            time_header=time_header,
            stamp=stamp,
            now=now,
        )
    except signatures.NotSigned as error:
        log.warning("ingest_not_signed", tenant=tenant_id, source=source_id, why=str(error))
        _note_refused(tenant_id, source_id, now)
        raise


def _note_refused(tenant_id: int, source_id: int, now: datetime) -> None:
    """For its page, at most once a minute. The refusal does not wait for it to be possible."""
    before = Q(refused_at=None) | Q(refused_at__lt=now - NOTED_EVERY)
    try:
        with tenant_scope(tenant_id):
            AlertSource.objects.filter(before, pk=source_id).update(refused_at=now)
    except DatabaseError as error:
        log.warning("ingest_refusal_not_noted", source=source_id, error=type(error).__name__)


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
