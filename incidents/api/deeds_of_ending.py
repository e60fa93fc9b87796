"""Deeds that end an incident, or take its end back."""

from datetime import datetime

from config.tenancy.actors import Actor
from incidents.api import bodies
from incidents.api.deed import Body, deed
from incidents.models import Incident
from incidents.operations import cancelling, merging, resolving


class EndingDeeds:
    @deed(bodies.ImpactOverBody)
    def impact_over(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """When the impact ended; null takes it back."""
        resolving.impact_over(incident=incident, at=body["at"], actor=actor, now=now)

    @deed()
    def nothing_imminent(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Nothing is about to come back: the second confirmation."""
        resolving.nothing_imminent(incident=incident, actor=actor, now=now)

    @deed(bodies.ResolveBody)
    def resolve(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Stops the pager, sends the final words where given, and moves the incident, or 409 with what is
        missing and nothing done."""
        resolving.resolve(incident=incident, actor=actor, now=now, **body)

    @deed(bodies.CloseBody)
    def close(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """The last of it. Give a reason in waived where no final message is needed."""
        resolving.close(incident=incident, waived=body["waived"], actor=actor, now=now)

    @deed(bodies.ReasonBody)
    def reopen(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """It is not over."""
        resolving.reopen(incident=incident, reason=body["reason"], actor=actor, now=now)

    @deed(bodies.CancelBody)
    def cancel(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """A false alarm. What still fires keeps quiet until it clears or gets worse."""
        cancelling.cancel(incident=incident, reason=body["reason"], actor=actor, now=now)

    @deed(bodies.MergeBody)
    def merge(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Goes up in another incident."""
        merging.merge(incident=incident, into=body["into"], actor=actor, now=now)
