""" "Still on it": whoever has a call says that work goes on, and its acknowledgement lasts from now again."""

from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from incidents.models import Call, EntryKind
from incidents.operations.advancing import advance
from incidents.operations.behalf import on_behalf
from incidents.operations.locking import lock_incident
from incidents.operations.responding import lock_call, must_answer, must_be_open
from incidents.operations.timeline import record
from oncall.operations import paging


def keep_call(*, call: Call, membership: Membership, actor: Actor, now: datetime) -> Call:
    """Raises Conflict where nobody has it any more, or it is over. Said twice, it lasts from the second time.

    Needs incidents.respond, or to have been paged for it. Any other act on the incident renews as well.
    """
    with acting(actor, now=now):
        call, locked = lock_call(call)
        must_answer(actor, [call])
        must_be_open(locked.incident)
        escalation_id = call.escalation_id
        if paging.renew_ack(escalation_id=escalation_id, actor=on_behalf(actor), now=now, said=True) is None:
            raise Conflict(_("Nobody has it any more: it pages again."))
        record(
            incident=locked.incident,
            kind=EntryKind.RENEWED,
            text=_("%(name)s is still on it") % {"name": membership},
            data={"call": call.uid},
            actor=actor,
            now=now,
        )
        incident = lock_incident(incident_id=call.incident_id).incident
        advance(incident=incident, actor_cause=actor, now=now)
        call.refresh_from_db()
    return call
