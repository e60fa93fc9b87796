"""Mail to members and stakeholders: rows first, sent after the commit (DESIGN rule 3)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q

from config import doorbell
from config.clock import DueWork
from config.tenancy.models import Membership
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, InternalMail, MailKind, Message, Stakeholder
from incidents.models.circle import circle_ids
from incidents.operations.mail_needs import still_to_do
from incidents.operations.mail_words import compose
from oncall.operations.claiming import Claimed, DueRows
from oncall.senders.email import deliver

log = structlog.get_logger(__name__)

MAILS = "incidents.mails"
MAX_TRIES = 8
# What a member may switch off.
WANTED_ONLY = {MailKind.MESSAGE, MailKind.MORNING}
DUE = DueRows("incidents_internalmail", "retry_at", escalation="incident_id")


def queue_mails(
    *,
    incident: Incident,
    kind: str,
    memberships: Iterable[Membership] = (),
    stakeholders: Iterable[Stakeholder] = (),
    now: datetime,
    message: Message | None = None,
    data: dict[str, Any] | None = None,
) -> int:
    """Writes one row per reader, inside the caller's transaction, and rings the bell. Returns how many."""
    shared = {
        "tenant_id": incident.tenant_id,
        "kind": kind,
        "incident": incident,
        "message": message,
        "data": data or {},
        "created_at": now,
        "retry_at": now,
    }
    rows = [InternalMail(membership=member, **shared) for member in memberships]
    rows += [InternalMail(stakeholder=one, **shared) for one in stakeholders]
    InternalMail.objects.bulk_create(rows)
    if rows:
        doorbell.ring(MAILS)
    return len(rows)


def readers_of(incident: Incident) -> list[Membership]:
    """Who gets internal messages: members who have not switched them off; of a private one, its circle."""
    members = (
        Membership.objects.filter(ended_at=None, user__is_active=True, wants_internal_mail=True)
        .select_related("user")
        .order_by("id")
    )
    if not incident.private:
        return list(members)
    inside = circle_ids(incident)
    return [member for member in members if member.pk in inside]


def stakeholders_of(
    incident: Incident, services: Iterable[int], members: Iterable[Membership]
) -> list[Stakeholder]:
    """Who has no account and gets internal messages too: of these services, and of all. Each address once,
    and none that a member has. Of a private incident: nobody.
    """
    if incident.private:
        return []
    rows = Stakeholder.objects.filter(ended_at=None).filter(
        Q(service=None) | Q(service_id__in=list(services))
    )
    known = {member.user.email.lower() for member in members}
    found = {row.email.lower(): row for row in rows.select_related("service").order_by("service_id", "id")}
    return [row for address, row in found.items() if address not in known]


def run_due(now: datetime) -> int:
    """Sends one mail that is due at `now`. Returns how many were claimed: 1 or 0.

    The world outside is slow: while more is due, each claim rings for a further worker before its own call.
    """
    claimed = DUE.claim(now, limit=1)
    for row in claimed:
        if DUE.oldest_due(now) is not None:
            doorbell.ring(MAILS)
        with tenant_scope(row.tenant_id):
            try:
                _work(row, now)
            # What goes wrong with one stays with it: its lease runs out, its tries are counted.
            except Exception:
                log.exception("internal_mail_broken", mail_id=row.id, tries=row.claims)
    return len(claimed)


def _work(row: Claimed, now: datetime) -> None:
    """A lease that ran out is sent again, with the same Message-ID: a double beats none."""
    mail = _still_wanted(row, now)
    if mail is None:
        return
    outcome = deliver(compose(mail, now))
    if not outcome.ok:
        log.warning("internal_mail_failed", mail=mail.uid, problem=outcome.detail, tries=row.claims)
    again = not outcome.ok and row.claims < MAX_TRIES
    InternalMail.objects.filter(pk=mail.pk, lease_token=row.token).update(
        sent_at=now if outcome.ok else None,
        retry_at=now + _wait(row.claims) if again else None,
        problem="" if outcome.ok else outcome.detail[:200],
        lease_until=None,
        lease_token=None,
    )


def _still_wanted(row: Claimed, now: datetime) -> InternalMail | None:
    with transaction.atomic():
        mail = (
            InternalMail.objects.select_for_update(no_key=True, of=("self",))
            .select_related(
                "tenant",
                "incident__severity",
                "incident__tenant",
                "message",
                "membership__user",
                "stakeholder__service",
            )
            .get(pk=row.id)
        )
        if mail.lease_token != row.token or mail.retry_at is None:
            return None
        if problem := _not_needed(mail, row.claims, now):
            mail.retry_at, mail.problem, mail.lease_until, mail.lease_token = None, problem, None, None
            mail.save()
            return None
        return mail


def _not_needed(mail: InternalMail, claims: int, now: datetime) -> str:
    if mail.stakeholder is not None:
        if mail.stakeholder.ended_at is not None or mail.incident.private:
            return "has left"
    elif not (mail.membership.is_current and mail.membership.user.is_active):
        return "has left"
    elif mail.kind in WANTED_ONLY and not mail.membership.wants_internal_mail:
        return "switched off"
    if mail.kind == MailKind.HELD and mail.incident.held_until is None:
        return "not held any more"
    if mail.kind == MailKind.MESSAGE and _outside_circle(mail):
        return "private by now"
    if mail.kind == MailKind.NUDGE and not still_to_do(mail, now):
        return "nothing left to do"
    if claims > MAX_TRIES:
        return "given up: it ended its worker"
    return ""


def _outside_circle(mail: InternalMail) -> bool:
    """It was made private after this mail was written: who cannot read it hears nothing more of it."""
    if mail.membership is None or not mail.incident.private:
        return False
    alone = Incident.objects.filter(pk=mail.incident_id)
    return not alone.visible_to(mail.membership).exists()


def _wait(tries: int) -> timedelta:
    return timedelta(minutes=min(2**tries, 60))


WORK = DueWork(name=MAILS, run=run_due, oldest_due=DUE.oldest_due, next_due=DUE.next_due, queue="send")
