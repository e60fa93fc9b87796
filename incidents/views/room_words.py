"""The context of the room's templates: what was read, in the words and choices that the sheets offer."""

from typing import Any

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from incidents.models import Incident
from incidents.operations.crews import Offers, offers
from incidents.views.levels import levels
from incidents.views.room_read import Room
from incidents.views.tell_sheet import tell_sheet
from oncall.models import EscalationPolicy


def room_context(room: Room, actor: Actor) -> dict[str, Any]:
    """Everything that templates/incidents/room/ draws from."""
    may_respond, may_publish = actor.may("incidents.respond"), actor.may("incidents.publish")
    crew = _crew(room) if may_respond else None
    return {
        "room": room,
        "incident": room.incident,
        "now": room.now,
        "may_respond": may_respond,
        "may_publish": may_publish,
        "may_assess": may_respond or may_publish,
        "may_write": actor.may("incidents.write"),
        # Whoever was called answers, whatever their role.
        "may_answer": room.facts.viewer is not None and room.facts.viewer.is_paged,
        "crew": crew,
        "levels": levels(room, crew) if crew else [],
        "tell": tell_sheet(room) if may_publish else {},
        "lower_reasons": [_("Less impact than thought"), _("Impact got smaller"), _("Chosen by mistake")],
        "snoozes": [(15, _("15 minutes")), (60, _("1 hour")), (480, _("8 hours"))],
    }


def _crew(room: Room) -> Offers:
    return offers(
        room.incident,
        roles=room.roles,
        people=room.sheets["people"],
        viewer=room.membership,
        default_policy_id=_policy_id(room.incident),
        now=room.now,
    )


def _policy_id(incident: Incident) -> int | None:
    """Whom raising the severity pages again."""
    if incident.service is not None and incident.service.policy_id is not None:
        return incident.service.policy_id
    default = EscalationPolicy.objects.filter(is_default=True).first()
    return default.pk if default else None
