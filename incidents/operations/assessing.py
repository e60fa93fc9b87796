"""Is it real, and how bad is it (R12 to R20)."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents.known import UNKNOWN_RANK
from incidents.models import EntryKind, Incident, Severity, SeverityChange
from incidents.operations.advancing import advance
from incidents.operations.calls import call_severity_roles
from incidents.operations.cards import refresh_cards
from incidents.operations.channels import set_usual_places
from incidents.operations.chasing import follow_promises
from incidents.operations.hours import next_update_for
from incidents.operations.keeping_quiet import keeps_quiet
from incidents.operations.locking import lock_incident
from incidents.operations.raising import page_for_worse
from incidents.operations.scale import scale_version
from incidents.operations.taking import is_big
from incidents.operations.timeline import record


def confirm(*, incident: Incident, customers_notice: bool | None, actor: Actor, now: datetime) -> Incident:
    """It is real: from now on only people end it. `customers_notice` None: not known.

    A second call changes only what customers notice. For SEV1 the roles behind it are called. Raises
    Conflict once it is over. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        _must_be_open(incident)
        if incident.confirmed_at is not None and incident.customers_notice == customers_notice:
            return incident
        incident.confirmed_at = incident.confirmed_at or now
        incident.recovered_due_at = incident.untouched_ends_at = None
        if customers_notice is not None:
            incident.customers_notice = customers_notice
        incident.save()
        record(
            incident=incident,
            kind=EntryKind.CONFIRMED,
            text=CONFIRMED_WORDS[customers_notice](),
            data={"customers_notice": customers_notice},
            actor=actor,
            now=now,
        )
        call_severity_roles(incident=incident, actor=actor, now=now)
        return advance(incident=incident, actor_cause=actor, now=now)


CONFIRMED_WORDS = {
    True: lambda: _("It is real, and customers notice"),
    False: lambda: _("It is real; customers do not notice yet"),
    None: lambda: _("It is real"),
}


def set_severity(
    *,
    incident: Incident,
    severity: Severity,
    provisional: bool = False,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Incident:
    """Sets, confirms, raises or lowers the severity.

    Raised to one that pages: pages again, in whatever state the ladder is (acknowledged, held, snoozed), but
    not whoever raises what they have themselves (raising.page_for_worse). Lowering needs a `reason`
    (ValidationError). The same severity again only confirms it. Cards of all ladders get the new word.
    Raises Conflict once it is over. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    with acting(actor, now=now, reason=reason):
        incident = lock_incident(incident_id=incident.pk).incident
        _must_be_open(incident)
        severity = Severity.objects.get(pk=severity.pk)
        old = incident.severity
        if old == severity and incident.severity_provisional == provisional:
            return incident
        if old is not None and severity.rank > old.rank and not reason.strip():
            raise ValidationError({"reason": _("Say why it is less bad: one word is enough.")})
        raised = severity.rank < (old.rank if old else UNKNOWN_RANK)
        _write(incident, severity, provisional, reason, actor, now)
        if raised and severity.pages and not keeps_quiet(incident=incident, actor=actor, now=now):
            incident = page_for_worse(incident=incident, actor=actor, now=now)
        refresh_cards(incident=incident, actor=actor, now=now)
        call_severity_roles(incident=incident, actor=actor, now=now)
        if incident.acknowledged_at is not None and is_big(incident):
            set_usual_places(incident=incident, actor=actor, now=now)
        return advance(incident=incident, actor_cause=actor, now=now)


def _write(
    incident: Incident, severity: Severity, provisional: bool, reason: str, actor: Actor, now: datetime
) -> None:
    """The intervals of the severity touch: one ends at the moment the next begins."""
    before = incident.severity_word
    incident.severity, incident.severity_provisional = severity, provisional
    if not provisional:
        incident.assessed_at = incident.assessed_at or now
    if incident.next_update_at is not None:
        # A worse severity promises sooner; nothing already promised is put off.
        incident.next_update_at = min(incident.next_update_at, next_update_for(incident, now))
        follow_promises(incident)
    incident.save()
    SeverityChange.objects.filter(incident=incident, ends_at=None).update(ends_at=now)
    SeverityChange.objects.create(
        incident=incident,
        severity=severity,
        provisional=provisional,
        reason=reason.strip()[:300],
        scale_version=scale_version(),
        begins_at=now,
        actor_label=actor.label[:200],
    )
    words = {"old": before or _("unknown"), "new": incident.severity_word}
    record(
        incident=incident,
        kind=EntryKind.SEVERITY,
        text=_("Severity: %(old)s to %(new)s") % words,
        data={**words, "reason": reason.strip()},
        actor=actor,
        now=now,
    )


def _must_be_open(incident: Incident) -> None:
    if not incident.is_open:
        raise Conflict(_("%(key)s is over. Reopen it first.") % {"key": incident.key})
