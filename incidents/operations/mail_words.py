"""What an internal mail says, in its reader's language and zone. A text a kind; reminders by their reason.

A private incident gives away its key and the link, no more. Who has no account gets no link to sign in.
"""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from config.tenancy import links
from incidents.models import AssessmentQuestion, Channel, Incident, InternalMail, MailKind
from oncall.senders.email import mail_host, thread_of

# Subject and body.
Text = tuple[str, str]


def compose(mail: InternalMail, now: datetime) -> EmailMessage:
    with translation.override(language_of(mail)):
        subject, body = _text(mail, now)
    headers = {
        "Message-ID": f"<{mail.uid.lower()}@{mail_host()}>",
        "Auto-Submitted": "auto-generated",
    }
    if mail.incident is not None:
        # The pager's own mails about this key hang on the same thread.
        thread = thread_of(mail.tenant_id, mail.incident.key)
        headers |= {"In-Reply-To": thread, "References": thread}
    return EmailMessage(subject=" ".join(subject.split()), body=body, to=[address_of(mail)], headers=headers)


def _text(mail: InternalMail, now: datetime) -> Text:
    incident = mail.incident
    if incident is not None and incident.private:
        subject = _("%(key)s (private)") % {"key": incident.key}
        body = PRIVATE.get(mail.data.get("why", ""), _word)(mail) % {"key": incident.key}
        return subject, f"{body}\n{link_of(incident)}\n"
    if mail.kind == MailKind.NUDGE:
        return NUDGES[mail.data["why"]](mail, now)
    return TEXTS[mail.kind](mail, now)


# Of a private incident: what happened to its circle, and nothing of what it is about.
def _word(mail: InternalMail) -> str:
    return _("There is word on %(key)s. Sign in to read it:")


def _added(mail: InternalMail) -> str:
    return _("You may read %(key)s from now on. Sign in to read it:")


def _break_glass(mail: InternalMail) -> str:
    by = str(mail.data.get("by", "")).replace("%", "%%")
    return _("{name}, an owner, opened %(key)s. The reason is on its timeline:").replace("{name}", by)


PRIVATE: dict[str, Callable[[InternalMail], str]] = {"added": _added, "break_glass": _break_glass}


# --- whom it goes to ----------------------------------------------------------------------------------------
def address_of(mail: InternalMail) -> str:
    return str(mail.stakeholder.email if mail.stakeholder else mail.membership.user.email)


def language_of(mail: InternalMail) -> str:
    return str(mail.stakeholder.language if mail.stakeholder else mail.membership.user.language)


def zone_of(mail: InternalMail) -> ZoneInfo:
    found: ZoneInfo = mail.tenant.zone if mail.stakeholder else mail.membership.user.zone
    return found


def local(moment: datetime, mail: InternalMail) -> str:
    return format_date(moment.astimezone(zone_of(mail)), "D j M H:i")


def link_of(incident: Incident) -> str:
    return links.incident(incident.tenant.slug, incident.number)


# --- the texts ----------------------------------------------------------------------------------------------
def _message(mail: InternalMail, now: datetime) -> Text:
    """The words in the reader's language where there are any. Members also get the ways in."""
    message, incident = mail.message, mail.incident
    assert message is not None
    said = message.translations.get(language_of(mail), {})
    promise = ""
    if message.next_update_at is not None:
        promise = _("Next update by %(time)s.") % {"time": local(message.next_update_at, mail)}
    parts = [said.get("body") or message.body]
    parts += [promise, _why_you(mail)] if mail.stakeholder else [_where(incident), link_of(incident), promise]
    return said.get("title") or message.title, "\n\n".join(part for part in parts if part) + "\n"


def _where(incident: Incident) -> str:
    """R22: internal updates link the channels."""
    places = Channel.objects.filter(incident=incident).order_by("kind")
    lines = [f"{channel.get_kind_display()}: {channel.place}" for channel in places]
    return _("Where we talk:") + "\n" + "\n".join(lines) if lines else ""


def _why_you(mail: InternalMail) -> str:
    given = {"tenant": mail.tenant.name, "service": mail.stakeholder.service}
    if mail.stakeholder.service is None:
        why = _("You get this because %(tenant)s lists you as a stakeholder of all its services.")
    else:
        why = _("You get this because %(tenant)s lists you as a stakeholder of %(service)s.")
    return f"{why % given} " + _("To get no more of it, tell them.")


def _held(mail: InternalMail, now: datetime) -> Text:
    incident = mail.incident
    words = {"key": incident.key, "severity": incident.severity_word, "what": incident.summary}
    until = local(incident.held_until, mail) if incident.held_until else ""
    subject = _("[%(severity)s, held] %(key)s %(what)s") % words
    body = _("Nobody is paged for it before %(time)s. To have it paged now, or to take it:") % {"time": until}
    return subject, f"{incident.summary}\n\n{body}\n{link_of(incident)}\n"


def _update_due(mail: InternalMail, now: datetime) -> Text:
    incident = mail.incident
    due = datetime.fromisoformat(mail.data["due"])
    words = {"key": incident.key, "time": f"{due.astimezone(zone_of(mail)):%H:%M}"}
    subject = _("Update due: %(key)s") % words
    if mail.data.get("audience") == "internal":
        body = _("Update due: colleagues of %(key)s were promised word by %(time)s.") % words
    else:
        body = _("Update due: customers of %(key)s were promised word by %(time)s.") % words
    return subject, f"{body}\n{link_of(incident)}#sheet-tell\n"


def _held_back(mail: InternalMail, now: datetime) -> Text:
    incident = mail.incident
    due = datetime.fromisoformat(mail.data["due"])
    words = {"key": incident.key, "time": f"{due.astimezone(zone_of(mail)):%H:%M}"}
    subject = _("Held back no longer: %(key)s") % words
    body = _("Words about %(key)s were held back until %(time)s. Tell people, or hold them back further.")
    return subject, f"{body % words}\n{link_of(incident)}#sheet-tell\n"


def _review(mail: InternalMail, now: datetime) -> Text:
    incident = mail.incident
    words = {"key": incident.key, "name": mail.data.get("by", ""), "title": mail.data.get("title", "")}
    subject = _("Please read: %(title)s (%(key)s)") % words
    body = _("%(name)s asks you to read words to customers before they go out.") % words
    return subject, f"{body}\n{link_of(incident)}#sheet-read\n"


def _asked(mail: InternalMail, now: datetime) -> Text:
    incident = mail.incident
    question = AssessmentQuestion(mail.data["question"]).label
    words = {"key": incident.key, "name": mail.data.get("by", ""), "question": question}
    subject = _("%(key)s: %(question)s") % words
    body = _("%(name)s asks you about %(key)s: %(question)s One tap answers it.") % words
    return subject, f"{incident.summary}\n\n{body}\n{link_of(incident)}#r-impact\n"


TEXTS: dict[str, Callable[[InternalMail, datetime], Text]] = {
    MailKind.MESSAGE: _message,
    MailKind.HELD: _held,
}
# By `data["why"]`. Other modules put theirs in beside these.
NUDGES: dict[str, Callable[[InternalMail, datetime], Text]] = {
    "update_due": _update_due,
    "held_back": _held_back,
    "review": _review,
    "asked": _asked,
}
