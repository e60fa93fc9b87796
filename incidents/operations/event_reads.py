"""Raw events that one person may read, and those of them that somebody should look at."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from config.tenancy.models import Membership
from incidents.models import Alert, InboundEvent, Incident, Outcome

# How long what could not be read is called to mind.
LATELY = timedelta(days=7)
COUNTED = 100
NOT_A_TEST = Q(posted_by="") | Q(replay_of__isnull=False)


def readable_events(membership: Membership | None) -> QuerySet[Any]:
    """All but those that told of a private incident whose circle this person is not in; a key never is."""
    return only_readable(InboundEvent.objects.all(), membership)


def only_readable(rows: QuerySet[Any], membership: Membership | None) -> QuerySet[Any]:
    seen = Incident.objects.visible_to(membership).filter(private=True)
    hidden = Alert.objects.filter(incident__private=True).exclude(incident__in=seen)
    return rows.filter(
        Q(alert_ids=None) | ~Q(alert_ids__overlap=ArraySubquery(hidden.order_by().values("pk")))
    )


def to_look_at(membership: Membership | None, now: datetime) -> QuerySet[Any]:
    """What could not be read in the last days and was not worked again since. By a partial index."""
    first = Coalesce(OuterRef("replay_of"), OuterRef("pk"))
    again = InboundEvent.objects.filter(replay_of=first, pk__gt=OuterRef("pk"))
    rows = readable_events(membership).filter(outcome=Outcome.QUARANTINED, received_at__gte=now - LATELY)
    return rows.filter(NOT_A_TEST).filter(~Exists(again))


def how_many_to_look_at(membership: Membership | None, now: datetime) -> int:
    """No further than COUNTED. One statement."""
    return int(to_look_at(membership, now)[:COUNTED].count())
