"""From rows to what a sender needs: words copied out, so that no row is touched while the world is called."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from config.tenancy import links
from oncall import receipts
from oncall.models import Attempt, Escalation, Method, Notification, PersonalMessage
from oncall.senders import email, push, slack, sms, teams, voice, webhook
from oncall.senders.message import NO_CARD, Message, Outcome, Receiver
from oncall.senders.speech import WITH_KEYS


@dataclass(frozen=True)
class Draft:
    """An attempt that is written down and not yet made."""

    notification: Notification
    attempt: Attempt
    message: Message


@dataclass(frozen=True)
class Way:
    """Where one message goes. `status_url` is where a provider reports, `speech_url` what it reads aloud."""

    method: str
    address: str
    secret: str = ""
    status_url: str = ""
    speech_url: str = ""


SENDERS: dict[str, Callable[[Message, Way], Outcome]] = {
    Method.EMAIL.value: lambda message, way: email.send(message, way.address),
    Method.SMS.value: lambda message, way: sms.send(message, way.address, way.status_url),
    Method.VOICE.value: lambda message, way: voice.send(message, way.address, way.status_url, way.speech_url),
    Method.PUSH.value: lambda message, way: push.send(message, way.address),
    Method.SLACK.value: lambda message, way: slack.send(message, way.address),
    Method.TEAMS.value: lambda message, way: teams.send(message, way.address),
    Method.WEBHOOK.value: lambda message, way: webhook.send(message, way.address, way.secret),
}


def message_of(
    notification: Notification,
    escalation: Escalation,
    *,
    link: str,
    now: datetime,
    resent: bool = False,
    folded: int = 0,
    also: tuple[str, ...] = (),
) -> Message:
    """Reads notification.membership.user, or of one to a channel its channel and tenant."""
    return Message(
        uid=notification.uid,
        kind=notification.kind,
        card=escalation.card,
        receiver=receiver_of(notification),
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
        code=notification.reply_code,
        also=also,
        delayed=notification.delayed_until is not None,
    )


def personal_message_of(personal: PersonalMessage, *, link: str, now: datetime, verify: str = "") -> Message:
    """Of something that belongs to no ladder. Reads personal.membership.user. `verify` is never stored."""
    user = personal.membership.user
    return Message(
        uid=personal.uid,
        kind=personal.kind,
        card=NO_CARD,
        receiver=Receiver(str(user), user.email, user.time_zone, user.language),
        why=personal.why,
        link=link,
        tenant_id=personal.tenant_id,
        urgency="low",
        started_at=personal.created_at,
        now=now,
        attempt=personal.tries,
        verify=verify,
    )


def receiver_of(notification: Notification) -> Receiver:
    """A channel is nobody's own: it has the tenant's zone and language."""
    if notification.membership is not None:
        user = notification.membership.user
        return Receiver(str(user), user.email, user.time_zone, user.language)
    tenant = notification.tenant
    return Receiver(str(notification.channel or ""), "", tenant.time_zone, tenant.language)


def send(draft: Draft) -> Outcome:
    """The call to the world. In no transaction; never raises for what the world does."""
    return deliver(draft.message, way_of(draft.notification, draft.message))


def deliver(message: Message, way: Way) -> Outcome:
    if not way.address:
        return Outcome(False, "nowhere to send it: the address is gone", gone=True)
    return SENDERS[way.method](message, way)


def way_of(notification: Notification, message: Message) -> Way:
    """Without a contact or channel, the person's own address by e-mail."""
    place = notification.contact or notification.channel
    if place is None:
        return Way(Method.EMAIL.value, message.receiver.email)
    signed = receipts.signed(notification.tenant_id, notification.pk)
    page = notification.page if message.kind in WITH_KEYS else None
    return Way(
        notification.method,
        place.address,
        place.secret,
        links.absolute(f"/hooks/twilio/status/{signed}"),
        links.absolute(f"/hooks/twilio/voice/{page.token}") if page is not None else "",
    )
