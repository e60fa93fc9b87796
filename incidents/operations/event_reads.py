"""Raw events that one person may read, and those of them that somebody should look at."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from config.tenancy.models import Membership
from incidents.models import InboundEvent, Outcome
from incidents.operations.seeing import hidden_alerts
from incidents.operations.source_tests import A_TEST

# How long what could not be read is called to mind.
LATELY = timedelta(days=7)
COUNTED = 100


def readable_events(membership: Membership | None) -> QuerySet[Any]:
    """All but those that told of a private incident whose circle this person is not in; a key never is.

    What came from a tool and still waits may tell of any alert of its source: it is read by those who may
    read all of them, and by everybody once it is known what it told of.
    """
    return only_readable(InboundEvent.objects.all(), membership)


def only_readable(rows: QuerySet[Any], membership: Membership | None) -> QuerySet[Any]:
    hidden = hidden_alerts(membership).order_by()
    told = ~Q(alert_ids__overlap=ArraySubquery(hidden.values("pk")))
    waits = Q(outcome=Outcome.PENDING, posted_by="", source__in=hidden.values("source"))
    return rows.filter(Q(alert_ids=None) | told).exclude(waits)


def to_look_at(membership: Membership | None, now: datetime) -> QuerySet[Any]:
    """What could not be read in the last days and was not worked again since. By a partial index."""
    first = Coalesce(OuterRef("replay_of"), OuterRef("pk"))
    again = InboundEvent.objects.filter(replay_of=first, pk__gt=OuterRef("pk"))
    rows = readable_events(membership).filter(outcome=Outcome.QUARANTINED, received_at__gte=now - LATELY)
    return rows.exclude(A_TEST).filter(~Exists(again))


def how_many_to_look_at(membership: Membership | None, now: datetime) -> int:
    """No further than COUNTED. One statement."""
    return int(to_look_at(membership, now)[:COUNTED].count())
