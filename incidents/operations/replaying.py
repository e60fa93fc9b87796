"""Events that came in, worked once more: after a mapping or a rule was mended."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.models import InboundEvent, Outcome
from incidents.operations.ingest import DUE_WORK

# At once: a whole day of a broken source would be a storm of our own.
MOST = 500


def replay_event(*, event: InboundEvent, actor: Actor, now: datetime) -> InboundEvent:
    """The same bytes as a new event, received now; the one before stays. Who asked stands on the row.

    A real post, not a test: it may page. Raises ValidationError where it still waits, or its source was
    revoked. Needs incidents.setup.
    """
    return replay_events(events=[event], actor=actor, now=now)[0]


def replay_events(*, events: Iterable[InboundEvent], actor: Actor, now: datetime) -> list[InboundEvent]:
    """At most MOST, in the order they came, all or none. One INSERT each, one bell."""
    actor.must("incidents.setup")
    chosen = sorted(events, key=lambda event: event.pk)
    if len(chosen) > MOST:
        raise ValidationError(_("At most %(most)d events are worked again at once.") % {"most": MOST})
    with acting(actor, now=now):
        again = [_again(event, actor, now) for event in chosen]
        InboundEvent.objects.bulk_create(again, batch_size=50)
        doorbell.ring(DUE_WORK)
    return again


def _again(event: InboundEvent, actor: Actor, now: datetime) -> InboundEvent:
    if event.outcome == Outcome.PENDING:
        raise ValidationError(_("An event that still waits is worked anyway."))
    if event.source.revoked_at is not None:
        raise ValidationError(_("The alert source %(name)s was revoked.") % {"name": event.source})
    return InboundEvent(
        source_id=event.source_id,
        format=event.format,
        body=bytes(event.body),
        given_key=event.given_key,
        posted_by=actor.label[:200],
        # Of an event that was itself worked again: the first one is what it came from.
        replay_of=event.replay_of or event.pk,
        received_at=now,
        # Until it is worked, who may not read those alerts' incident may not read this either.
        alert_ids=event.alert_ids,
    )
