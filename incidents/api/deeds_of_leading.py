"""Deeds of those who respond and lead."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from incidents.api import bodies
from incidents.api.deed import Body, deed
from incidents.api.keys import membership_of
from incidents.models import Incident
from incidents.operations import (
    advancing,
    assessing,
    calls,
    cancelling,
    channels,
    holding,
    merging,
    responding,
    roles,
)


def person(view: Any, body: Body) -> Membership:
    """Who it is about: the person who asks; a key is nobody, and says whom it speaks for."""
    own = membership_of(view.request)
    named: Membership | None = body.get("member")
    if own is not None and named not in (None, own):
        raise ValidationError({"member": [_("Only you yourself. Leave it out.")]})
    who = own or named
    if who is None:
        raise ValidationError({"member": [_("An API key is nobody: say for whom.")]})
    return who


class LeadingDeeds:
    @deed(bodies.MemberBody, permission="incidents.view")
    def acknowledge(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """I've got it: the ladders that page this person stop."""
        responding.acknowledge_incident(
            incident=incident, membership=person(self, body), actor=actor, now=now
        )

    @deed(bodies.UndoBody, permission="incidents.view")
    def undo(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Takes back an acknowledgement or a false alarm, within 10 minutes, or a merge."""
        if body["what"] == "cancel":
            cancelling.undo_cancel(incident=incident, actor=actor, now=now)
        elif body["what"] == "merge":
            merging.unmerge(incident=incident, actor=actor, now=now)
        else:
            responding.undo_acknowledge(
                incident=incident, membership=person(self, body), actor=actor, now=now
            )

    @deed(bodies.UntilBody, permission="incidents.view")
    def snooze(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Quiet until then, and then paging from the start."""
        responding.snooze(incident=incident, until=body["until"], actor=actor, now=now)

    @deed()
    def page_now(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Ends a hold, or begins again where nobody answered."""
        holding.page_now(incident=incident, actor=actor, now=now)

    @deed(bodies.ConfirmBody)
    def confirm(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """It is real: from now on only people end it."""
        assessing.confirm(incident=incident, customers_notice=body["customers_notice"], actor=actor, now=now)

    @deed(bodies.SeverityBody)
    def severity(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Sets, confirms, raises (which pages again) or lowers it (which asks a reason)."""
        assessing.set_severity(incident=incident, actor=actor, now=now, **body)

    @deed(bodies.ChannelBody)
    def channel(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Where the team talks: an address or the name of a room."""
        channels.set_channel(incident=incident, actor=actor, now=now, **body)

    @deed()
    def usual_room(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Sets the places of the tenant's templates."""
        channels.open_usual_room(incident=incident, actor=actor, now=now)

    @deed(bodies.RoleBody)
    def role(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Gives a role. There is one incident manager: giving that role hands it over."""
        roles.give_role(incident=incident, role=body["role"], membership=body["member"], actor=actor, now=now)

    @deed(bodies.RoleBody)
    def end_role(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Ends a role. The manager's is handed over instead."""
        roles.end_role(incident=incident, role=body["role"], membership=body["member"], actor=actor, now=now)

    @deed(bodies.CallInBody)
    def call_in(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Pages people, roles and teams: each call has an answer of its own."""
        if not (body["people"] or body["roles"] or body["teams"]):
            raise ValidationError({"people": [_("Say whom to call: people, roles or teams.")]})
        calls.call_in(incident=incident, actor=actor, now=now, **body)

    @deed(bodies.MoveBody)
    def phase(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Jumps forward. 409 says which hard facts are missing; what is passed becomes an open end."""
        advancing.move_to(incident=incident, phase=body["phase"], actor=actor, now=now)

    @deed(bodies.PutOffBody)
    def put_off(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Answers a question of the next action with "later", or with "not needed" (no `until`)."""
        advancing.put_off(incident=incident, actor=actor, now=now, **body)
