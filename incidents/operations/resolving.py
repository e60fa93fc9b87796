"""The end of the emergency (R40 to R44), and its return."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents import words
from incidents.facts import facts_of
from incidents.models import Audience, EntryKind, Incident, MessageKind, Phase
from incidents.operations import following_up
from incidents.operations.advancing import advance, transit
from incidents.operations.chasing import keep_promises
from incidents.operations.drafting import draft_of, write_draft
from incidents.operations.ladders import page_again, stop_calls
from incidents.operations.locking import lock_incident
from incidents.operations.merging import unmerge
from incidents.operations.messages import tell_final
from incidents.operations.timeline import record
from incidents.phases import Question, hard_missing
from incidents.refusals import PhaseRefused


def impact_over(*, incident: Incident, at: datetime | None, actor: Actor, now: datetime) -> Incident:
    """The impact ended at `at` (may lie in the past), or with None: it has not, after all.

    Raises ValidationError for a moment in the future or before the start, Conflict once it is over. The same
    moment again changes nothing. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        _must_be_open(incident)
        if incident.impact_over_at == at:
            return incident
        _check_moment(incident, at, now)
        incident.impact_over_at = at
        if at is None:
            incident.nothing_imminent_at = None
        incident.save()
        _record_over(incident, at, actor, now)
        return advance(incident=incident, actor_cause=actor, now=now)


