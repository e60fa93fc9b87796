"""Where the team talks (R6 to R8)."""

from datetime import datetime

from config.tenancy.actors import Actor
from incidents.models import Channel, Incident


def set_channel(*, incident: Incident, kind: str, place: str, actor: Actor, now: datetime) -> Channel:
    """Sets or replaces the chat room, video meeting or room: an address or free words.

    Raises ValidationError for an unknown kind or no words. The same place again changes nothing.
    """
    raise NotImplementedError


def open_usual_room(*, incident: Incident, actor: Actor, now: datetime) -> list[Channel]:
    """Sets the places of the tenant's templates ({key} becomes inc-42), where none of that kind is set.

    Raises Conflict where the tenant has no template.
    """
    raise NotImplementedError
