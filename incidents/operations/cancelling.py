"""Not an incident after all: a false alarm, or recovered by itself."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents.known import UNKNOWN_RANK
from incidents.models import CancelReason, EntryKind, Incident, Phase
from incidents.operations.advancing import advance, transit
from incidents.operations.behalf import on_behalf
from incidents.operations.ladders import page_again, stop_calls
from incidents.operations.locking import lock_incident
from incidents.operations.responding import UNDO_WITHIN, must_answer
from incidents.operations.timeline import record

WORDS = {
    CancelReason.FALSE_ALARM: lambda: _("It was a false alarm."),
    CancelReason.RECOVERED: lambda: _("It recovered by itself."),
}


def cancel(*, incident: Incident, reason: str, actor: Actor, now: datetime) -> Incident:
    """Ends it by a CancelReason and tells those who were paged. A second call changes nothing.

    After a false alarm what still fires keeps quiet until it clears or its severity rises
    (`Incident.quiet_rank`). Raises Conflict for one that is over in another way, ValidationError for another
    reason. Needs incidents.respond, or to have been paged for it.
    """
    if reason not in CancelReason.values:
        raise ValidationError({"reason": _("Choose a false alarm, or recovered by itself.")})
    with acting(actor, now=now, reason=reason):
        locked = lock_incident(incident_id=incident.pk)
        incident = locked.incident
        must_answer(actor, locked.calls)
        if incident.phase == Phase.CANCELLED:
            return incident
        if not incident.is_open:
            raise Conflict(_("%(key)s is over: nothing to do.") % {"key": incident.key})
        why = WORDS[CancelReason(reason)]()
        stop_calls(incident=incident, reason=reason, words=why, actor=actor, now=now)
        rank = incident.severity.rank if incident.severity else UNKNOWN_RANK
        quiet = rank if reason == CancelReason.FALSE_ALARM else None
        transit(incident, "to_cancelled", now, reason, quiet, facts=None, actor=on_behalf(actor), now=now)
        record(incident=incident, kind=EntryKind.CANCELLED, text=why, actor=actor, now=now)
    return incident


def undo_cancel(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """Within 10 minutes: open again where its facts stand, and paging again where nobody had it.

    Raises Conflict later (reopen it then). An open incident stays as it is. Needs incidents.respond, or to
    have been paged for it.
    """
    with acting(actor, now=now, reason="undo"):
        locked = lock_incident(incident_id=incident.pk)
        incident = locked.incident
        must_answer(actor, locked.calls)
        if incident.is_open:
            return incident
        if incident.phase != Phase.CANCELLED or now - (incident.cancelled_at or now) > UNDO_WITHIN:
            raise Conflict(_("Undo works for 10 minutes. Reopen it instead."))
        transit(incident, "reopen_ended", facts=None, actor=on_behalf(actor), now=now)
        text = _("Cancelling was undone")
        record(incident=incident, kind=EntryKind.UNDONE, text=text, actor=actor, now=now)
        if incident.acknowledged_at is None:
            page_again(incident=incident, actor=actor, now=now)
        return advance(incident=incident, actor_cause=actor, now=now)
