"""Pages by signed webhook: one JSON object, posted to an address a person gave (config.tenancy.outbound)."""

import json
from typing import Any

from config.tenancy.outbound import OutboundError, post_signed
from oncall.senders.message import Message, Outcome
from oncall.senders.words import iso


def send(message: Message, address: str, secret: str) -> Outcome:
    """One attempt; any 2xx is delivered. Never raises for what the other side does."""
    body = json.dumps(payload(message), ensure_ascii=False).encode()
    try:
        reply = post_signed(address, body, secret=secret, message_id=message.uid, now=message.now)
    except OutboundError as error:
        return Outcome(False, str(error)[:200])
    return Outcome(200 <= reply.status < 300, f"HTTP {reply.status}", reply.retry_after)


def payload(message: Message) -> dict[str, Any]:
    """`id` is the same in every attempt. Of a private card only key, severity and link are told."""
    card = message.card
    return {
        "type": message.kind,
        "id": message.uid,
        "attempt": message.attempt,
        "resent": message.resent,
        "key": card.key,
        "title": None if card.private else card.title,
        "severity": card.severity_word,
        "severity_rank": card.severity_rank,
        "service": None if card.private else card.service,
        "private": card.private,
        "since": iso(card.since),
        "sent_at": iso(message.now),
        "url": message.link,
    }
