"""Which alerts somebody may read: what hangs on a private incident is its circle's alone."""

from django.db.models import Q, QuerySet

from config.tenancy.models import Membership
from incidents.models import Alert, Incident

LATELY = 200
# What a field of a condition may have, with "labels." before it.
LONGEST_NAME = 190


def visible_alerts(membership: Membership | None) -> "QuerySet[Alert]":
    """With their source and its service."""
    rows: QuerySet[Alert] = Alert.objects.filter(is_visible(membership))
    return rows.select_related("source__service")


def labels_lately(membership: Membership | None) -> list[str]:
    """The names of the labels of the newest LATELY alerts this person may read, in their order. One query."""
    newest = Alert.objects.filter(is_visible(membership)).order_by("-id").values_list("labels", flat=True)
    return sorted({name for labels in newest[:LATELY] for name in labels if len(name) <= LONGEST_NAME})


def hidden_alerts(membership: Membership | None) -> "QuerySet[Alert]":
    """The others: few rows, by the private incidents."""
    rows: QuerySet[Alert] = Alert.objects.filter(incident__private=True)
    return rows.exclude(incident__in=_circles_of(membership))


def is_visible(membership: Membership | None) -> Q:
    """Of rows of alerts. A key, which is no membership, is in nobody's circle."""
    return Q(incident=None) | Q(incident__private=False) | Q(incident__in=_circles_of(membership))


def _circles_of(membership: Membership | None) -> "QuerySet[Incident]":
    seen: QuerySet[Incident] = Incident.objects.visible_to(membership).filter(private=True)
    return seen
