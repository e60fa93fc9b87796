"""Opsgenie's addresses: what is done to an alert by alias or id, kept raw first; and looking for alerts.

A key sees the alerts of its own source and nothing else. Of the incident an alert hangs on nothing is ever
said here. Of one on a private incident the words are withheld too: who set the source up has its key, and
need not be in the circle. The tool still learns whether it is open, and can close it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import F, QuerySet

from config import doorbell
from config.tenancy.doors import open_door, through_door
from config.tenancy.models import DoorKind
from incidents.adapters.opsgenie import key_of
from incidents.models import Alert, AlertSource, AlertStatus, InboundEvent, Outcome
from incidents.operations.ingest import DUE_WORK, take_in_by_key
from incidents.operations.seeing import is_visible
from incidents.opsgenie_search import Search


class By(StrEnum):
    """What an identifier in an address is. An alert here has one id, short enough to be the tiny one too."""

    ID = "id"
    ALIAS = "alias"
    TINY = "tiny"


# The id is looked up as it is stored: whoever knows it has it from an alert that is there. Correlated, so
# that row security is asked after the door has bound its tenant.
STORE_BY_ID = """
INSERT INTO incidents_inboundevent
       (tenant_id, source_id, format, body, given_key, request_id, received_at, outcome, problem, attempts)
SELECT tenant_id, row_id, %(format)s::text, %(body)s::bytea,
       COALESCE((SELECT alert.dedup_key FROM incidents_alert AS alert
                  WHERE alert.tenant_id = door.tenant_id AND alert.uid = %(uid)s
                    AND alert.source_id = door.row_id AND alert.status <> 'resolved'), ''),
       %(request_id)s::uuid, COALESCE(%(now)s::timestamptz, clock_timestamp()), 'pending', '', 0
  FROM door
RETURNING id
"""


@dataclass(frozen=True)
class Came:
    """What came of a request. `done` None: it waits to be worked."""

    event: InboundEvent
    alert: Alert | None
    done: bool | None


def take_in_create(*, key: str, body: bytes, request_id: UUID) -> int:
    """Stores an alert, in one statement; the id of the event. Raises DoorClosed."""
    return take_in_by_key(
        key=key, format="opsgenie", body=body, given_key=str(request_id), request_id=request_id
    )


def take_in_action(*, key: str, format: str, body: bytes, identifier: str, by: By, request_id: UUID) -> int:
    """Stores what is to be done to an alert, in one statement; the id of the event. Raises DoorClosed.

    `given_key` of the event becomes the alert's dedup key; empty where no open alert of that source has the
    id. By alias it is not looked whether there is one: its creation may wait to be worked, right before.
    """
    if by == By.ALIAS:
        given_key = key_of(identifier)
        return take_in_by_key(key=key, format=format, body=body, given_key=given_key, request_id=request_id)
    # What is no id of ours (too long, NUL) is nobody's.
    uid = (
        identifier.upper() if identifier.isalnum() and identifier.isascii() and len(identifier) == 12 else ""
    )
    given = {"format": format, "body": body, "uid": uid, "request_id": request_id}
    [stored] = through_door(DoorKind.ALERT_SOURCE, key, STORE_BY_ID, given)
    doorbell.ring(DUE_WORK)
    return int(stored)


@contextmanager
def at_source(key: str) -> Iterator[AlertSource]:
    """The source of `key`, in its tenant's scope, to read. Raises DoorClosed. Two statements."""
    with open_door(DoorKind.ALERT_SOURCE, key) as opened:
        yield AlertSource.objects.get(pk=opened.row_id)


def what_came_of(*, source: AlertSource, request_id: UUID) -> Came | None:
    """None where that source never had such a request, or raw events of its age are gone. Two queries."""
    event = InboundEvent.objects.filter(source=source, request_id=request_id).defer("body").first()
    if event is None:
        return None
    if event.outcome == Outcome.PENDING:
        return Came(event, None, None)
    if event.outcome == Outcome.DROPPED:
        return Came(event, None, False)
    alert = Alert.objects.filter(source=source, pk__in=event.alert_ids or []).order_by("pk").first()
    return Came(event, alert, alert is not None)


def find_alert(*, source: AlertSource, identifier: str, by: By) -> Alert | None:
    """By alias the open one, else the one that was cleared last. One query."""
    alerts = Alert.objects.filter(source=source).select_related("incident")
    if "\0" in identifier:
        return None
    if by == By.ALIAS:
        newest = F("resolved_at").desc(nulls_first=True)
        return alerts.filter(dedup_key=key_of(identifier)).order_by(newest, "-id").first()
    return alerts.filter(uid=identifier.upper()).first()


def matching(*, source: AlertSource, search: Search) -> QuerySet[Alert]:
    """The alerts of one source that `search` finds, unread. No words find a private one."""
    found = Alert.objects.filter(source=source).select_related("incident")
    if search.words or search.tags:
        found = found.filter(is_visible(None))
    if search.open is not None:
        over = {"status": AlertStatus.RESOLVED}
        found = found.exclude(**over) if search.open else found.filter(**over)
    if search.acknowledged is not None:
        has = {"status": AlertStatus.ACKNOWLEDGED}
        found = found.filter(**has) if search.acknowledged else found.exclude(**has)
    for alias in search.aliases:
        found = found.filter(dedup_key=key_of(alias))
    for words in search.words:
        found = found.filter(title__icontains=words)
    return found.filter(tags__contains=list(search.tags)) if search.tags else found


def is_private(alert: Alert) -> bool:
    return alert.incident is not None and alert.incident.private


def last_change(alert: Alert) -> datetime:
    return alert.resolved_at or alert.last_seen
