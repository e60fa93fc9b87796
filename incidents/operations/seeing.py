"""Which alerts somebody may read: what hangs on a private incident is its circle's alone."""

from django.db.models import Q, QuerySet

from config.tenancy.models import Membership
from incidents.models import Alert, Incident


def visible_alerts(membership: Membership | None) -> "QuerySet[Alert]":
    """With their source and its service."""
    seen = Incident.objects.visible_to(membership).filter(private=True)
    rows = Alert.objects.filter(Q(incident=None) | Q(incident__private=False) | Q(incident__in=seen))
    found: QuerySet[Alert] = rows.select_related("source__service")
    return found
