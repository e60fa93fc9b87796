"""Action items: what is left to do after the emergency, by whom and until when."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from incidents.models import ActionItem, ActionState, EntryKind, Incident
from incidents.operations.advancing import advance
from incidents.operations.findings import worded
from incidents.operations.following_up import postmortem_of, set_state
from incidents.operations.locking import lock_incident
from incidents.operations.timeline import record

MOST = 300
MOST_YEARS = 10
SAID = {
    ActionState.OPEN: lambda: _("To do again: %(what)s"),
    ActionState.DONE: lambda: _("Done: %(what)s"),
    ActionState.DROPPED: lambda: _("Dropped: %(what)s"),
}


def add_action(
    *,
    incident: Incident,
    text: str,
    owner: Membership | None = None,
    due_on: date | None = None,
    actor: Actor,
    now: datetime,
) -> ActionItem:
    """Something to do. An owner and a day may follow later; until then it is an open end.

    Raises ValidationError for no text, a day that is over, or an owner who may not read the incident. Needs
    incidents.respond.
    """
    actor.must("incidents.respond")
    text = worded(text, "text", MOST)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        _check(incident, owner, due_on, now)
        item = ActionItem(
            incident=incident,
            text=text,
            owner=owner,
            due_on=due_on,
            created_at=now,
            created_by_label=actor.label[:200],
        )
        set_state(item, ActionState.OPEN, incident, now)
        item.save()
        _record(item, _("Action item: %(what)s") % {"what": text}, actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return item


def change_action(
    *,
    item: ActionItem,
    text: str,
    owner: Membership | None,
    due_on: date | None,
    actor: Actor,
    now: datetime,
) -> ActionItem:
    """What, who and until when, all three. The same again changes nothing. Raises what `add_action` does."""
    actor.must("incidents.respond")
    text = worded(text, "text", MOST)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=item.incident_id).incident
        known: ActionItem = ActionItem.objects.get(pk=item.pk)
        owner_id = owner.pk if owner else None
        if (known.text, known.owner_id, known.due_on) == (text, owner_id, due_on):
            return known
        _check(
            incident,
            owner if owner_id != known.owner_id else None,
            due_on if due_on != known.due_on else None,
            now,
        )
        known.text, known.owner, known.due_on = text, owner, due_on
        set_state(known, known.state, incident, now)
        known.save()
        _follow(known, incident)
        words = {"what": text, "who": owner or _("nobody"), "day": due_on.isoformat() if due_on else "–"}
        _record(known, _("Action item: %(what)s (%(who)s, %(day)s)") % words, actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return known


def settle_action(*, item: ActionItem, state: str, actor: Actor, now: datetime) -> ActionItem:
    """Done, dropped, or open again. The same again changes nothing.

    Raises Conflict for the promised postmortem, which is done when it is published. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    if state not in ActionState.values:
        raise ValidationError({"state": _("Choose open, done or dropped.")})
    with acting(actor, now=now):
        incident = lock_incident(incident_id=item.incident_id).incident
        known: ActionItem = ActionItem.objects.get(pk=item.pk)
        if known.state == state:
            return known
        if known.is_postmortem:
            raise Conflict(_("The postmortem that was promised is done when it is published."))
        set_state(known, state, incident, now)
        known.save()
        _record(known, SAID[ActionState(state)]() % {"what": known.text}, actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return known


def _check(incident: Incident, owner: Membership | None, due_on: date | None, now: datetime) -> None:
    if due_on is not None and due_on.year > now.year + MOST_YEARS:
        raise ValidationError({"due_on": _("Choose a day within the next %(n)s years.") % {"n": MOST_YEARS}})
    if due_on is not None and due_on < now.astimezone(incident.tenant.zone).date():
        raise ValidationError({"due_on": _("Choose a day that is still to come.")})
    if owner is None:
        return
    if not owner.is_current:
        raise ValidationError({"owner": _("That person has left.")})
    if not Incident.objects.visible_to(owner).filter(pk=incident.pk).exists():
        raise ValidationError({"owner": _("That person may not read this incident. Add them to it first.")})


def _follow(item: ActionItem, incident: Incident) -> None:
    """The promised postmortem and its action item have one owner and one day."""
    if not item.is_postmortem:
        return
    postmortem = postmortem_of(incident)
    if postmortem is not None:
        postmortem.owner_id, postmortem.due_on = item.owner_id, item.due_on
        postmortem.save()


def _record(item: ActionItem, text: str, actor: Actor, now: datetime) -> None:
    data = {"uid": item.uid, "state": item.state}
    record(incident=item.incident, kind=EntryKind.ACTION, text=text, data=data, actor=actor, now=now)
