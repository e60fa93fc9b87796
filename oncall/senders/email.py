"""Pages by e-mail: Django's backend (SMTP in production), one deadline for the whole conversation."""

import hashlib
import re
import smtplib
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from oncall.senders.message import Message, Outcome
from oncall.senders.words import compose

# "No such mailbox", by its number (RFC 3463) or in the words of servers that have none. A refusal for what is
# in the mail, or for who sends it, has the same 550 and says nothing about the address.
NO_MAILBOX = re.compile(
    r"\b5\.1\.(?:1|10)\b|no such (?:user|mailbox|recipient|address)"
    r"|(?:user|recipient|mailbox|address) (?:is )?(?:unknown|not found|does not exist|doesn.t exist)"
    r"|unknown (?:user|recipient|mailbox)",
    re.I,
)
# RFC 3463: what a server says in three numbers, and nothing else of it.
ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
SMTP = "django.core.mail.backends.smtp.EmailBackend"
KEEPING = "config.tenancy.mail.KeepingBackend"


def send(message: Message, address: str) -> Outcome:
    return deliver(as_mail(message, address))


def deliver(mail: EmailMessage) -> Outcome:
    """One attempt. Never raises: whatever the server or the network does is an outcome."""
    mail.connection = mail.connection or _connection()
    try:
        accepted = mail.send()
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, error.smtp_error)
    except smtplib.SMTPRecipientsRefused as error:
        code, reply = next(iter(error.recipients.values()))
        return _refused(code, reply)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return Outcome(False, type(error).__name__)
    if settings.EMAIL_BACKEND == KEEPING:
        # Nothing is gained by trying again; the attempt says that no mail leaves this machine.
        return Outcome(True, "kept here, not sent: EMAIL_URL is not set")
    return Outcome(True, "accepted") if accepted else Outcome(False, "not accepted")


def as_mail(message: Message, address: str) -> EmailMessage:
    """The same Message-ID in every attempt, so that mail programs know a double; one thread an incident."""
    text = compose(message)
    headers = {
        "Message-ID": f"<{message.uid.lower()}@{mail_host()}>",
        "X-Priority": "1" if message.is_urgent else "3",
        "Importance": "high" if message.is_urgent else "normal",
        "Auto-Submitted": "auto-generated",
    }
    if message.card.key:
        thread = thread_of(message.tenant_id, message.card.key)
        headers |= {"In-Reply-To": thread, "References": thread}
    return EmailMessage(subject=text.subject, body=text.body, to=[address], headers=headers)


def _connection() -> Any:
    """The configured backend; where that is SMTP, the one that keeps the deadline."""
    return get_connection("oncall.senders.smtp.DeadlineBackend" if settings.EMAIL_BACKEND == SMTP else None)


def thread_of(tenant_id: int, key: str) -> str:
    """Named after tenant and key, hashed: keys repeat across tenants, and a header gives nothing away."""
    named = hashlib.sha256(f"{tenant_id}:{key}".encode()).hexdigest()[:20]
    return f"<thread.{named}@{mail_host()}>"


def mail_host() -> str:
    return urlsplit(settings.BASE_URL).hostname or "localhost"


def _refused(code: int, text: bytes | str) -> Outcome:
    """The numbers only: the words often hold the address, and an outcome is kept, shown and logged."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    gone = 500 <= code < 600 and bool(NO_MAILBOX.search(words))
    found = ENHANCED.search(words)
    return Outcome(False, f"{code} {found[0]}" if found else str(code), gone=gone)
