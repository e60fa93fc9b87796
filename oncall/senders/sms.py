"""Pages by text message. Accepted is not delivered: the provider reports to `status_url`, if there is one."""

from typing import Any

from oncall.senders import twilio
from oncall.senders.message import Message, Outcome
from oncall.senders.short import short


def send(message: Message, address: str, status_url: str) -> Outcome:
    """One attempt, in one segment wherever the words allow it (oncall.senders.short)."""
    form: dict[str, Any] = {"To": address, "Body": short(message)}
    if status_url:
        form["StatusCallback"] = status_url
    return twilio.post("Messages", form, now=message.now)
