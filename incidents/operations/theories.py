"""Theories of what is broken, and the experiments that try them (R37, R39)."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from incidents.models import EntryKind, Experiment, Incident, Theory, TheoryState, Verdict
from incidents.operations.advancing import advance
from incidents.operations.findings import MOST, MOST_WHY, because, worded
from incidents.operations.locking import lock_incident
from incidents.operations.timeline import record

SETTLED = {
    TheoryState.OPEN: lambda: _("Open again: %(what)s"),
    TheoryState.PROVEN: lambda: _("Proven: %(what)s"),
    TheoryState.DISPROVEN: lambda: _("Disproven: %(what)s"),
}


def state_theory(
    *, incident: Incident, text: str, owner: Membership | None = None, actor: Actor, now: datetime
) -> Theory:
    """What may be broken, and why. Without an `owner` it is the one who says it. Needs incidents.respond."""
    actor.must("incidents.respond")
    text = worded(text, "text", MOST)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        theory: Theory = Theory.objects.create(
            incident=incident,
            text=text,
            owner_id=owner.pk if owner else actor.membership_id,
            stated_at=now,
            stated_by_label=actor.label[:200],
        )
        _record(EntryKind.THEORY, theory, _("Theory: %(what)s") % {"what": text}, actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return theory


def settle_theory(*, theory: Theory, state: str, why: str = "", actor: Actor, now: datetime) -> Theory:
    """Proven or disproven, and why; "open" takes that back. The same again changes nothing.

    Raises ValidationError for another state. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    if state not in TheoryState.values:
        raise ValidationError({"state": _("Choose open, proven or disproven.")})
    why = worded(why, "why", MOST_WHY, needed=False)
    with acting(actor, now=now, reason=why):
        incident = lock_incident(incident_id=theory.incident_id).incident
        known: Theory = Theory.objects.get(pk=theory.pk)
        if (known.state, known.why) == (state, why):
            return known
        known.state, known.why = state, why
        known.settled_at = None if state == TheoryState.OPEN else now
        known.save()
        text = SETTLED[TheoryState(state)]() % {"what": known.text}
        _record(EntryKind.THEORY, known, because(text, why), actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return known


def begin_experiment(
    *,
    incident: Incident,
    text: str,
    expected: str = "",
    theory: Theory | None = None,
    owner: Membership | None = None,
    actor: Actor,
    now: datetime,
) -> Experiment:
    """Something is tried: for a `theory` or without one, with what is expected of it.

    Raises ValidationError for no text, or a theory of another incident. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    text = worded(text, "text", MOST)
    expected = worded(expected, "expected", MOST_WHY, needed=False)
    if theory is not None and theory.incident_id != incident.pk:
        raise ValidationError({"theory": _("That choice does not exist here.")})
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        experiment: Experiment = Experiment.objects.create(
            incident=incident,
            theory=theory,
            text=text,
            expected=expected,
            owner_id=owner.pk if owner else actor.membership_id,
            begun_at=now,
            begun_by_label=actor.label[:200],
        )
        _record(EntryKind.EXPERIMENT, experiment, _("Test: %(what)s") % {"what": text}, actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return experiment


def end_experiment(
    *, experiment: Experiment, verdict: str, result: str = "", actor: Actor, now: datetime
) -> Experiment:
    """What came of it. The verdict never settles the theory by itself: people do, the room offers it.

    Raises ValidationError for an unknown verdict, Conflict where it has ended otherwise. The same again
    changes nothing. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    if verdict not in Verdict.values:
        raise ValidationError({"verdict": _("Say whether it speaks for it, against it, or says nothing.")})
    result = worded(result, "result", MOST, needed=False)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=experiment.incident_id).incident
        known: Experiment = Experiment.objects.get(pk=experiment.pk)
        if known.ended_at is not None:
            if (known.verdict, known.result) == (verdict, result):
                return known
            raise Conflict(_("It has ended already: %(verdict)s.") % {"verdict": known.get_verdict_display()})
        known.ended_at, known.verdict, known.result = now, verdict, result
        known.save()
        words = {"what": known.text, "verdict": known.get_verdict_display(), "result": result}
        text = _("Test: %(what)s: %(verdict)s. %(result)s") % words
        _record(EntryKind.EXPERIMENT, known, text.strip(), actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return known


def _record(kind: EntryKind, row: Theory | Experiment, text: str, actor: Actor, now: datetime) -> None:
    data = {"uid": row.uid, "state": row.state if isinstance(row, Theory) else row.verdict}
    record(incident=row.incident, kind=kind, text=text, data=data, actor=actor, now=now)
