"""What begins when the emergency ends (R41): the postmortem that is owed, and what was promised (R44)."""

from datetime import date, datetime, time, timedelta

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from incidents.models import (
    ActionItem,
    ActionState,
    EntryKind,
    Incident,
    Postmortem,
    PostmortemState,
    RoleAssignment,
)
from incidents.office_hours import to_utc, working_day_after
from incidents.operations.hours import office_hours_of
from incidents.operations.timeline import record

WORKING_DAYS = 5
# Late things are chased at this hour, on the tenant's clock.
MORNING = time(9)
WRITTEN = (PostmortemState.DRAFT, PostmortemState.PUBLISHED)


def begin(*, incident: Incident, actor: Actor, now: datetime) -> None:
    """For the locked incident that is being resolved: a postmortem is owed where its severity requires one.

    One that is there already stays as it is, whatever its state.
    """
    if incident.severity is None or not incident.severity.postmortem_required:
        return
    if postmortem_of(incident) is None:
        _owe(incident, promised=False, actor=actor, now=now)


def promised(*, incident: Incident, actor: Actor, now: datetime) -> None:
    """For the locked incident whose customers were promised a postmortem (R44): it is owed, and the promise
    is an action item. A second call changes nothing; what had been waived is owed again.
    """
    postmortem = postmortem_of(incident)
    if postmortem is None:
        postmortem = _owe(incident, promised=True, actor=actor, now=now)
    elif not postmortem.promised or postmortem.state == PostmortemState.WAIVED:
        postmortem.promised = True
        if postmortem.state == PostmortemState.WAIVED:
            postmortem.state, postmortem.waived_because = PostmortemState.OWED, ""
        postmortem.save()
    _keep_promise(incident, postmortem, actor, now)


def postmortem_of(incident: Incident) -> Postmortem | None:
    found: Postmortem | None = Postmortem.objects.filter(incident=incident).first()
    return found


def due_after(incident: Incident, now: datetime) -> date:
    """Five working days on, by the office days of the service's team."""
    hours = office_hours_of(incident, now)
    today = now.astimezone(hours.zone).date()
    return working_day_after(today, WORKING_DAYS, hours.days, hours.holidays)


def chase_moment(incident: Incident, due_on: date | None) -> datetime | None:
    """The morning after it was due, 09:00 on the tenant's clock."""
    if due_on is None:
        return None
    return to_utc(due_on + timedelta(days=1), MORNING, incident.tenant.zone)


def manager_of(incident: Incident) -> Membership | None:
    """Who is incident manager now, or was last."""
    held = RoleAssignment.objects.filter(incident=incident, is_manager=True).select_related("membership")
    last = held.order_by(F("ended_at").desc(nulls_first=True), "-id").first()
    return last.membership if last else None


def _owe(incident: Incident, *, promised: bool, actor: Actor, now: datetime) -> Postmortem:
    due_on = due_after(incident, now)
    postmortem: Postmortem = Postmortem.objects.create(
        incident=incident,
        promised=promised,
        owner=manager_of(incident),
        due_on=due_on,
        begun_at=now,
    )
    text = _("A postmortem is owed, due %(day)s") % {"day": due_on.isoformat()}
    record(
        incident=incident, kind=EntryKind.POSTMORTEM, text=text, data=_data(postmortem), actor=actor, now=now
    )
    return postmortem


def _keep_promise(incident: Incident, postmortem: Postmortem, actor: Actor, now: datetime) -> None:
    found = ActionItem.objects.filter(incident=incident, is_postmortem=True).first()
    done = postmortem.state == PostmortemState.PUBLISHED
    if found is None:
        found = ActionItem(incident=incident, is_postmortem=True, created_at=now)
    elif found.state == (ActionState.DONE if done else ActionState.OPEN):
        return
    with translation.override(incident.tenant.language):
        found.text = found.text or _("Write the postmortem that customers were promised")
    found.created_by_label = found.created_by_label or actor.label[:200]
    found.owner_id = found.owner_id or postmortem.owner_id
    found.due_on = found.due_on or postmortem.due_on
    set_state(found, ActionState.DONE if done else ActionState.OPEN, incident, now)
    found.save()
    text = _("Action item: %(what)s") % {"what": found.text}
    record(incident=incident, kind=EntryKind.ACTION, text=text, data={"uid": found.uid}, actor=actor, now=now)


def set_state(item: ActionItem, state: str, incident: Incident, now: datetime) -> None:
    """An open one with an owner and a date is chased; an ended one never. Saves nothing."""
    item.state = state
    is_open = state == ActionState.OPEN
    item.ended_at = None if is_open else item.ended_at or now
    item.chase_at = chase_moment(incident, item.due_on) if is_open and item.owner_id else None


def _data(postmortem: Postmortem) -> dict[str, str]:
    return {"uid": postmortem.uid, "state": postmortem.state}
