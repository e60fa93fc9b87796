"""What was deployed or configured, as monitors and pipelines post it: kept and shown, and nobody is told."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from incidents.adapters import Unreadable
from incidents.adapters.change import IncomingChange, read_change
from incidents.models import AlertSource, Change, InboundEvent, Incident
from incidents.operations.ingest import CHANGE

# How far ahead a sender's clock may be, and what of its past is believed.
AHEAD = timedelta(minutes=5)
OLDEST = timedelta(days=7)
# What is looked at beside an incident.
BEFORE = timedelta(hours=24)


def note_changes(source: AlertSource, posts: Sequence[InboundEvent]) -> dict[int, str]:
    """{post id: what is wrong with it, mostly empty} of those that are changes. At most one INSERT.

    Called by the worker in its transaction, in the tenant's scope; posts of other formats are passed over.
    """
    found: dict[int, str] = {}
    rows: list[Change] = []
    for post in posts:
        if post.format != CHANGE:
            continue
        try:
            rows.append(_change(source, post, read_change(bytes(post.body))))
            found[post.pk] = ""
        except Unreadable as error:
            found[post.pk] = str(error)
    if rows:
        Change.objects.bulk_create(rows)
    return found


def _change(source: AlertSource, post: InboundEvent, incoming: IncomingChange) -> Change:
    return Change(
        tenant_id=source.tenant_id,
        source=source,
        service_id=source.service_id,
        summary=incoming.summary,
        origin=incoming.origin,
        changed_at=_believed(incoming.changed_at, post.received_at),
        received_at=post.received_at,
        links=incoming.links,
        details=incoming.details,
    )


def _believed(claimed: datetime | None, received: datetime) -> datetime:
    """When it happened, by its sender where that can be; never later than it came in."""
    if claimed is None or not received - OLDEST < claimed < received + AHEAD:
        return received
    return min(claimed, received)


def changes_before(incident: Incident, most: int) -> list[Change]:
    """Of its service in the BEFORE up to its declaration, newest first. One query; without a service none."""
    if incident.service_id is None:
        return []
    until = incident.declared_at
    rows = Change.objects.filter(
        service_id=incident.service_id, changed_at__gt=until - BEFORE, changed_at__lte=until
    )
    return list(rows.order_by("-changed_at", "-id")[:most])
