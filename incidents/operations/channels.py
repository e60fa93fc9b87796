"""Where the team talks (R6 to R8)."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import TenantSettings
from incidents.models import Channel, ChannelKind, EntryKind, Incident
from incidents.operations.advancing import advance
from incidents.operations.locking import lock_incident
from incidents.operations.timeline import record


def set_channel(*, incident: Incident, kind: str, place: str, actor: Actor, now: datetime) -> Channel:
    """Sets or replaces the chat room, video meeting or room: an address or free words.

    Raises ValidationError for an unknown kind or no words. The same place again changes nothing. Needs
    incidents.respond.
    """
    actor.must("incidents.respond")
    place = place.strip()
    if kind not in ChannelKind.values:
        raise ValidationError({"kind": _("Choose a chat room, a video meeting or a room.")})
    if not place or len(place) > 500:
        raise ValidationError({"place": _("Write an address or the name of a room, at most 500 characters.")})
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        channel = _set(incident, kind, place, actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return channel


def open_usual_room(*, incident: Incident, actor: Actor, now: datetime) -> list[Channel]:
    """Sets the places of the tenant's templates ({key} becomes inc-42), where none of that kind is set.

    Raises Conflict where the tenant has no template. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        if not usual_places(incident):
            raise Conflict(_("No usual room is set up. Paste a link, or say where you are."))
        channels = set_usual_places(incident=incident, actor=actor, now=now)
        advance(incident=incident, actor_cause=actor, now=now)
    return channels


def usual_places(incident: Incident) -> dict[str, str]:
    """By kind, from the tenant's settings. One query. A template is text, never a format string."""
    settings = TenantSettings.objects.first()
    if settings is None:
        return {}
    templates = {
        ChannelKind.VIDEO.value: settings.video_url_template,
        ChannelKind.CHAT.value: settings.chat_url_template,
    }
    key = incident.key.lower()
    return {kind: template.replace("{key}", key)[:500] for kind, template in templates.items() if template}


def set_usual_places(*, incident: Incident, actor: Actor, now: datetime) -> list[Channel]:
    """For the locked incident; what people have set already stays."""
    known = set(Channel.objects.filter(incident=incident).values_list("kind", flat=True))
    return [
        _set(incident, kind, place, actor, now)
        for kind, place in usual_places(incident).items()
        if kind not in known
    ]


def _set(incident: Incident, kind: str, place: str, actor: Actor, now: datetime) -> Channel:
    channel: Channel = Channel.objects.filter(incident=incident, kind=kind).first() or Channel(
        incident=incident, kind=kind
    )
    if channel.place == place:
        return channel
    channel.place, channel.set_at, channel.set_by_label = place, now, actor.label[:200]
    channel.save()
    if incident.channels_ready_at is None:
        incident.channels_ready_at = now
        incident.save()
    record(
        incident=incident,
        kind=EntryKind.CHANNEL,
        text=f"{channel.get_kind_display()}: {place}",
        data={"kind": kind, "place": place},
        actor=actor,
        now=now,
    )
    return channel
