"""Pages by signed webhook: one JSON object, posted to an address a person gave (config.tenancy.outbound)."""

import json
from typing import Any

from config.tenancy.outbound import OutboundError, post_signed
from oncall.senders.clean import one_line
from oncall.senders.message import Message, Outcome
from oncall.senders.phrases import iso
from oncall.senders.posting import outcome_of


def send(message: Message, address: str, secret: str) -> Outcome:
    """One attempt; any 2xx is delivered. Never raises for what the other side does."""
    body = json.dumps(payload(message), ensure_ascii=False).encode()
    try:
        reply = post_signed(address, body, secret=secret, message_id=message.uid, now=message.now)
    except OutboundError as error:
        return Outcome(False, str(error)[:200])
    return outcome_of(reply)


def payload(message: Message) -> dict[str, Any]:
    """`id` is the same in every attempt. Of a private card only key, severity and link are told."""
    told = {
        "type": message.kind,
        "id": message.uid,
        "attempt": message.attempt,
        "resent": message.resent,
        "sent_at": iso(message.now),
        "url": message.link,
    }
    return told | (_card(message) if message.card.key else {}) | _more(message)


def _card(message: Message) -> dict[str, Any]:
    card = message.card
    return {
        "key": card.key,
        "title": None if card.private else card.title,
        "severity": card.severity_word,
        "severity_rank": card.severity_rank,
        "service": None if card.private else card.service,
        "private": card.private,
        "since": iso(card.since),
    }


def _more(message: Message) -> dict[str, Any]:
    """What only some messages have. `code` proves the address it goes to."""
    more: dict[str, Any] = {
        "also": list(message.also),
        "folded": message.folded,
        "delayed": message.delayed,
        "code": message.verify,
        "text": one_line(message.why["words"], 500) if message.kind == "notice" else "",
        "pages": message.why["pages"] if message.kind == "digest" else [],
    }
    return {name: value for name, value in more.items() if value}
