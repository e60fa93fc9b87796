"""The steps of the Severity sheet: what a tap on each would do, and whom it would page."""

from dataclasses import dataclass, field

from incidents.known import UNKNOWN_RANK
from incidents.models import Severity
from incidents.operations.crews import Offers
from incidents.views.room_people import Seat
from incidents.views.room_read import Room


@dataclass(frozen=True)
class Level:
    """`kind`: now, same (still a guess), raise, lower, first. `keeps`: who taps has it, and is not paged."""

    step: Severity
    kind: str
    pages: bool = False
    first: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    keeps: bool = False


def levels(room: Room, crew: Offers) -> list[Level]:
    """No statements: everything was read with the room."""
    return [_level(step, room, crew) for step in room.severities]


def _level(step: Severity, room: Room, crew: Offers) -> Level:
    incident = room.incident
    known = incident.severity.rank if incident.severity else UNKNOWN_RANK
    kind = _kind(step, room)
    if not (step.pages and step.rank < known):
        return Level(step, kind, also=_roles(step, room, crew))
    keeps = _has_it(room) and [one.pk for one in crew.service_first] == [room.membership.pk]
    return Level(
        step,
        kind,
        pages=True,
        first=[] if keeps else [str(one) for one in crew.service_first],
        also=_roles(step, room, crew),
        keeps=keeps,
    )


def _kind(step: Severity, room: Room) -> str:
    severity = room.incident.severity
    if severity is None:
        return "first"
    if step.pk == severity.pk:
        return "same" if room.incident.severity_provisional else "now"
    return "raise" if step.rank < severity.rank else "lower"


def _has_it(room: Room) -> bool:
    manages = any(seat.mine and seat.given and seat.given.is_manager for seat in room.seats)
    return manages or any(
        one.call.is_first and one.call.escalation.acknowledged_by_id == room.membership.pk
        for one in room.callings
    )


def _roles(step: Severity, room: Room, crew: Offers) -> list[str]:
    """Who is called for the roles of that step: not where somebody has or was called for them."""
    if room.incident.confirmed_at is None:
        return []
    first = {one.uid: one.first for one in crew.all if one.kind == "role"}
    empty: list[Seat] = [seat for seat in room.seats if seat.given is None and seat.call is None]
    return [
        ", ".join(str(one) for one in first[seat.role.uid])
        for seat in empty
        if seat.role.code in step.roles_called and first.get(seat.role.uid)
    ]
