"""What the demonstration does two days after each incident: writes its postmortem, and changes something."""

from datetime import datetime, timedelta

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from incidents.models import Incident
from incidents.operations.actions import add_action, settle_action
from incidents.operations.following_up import postmortem_of
from incidents.operations.postmortem_record import draft_of_record
from incidents.operations.postmortems import publish_postmortem, save_postmortem, version_of


def look_back(incident: Incident, owner: Membership, actor: Actor, at: datetime) -> None:
    """As the record drafts it, published; one action item, done the same day."""
    item = add_action(
        incident=incident,
        text="Warn before it is full, not when it is",
        owner=owner,
        due_on=(at + timedelta(days=3)).date(),
        actor=actor,
        now=at,
    )
    settle_action(item=item, state="done", actor=actor, now=at)
    version = version_of(postmortem_of(incident))
    body = draft_of_record(incident, at)
    save_postmortem(incident=incident, body=body, version=version, actor=actor, now=at)
    publish_postmortem(incident=incident, actor=actor, now=at)
