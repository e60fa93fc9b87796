"""The topic of the room (R10): people's own words behind the key facts, which are read anew each time."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.models import EntryKind, Incident
from incidents.operations.advancing import advance
from incidents.operations.locking import lock_incident
from incidents.operations.timeline import record
from incidents.topic import MOST_WORDS


def set_topic_words(*, incident: Incident, words: str, actor: Actor, now: datetime) -> Incident:
    """People's own words behind the generated topic; none: as generated. The same words change nothing.

    Raises ValidationError above MOST_WORDS characters. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    words = " ".join(words.split())
    if len(words) > MOST_WORDS:
        raise ValidationError({"words": _("Use at most %(most)s characters.") % {"most": MOST_WORDS}})
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        if incident.topic_words == words:
            return incident
        incident.topic_words = words
        incident.save()
        text = _("Topic: %(words)s") % {"words": words} if words else _("Topic as generated")
        record(incident=incident, kind=EntryKind.TOPIC, text=text, actor=actor, now=now)
        return advance(incident=incident, actor_cause=actor, now=now)
