"""From rows to what a sender needs: words copied out, so that no row is touched while the world is called."""

from dataclasses import dataclass
from datetime import datetime

from oncall.models import Attempt, Escalation, Method, Notification
from oncall.senders import email, webhook
from oncall.senders.message import Message, Outcome, Receiver


@dataclass(frozen=True)
class Draft:
    """An attempt that is written down and not yet made."""

    notification: Notification
    attempt: Attempt
    message: Message


def message_of(
    notification: Notification,
    escalation: Escalation,
    *,
    link: str,
    now: datetime,
    resent: bool = False,
    folded: int = 0,
) -> Message:
    """Reads notification.membership.user."""
    user = notification.membership.user
    return Message(
        uid=notification.uid,
        kind=notification.kind,
        card=escalation.card,
        receiver=Receiver(str(user), user.email, user.time_zone, user.language),
        why=notification.why,
        link=link,
        tenant_id=notification.tenant_id,
        urgency=escalation.urgency,
        started_at=escalation.started_at,
        now=now,
        attempt=notification.tries,
        resent=resent,
        text=escalation.message,
        folded=folded,
    )


def send(draft: Draft) -> Outcome:
    """The call to the world. In no transaction; never raises for what the world does."""
    contact = draft.notification.contact
    if draft.notification.method == Method.WEBHOOK and contact is not None:
        return webhook.send(draft.message, contact.address, contact.secret)
    address = contact.address if contact is not None else draft.message.receiver.email
    return email.send(draft.message, address)
