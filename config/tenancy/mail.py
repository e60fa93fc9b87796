"""Mail that cannot be sent is kept where platform staff can read it, marked as not sent."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from config import clock
from config.tenancy.models import KeptMail


class KeepingBackend(BaseEmailBackend):
    """Used without EMAIL_URL. Returns the number kept, as a backend that sends would."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        now = clock.now()
        for message in email_messages:
            KeptMail.objects.create(
                to=", ".join(message.recipients())[:500],
                subject=message.subject[:500],
                body=str(message.body),
                headers="\n".join(f"{name}: {value}" for name, value in message.extra_headers.items()),
                kept_at=now,
            )
        return len(email_messages)
