"""Telling people as they do it: own words to customers are read by a second person before they go out."""

from datetime import datetime

from config.tenancy.models import Membership
from incidents.models import Incident, Message
from incidents.operations.messages import tell
from incidents.operations.reviewing import approve


def told(
    incident: Incident, *, by: Membership, reader: Membership, now: datetime, **words: object
) -> Message:
    """Published by `by`; where somebody has to read first, `reader` does."""
    given = {
        "audience": "external",
        "kind": "start",
        "status": "investigating",
        "title": "Issues with Website",
        "body": "We are on it.",
        "components": {},
        "next_update_at": None,
    }
    message = tell(incident=incident, actor=by.as_actor(), now=now, **(given | words))
    if message.published_at is not None:
        return message
    return approve(
        incident=incident, uid=message.uid, as_of=message.written_at, actor=reader.as_actor(), now=now
    )