def nothing_imminent(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """Nothing is about to come back: the second of the two confirmations. A second call changes nothing."""
    actor.must("incidents.respond")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        _must_be_open(incident)
        if incident.nothing_imminent_at is None:
            _say_nothing_imminent(incident, actor, now)
            incident.save()
        return advance(incident=incident, actor_cause=actor, now=now)


def resolve(
    *,
    incident: Incident,
    impact_over_at: datetime | None,
    internal: str | None,
    external: str | None,
    nothing_is_imminent: bool = False,
    postmortem: bool = True,
    seal: str = "",
    cause_unknown: bool = False,
    actor: Actor,
    now: datetime,
) -> Incident:
    """Resolved, in one transaction: final words go out where given (None: later) and the notice is resolved
    with them, the pager stops and tells those it paged, the phase moves. Own words to customers that somebody
    else reads first wait for that, and hold up nothing; `seal` marks those of the template (operations.eyes).

    `impact_over_at` None keeps the moment that was said before; `nothing_is_imminent` says the second
    confirmation along, `cause_unknown` that it recovered and nobody knows why, `postmortem` whether the
    words to customers promise one (R44). What follows begins here (R41). Raises PhaseRefused with all that
    is missing; nothing is written then. A second call changes nothing. Needs incidents.respond, and
    incidents.publish for words.
    """
    actor.must("incidents.respond")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        if incident.phase in (Phase.RESOLVED, Phase.CLOSED):
            return incident
        _must_be_open(incident)
        if impact_over_at is not None and impact_over_at != incident.impact_over_at:
            _check_moment(incident, impact_over_at, now)
            incident.impact_over_at = impact_over_at
            _record_over(incident, impact_over_at, actor, now)
        if nothing_is_imminent and incident.nothing_imminent_at is None:
            _say_nothing_imminent(incident, actor, now)
        if cause_unknown:
            _say_cause_unknown(incident, actor, now)
        missing = hard_missing(Phase.RESOLVED, facts_of(incident, now=now))
        if missing:
            raise PhaseRefused(Phase.RESOLVED, missing)
        incident.save()
        for audience, text in ((Audience.INTERNAL, internal), (Audience.EXTERNAL, external)):
            if text is not None:
                tell_final(
                    incident=incident,
                    audience=audience,
                    body=text,
                    postmortem=postmortem,
                    seal=seal,
                    actor=actor,
                    now=now,
                )
        # Publishing has written to the incident meanwhile.
        incident = lock_incident(incident_id=incident.pk).incident
        stop_calls(incident=incident, reason="resolved", words="", actor=actor, now=now)
        transit(incident, "to_resolved", now, facts=facts_of(incident, now=now), actor=actor, now=now)
        # Whoever was promised word and has not had the last of it is still waiting.
        keep_promises(incident)
        if incident.chase_at is not None:
            incident.save()
        record(
            incident=incident,
            kind=EntryKind.RESOLVED,
            text=_("%(key)s is resolved") % {"key": incident.key},
            actor=actor,
            now=now,
        )
        following_up.begin(incident=incident, actor=actor, now=now)
    return incident


def close(*, incident: Incident, waived: str = "", actor: Actor, now: datetime) -> Incident:
    """The last of it. `waived` is the reason why no final message is needed.

    Raises PhaseRefused with what is missing. A second call changes nothing. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    with acting(actor, now=now, reason=waived):
        incident = lock_incident(incident_id=incident.pk).incident
        if incident.phase == Phase.CLOSED:
            return incident
        if waived.strip():
            incident.finals_waived = waived.strip()[:300]
        incident.next_update_at = incident.chase_at = None
        transit(incident, "to_closed", now, facts=facts_of(incident, now=now), actor=actor, now=now)
        text = _("%(key)s is closed") % {"key": incident.key}
        data = {"waived": incident.finals_waived}
        record(incident=incident, kind=EntryKind.CLOSED, text=text, data=data, actor=actor, now=now)
    return incident


def reopen(*, incident: Incident, reason: str, actor: Actor, now: datetime) -> Incident:
    """It is not over: from resolved or closed back to resolving, from cancelled or merged to where its facts
    stand, paging where nobody had it. Customers who were told get a draft that says so.

    Raises ValidationError without a reason. An open incident stays as it is. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Say why: one word is enough.")})
    with acting(actor, now=now, reason=reason):
        incident = lock_incident(incident_id=incident.pk).incident
        if incident.is_open:
            return incident
        if incident.phase == Phase.MERGED:
            return unmerge(incident=incident, actor=actor, now=now)
        if incident.phase == Phase.CANCELLED:
            transit(incident, "reopen_ended", facts=None, actor=actor, now=now)
        else:
            transit(incident, "reopen_resolved", now, facts=None, actor=actor, now=now)
            _draft_correction(incident, actor, now)
        record(incident=incident, kind=EntryKind.REOPENED, text=reason, actor=actor, now=now)
        if incident.acknowledged_at is None:
            page_again(incident=incident, actor=actor, now=now)
        return advance(incident=incident, actor_cause=actor, now=now)


# --- parts --------------------------------------------------------------------------------------------------
def _check_moment(incident: Incident, at: datetime | None, now: datetime) -> None:
    if at is None:
        return
    if at > now:
        raise ValidationError({"at": _("The impact cannot be over in the future.")})
    if incident.started_at is not None and at < incident.started_at:
        raise ValidationError({"at": _("The impact cannot be over before it started.")})


def _record_over(incident: Incident, at: datetime | None, actor: Actor, now: datetime) -> None:
    text = _("The impact is over") if at is not None else _("The impact is not over after all")
    record(
        incident=incident,
        kind=EntryKind.IMPACT_OVER,
        text=text,
        occurred_at=at,
        data={"at": at.isoformat() if at else None},
        actor=actor,
        now=now,
    )


def _say_nothing_imminent(incident: Incident, actor: Actor, now: datetime) -> None:
    incident.nothing_imminent_at = now
    text = _("Nothing is about to come back")
    record(incident=incident, kind=EntryKind.IMPACT_OVER, text=text, actor=actor, now=now)


def _say_cause_unknown(incident: Incident, actor: Actor, now: datetime) -> None:
    """Recovered, cause unknown. Reopening takes it back (models.transitions)."""
    if Question.CAUSE in incident.put_off:
        return
    text = _("Recovered, cause unknown")
    incident.put_off = {**incident.put_off, Question.CAUSE.value: {"until": None, "reason": text}}
    data = {"question": Question.CAUSE.value}
    record(incident=incident, kind=EntryKind.PUT_OFF, text=text, data=data, actor=actor, now=now)


def _draft_correction(incident: Incident, actor: Actor, now: datetime) -> None:
    """We said it was over; it is not."""
    if incident.first_external_at is None or draft_of(incident, Audience.EXTERNAL, MessageKind.UPDATE):
        return
    write_draft(
        incident, Audience.EXTERNAL, MessageKind.UPDATE, words.external_reopened, actor=actor, now=now
    )


def _must_be_open(incident: Incident) -> None:
    if not incident.is_open:
        raise Conflict(_("%(key)s is over. Reopen it first.") % {"key": incident.key})
