"""A test of a source: the tool's own sample, through the same door as every post, and nobody is paged."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.adapters import IncomingAlert
from incidents.adapters.incoming import short_key
from incidents.models import Alert, AlertSource, InboundEvent, Outcome, Tool
from incidents.operations.ingest import DUE_WORK
from incidents.sample_posts import sample_post


def send_test(*, source: AlertSource, actor: Actor, now: datetime) -> InboundEvent:
    """The stored post; a worker makes of it what it would of a real one, but a test. Needs incidents.setup.

    Raises ValidationError for a source that was revoked, and for heartbeats: those are beaten, not posted.
    """
    actor.must("incidents.setup")
    if source.revoked_at is not None:
        raise ValidationError(_("The alert source %(name)s was revoked.") % {"name": source})
    if source.tool == Tool.HEARTBEAT:
        raise ValidationError(_("A heartbeat is tested by its own address."))
    format, body = sample_post(source.tool, name=source.name, at=now)
    post = InboundEvent(
        source_id=source.pk, format=format, body=body, posted_by=actor.label[:200], received_at=now
    )
    with acting(actor, now=now):
        post.save(force_insert=True)
        doorbell.ring(DUE_WORK)
    return post


# A person sent it to see what comes of it; what is worked again is as its first (first_posts). The same
# twice: for rows, and for one.
A_TEST = ~Q(posted_by="") & Q(replay_of=None)


def is_test(post: InboundEvent) -> bool:
    return bool(post.posted_by) and post.replay_of is None


def as_test(post: InboundEvent, alerts: list[IncomingAlert]) -> list[IncomingAlert]:
    """Marked, and under keys of their own: a sample never touches what really fires."""
    return [
        replace(one, is_test=True, dedup_key=short_key(f"muster-test-{post.pk}-{one.dedup_key}"))
        for one in alerts
    ]


@dataclass(frozen=True)
class CameOf:
    """What became of one event so far. `alerts` in the order of their ids."""

    event: InboundEvent
    alerts: list[Alert]

    @property
    def waits(self) -> bool:
        return bool(self.event.outcome == Outcome.PENDING)


def came_of(event: InboundEvent) -> CameOf:
    """At most one statement."""
    if not event.alert_ids:
        return CameOf(event, [])
    rows = Alert.objects.filter(pk__in=event.alert_ids).select_related("service", "source", "incident")
    return CameOf(event, list(rows.order_by("pk")))
