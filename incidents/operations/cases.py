"""What customers report: a running count (R13e), and "the same" on the declare screen."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents.models import EntryKind, FoundBy, Incident, Phase
from incidents.operations.advancing import advance
from incidents.operations.holding import look_again_after_reports
from incidents.operations.locking import lock_incident
from incidents.operations.timeline import record

MOST = 10_000


def add_case(
    *,
    incident: Incident,
    by: int = 1,
    via: str = "",
    text: str = "",
    found_by: str = FoundBy.CUSTOMER,
    actor: Actor,
    now: datetime,
) -> Incident:
    """`by` more customers report it, via a ticket, a call, a link: the count grows, the timeline says so.

    A report by a team member or a monitor is noted and not counted. Each call counts: a button carries a
    token (views.once), a program an Idempotency-Key. A held incident looks again after two customers. In
    every phase but merged (Conflict says into what). Needs incidents.declare, which every member has.
    """
    actor.must("incidents.declare")
    if not 1 <= by <= MOST:
        raise ValidationError({"by": _("Write a whole number, one or more.")})
    if found_by not in FoundBy.values:
        raise ValidationError({"found_by": _("Say who found it: monitoring, a team member or a customer.")})
    counted = by if found_by == FoundBy.CUSTOMER else 0
    with acting(actor, now=now):
        # Under lock, so that two at once are two; every other operation saves the whole row as well.
        incident = lock_incident(incident_id=incident.pk).incident
        if incident.phase == Phase.MERGED and incident.merged_into is not None:
            raise Conflict(
                _("It was merged into %(key)s: report it there.") % {"key": incident.merged_into.key}
            )
        if counted:
            incident.cases += counted
            incident.save()
        record(
            incident=incident,
            kind=EntryKind.CASE,
            text=_words(incident, counted, found_by, via, text),
            data={"by": counted, "found_by": found_by, "via": via.strip()[:300], "cases": incident.cases},
            actor=actor,
            now=now,
        )
        if counted:
            incident = look_again_after_reports(incident=incident, actor=actor, now=now)
        return advance(incident=incident, actor_cause=actor, now=now)


def _words(incident: Incident, counted: int, found_by: str, via: str, text: str) -> str:
    if counted:
        words = ngettext("+%(n)d case, %(all)d in all", "+%(n)d cases, %(all)d in all", counted) % {
            "n": counted,
            "all": incident.cases,
        }
    else:
        words = _("Also seen by %(who)s") % {"who": FoundBy(found_by).label}
    via, text = " ".join(via.split())[:300], " ".join(text.split())[:500]
    if via:
        words += _(", via %(what)s") % {"what": via}
    return f"{words}: {text}" if text else words
