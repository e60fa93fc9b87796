"""Open incidents that may be the one somebody is about to declare. Reads only."""

from django.db.models import Q

from config.tenancy.models import Membership
from incidents.alike import likeness, stems
from incidents.models import OPEN_PHASES, Incident, Service

SHOWN = 4
# Of the newest open ones; more than that at once is a storm with words of its own.
LOOKED_AT = 100
MOST_WORDS = 8


def look_alikes(*, membership: Membership | None, service: Service | None, text: str = "") -> list[Incident]:
    """Same service or similar words, the likest first. Never a private one outside its circle. One query.

    Where nothing is chosen and nothing typed: the newest open ones.
    """
    rows = Incident.objects.visible_to(membership).filter(phase__in=OPEN_PHASES)
    words = sorted(stems(text))[:MOST_WORDS]
    if service is not None or words:
        alike = Q(service=service) if service is not None else Q()
        for word in words:
            alike |= Q(summary__icontains=word)
        rows = rows.filter(alike)
    found = list(rows.select_related("severity", "service").order_by("-number")[:LOOKED_AT])
    found.sort(key=lambda one: (_score(one, service, text), one.number), reverse=True)
    return found[:SHOWN]


def _score(incident: Incident, service: Service | None, text: str) -> int:
    same = service is not None and incident.service_id == service.pk
    return likeness(text, incident.summary) + (2 if same else 0)
