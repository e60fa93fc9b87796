"""What is broken, in better words than at 03:07."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.models import EntryKind, Incident
from incidents.operations.advancing import advance
from incidents.operations.cards import refresh_cards
from incidents.operations.locking import lock_incident
from incidents.operations.timeline import record


def edit_summary(*, incident: Incident, text: str, actor: Actor, now: datetime) -> Incident:
    """The one line that says what is broken; pages still to come carry it too.

    The same words again change nothing. Raises ValidationError for none, or too many. Needs
    incidents.respond.
    """
    actor.must("incidents.respond")
    text = " ".join(text.split())
    if not text or len(text) > 300:
        raise ValidationError({"text": _("Say in one line what is broken, in at most 300 characters.")})
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        if incident.summary == text:
            return incident
        before, incident.summary = incident.summary, text
        incident.save()
        record(
            incident=incident,
            kind=EntryKind.EDITED,
            text=_("Now called: %(new)s") % {"new": text},
            data={"before": before, "after": text},
            actor=actor,
            now=now,
        )
        refresh_cards(incident=incident, actor=actor, now=now)
        return advance(incident=incident, actor_cause=actor, now=now)
