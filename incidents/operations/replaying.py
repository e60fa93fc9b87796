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
# Bodies have up to half a megabyte each: so many are in memory at a time.
AT_A_TIME = 20


def replay_event(*, event: InboundEvent, actor: Actor, now: datetime) -> InboundEvent:
    """The same bytes as a new event, received now; the one before stays. Who asked stands on the row.

    As real as the first time: a test stays one, all else may page. What it reports is of when it first came
    in. Raises ValidationError where it still waits, or its source was revoked. Needs incidents.setup.
    """
    return replay_events(ids=[event.pk], actor=actor, now=now)[0]


def replay_events(*, ids: Iterable[int], actor: Actor, now: datetime) -> list[InboundEvent]:
    """Of those events, at most MOST, in the order they came, all or none; whether this person may read them
    is the caller's to know. Two statements for each AT_A_TIME. The bodies of what is returned are not loaded.
    """
    actor.must("incidents.setup")
    chosen = sorted(set(ids))
    if len(chosen) > MOST:
        raise ValidationError(_("At most %(most)d events are worked again at once.") % {"most": MOST})
    made: list[int] = []
    with acting(actor, now=now):
        for at in range(0, len(chosen), AT_A_TIME):
            events = (
                InboundEvent.objects.filter(pk__in=chosen[at : at + AT_A_TIME])
                .select_related("source")
                .order_by("pk")
            )
            again = [_again(event, actor, now) for event in events]
            made += [event.pk for event in InboundEvent.objects.bulk_create(again)]
        doorbell.ring(DUE_WORK)
        return list(InboundEvent.objects.filter(pk__in=made).defer("body").order_by("pk"))


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
