"""Mail to members: rows first, sent after the commit (DESIGN rule 3)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from config import doorbell
from config.clock import DueWork
from config.tenancy import links
from config.tenancy.models import Membership
from config.tenancy.scoping import tenant_scope
from incidents.models import Channel, Incident, InternalMail, MailKind, Message
from oncall.operations.claiming import Claimed, DueRows
from oncall.senders.email import deliver, mail_host, thread_of

log = structlog.get_logger(__name__)

MAILS = "incidents.mails"
MAX_TRIES = 8
DUE = DueRows("incidents_internalmail", "retry_at", escalation="incident_id")


def queue_mails(
    *,
    incident: Incident,
    kind: str,
    memberships: Iterable[Membership],
    now: datetime,
    message: Message | None = None,
) -> int:
    """Writes one row per member, inside the caller's transaction, and rings the bell. Returns how many."""
    rows = [
        InternalMail(
            tenant_id=incident.tenant_id,
            kind=kind,
            incident=incident,
            message=message,
            membership=member,
            created_at=now,
            retry_at=now,
        )
        for member in memberships
    ]
    InternalMail.objects.bulk_create(rows)
    if rows:
        doorbell.ring(MAILS)
    return len(rows)


def readers_of(incident: Incident) -> list[Membership]:
    """Who gets internal messages: members who have not switched them off; of a private one, its circle."""
    members = Membership.objects.filter(
        ended_at=None, user__is_active=True, wants_internal_mail=True
    ).order_by("id")
    if not incident.private:
        return list(members)
    alone = Incident.objects.filter(pk=incident.pk)
    return [member for member in members if alone.visible_to(member).exists()]


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
            .select_related("incident__severity", "incident__tenant", "message", "membership__user")
            .get(pk=row.id)
        )
        if mail.lease_token != row.token or mail.retry_at is None:
            return None
        if problem := _not_needed(mail, row.claims):
            mail.retry_at, mail.problem, mail.lease_until, mail.lease_token = None, problem, None, None
            mail.save()
            return None
        return mail


def _not_needed(mail: InternalMail, claims: int) -> str:
    member = mail.membership
    if not (member.is_current and member.user.is_active):
        return "has left"
    if mail.kind == MailKind.MESSAGE and not member.wants_internal_mail:
        return "switched off"
    if mail.kind == MailKind.HELD and mail.incident.held_until is None:
        return "not held any more"
    if claims > MAX_TRIES:
        return "given up: it ended its worker"
    return ""


def _wait(tries: int) -> timedelta:
    return timedelta(minutes=min(2**tries, 60))


# --- words --------------------------------------------------------------------------------------------------
def compose(mail: InternalMail, now: datetime) -> EmailMessage:
    """In the reader's language and zone. A private incident gives away its key and the link, no more."""
    incident, user = mail.incident, mail.membership.user
    with translation.override(user.language):
        subject, body = _text(mail, now)
    # The pager's own mails about this key hang on the same thread.
    thread = thread_of(mail.tenant_id, incident.key)
    headers = {
        "Message-ID": f"<{mail.uid.lower()}@{mail_host()}>",
        "In-Reply-To": thread,
        "References": thread,
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(subject=" ".join(subject.split()), body=body, to=[user.email], headers=headers)


def _text(mail: InternalMail, now: datetime) -> tuple[str, str]:
    incident = mail.incident
    link = links.incident(incident.tenant.slug, incident.number)
    if incident.private:
        subject = _("%(key)s (private)") % {"key": incident.key}
        body = _("There is word on %(key)s. Sign in to read it:") % {"key": incident.key}
        return subject, f"{body}\n{link}\n"
    if mail.message is None:
        return _held_text(mail, link)
    parts = [mail.message.body, _where(incident), link, _promise(mail)]
    return mail.message.title, "\n\n".join(part for part in parts if part) + "\n"


def _held_text(mail: InternalMail, link: str) -> tuple[str, str]:
    incident = mail.incident
    words = {"key": incident.key, "severity": incident.severity_word, "what": incident.summary}
    until = _local(incident.held_until, mail) if incident.held_until else ""
    subject = _("[%(severity)s, held] %(key)s %(what)s") % words
    body = _("Nobody is paged for it before %(time)s. To have it paged now, or to take it:") % {"time": until}
    return subject, f"{incident.summary}\n\n{body}\n{link}\n"


def _where(incident: Incident) -> str:
    """R22: internal updates link the channels."""
    places = Channel.objects.filter(incident=incident).order_by("kind")
    lines = [f"{channel.get_kind_display()}: {channel.place}" for channel in places]
    return _("Where we talk:") + "\n" + "\n".join(lines) if lines else ""


def _promise(mail: InternalMail) -> str:
    if mail.message is None or mail.message.next_update_at is None:
        return ""
    return _("Next update by %(time)s.") % {"time": _local(mail.message.next_update_at, mail)}


def _local(moment: datetime, mail: InternalMail) -> str:
    return format_date(moment.astimezone(mail.membership.user.zone), "D j M H:i")


WORK = DueWork(name=MAILS, run=run_due, oldest_due=DUE.oldest_due, next_due=DUE.next_due, queue="send")
