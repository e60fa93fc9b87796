"""Messages as the senders get them, without any rows: the page of SCREENS 3.2, changed by keyword."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from oncall.card import Card
from oncall.senders.message import Message, Receiver

# 03:04 in Amsterdam; it began at 02:59, since 03:01 it hurts.
NOW = datetime(2026, 11, 23, 2, 4, tzinfo=UTC)
LINK = "https://muster.acme.nl/p/K7M2Q9XR4TWB"
CARD = Card(
    key="INC-42",
    title="payments fail for all customers",
    service="Checkout",
    severity_rank=1,
    severity_word="SEV1?",
    private=False,
    since=datetime(2026, 11, 23, 2, 1, tzinfo=UTC),
    url="https://muster.acme.nl/t/acme/i/42",
)
ANNA = Receiver("Anna", "anna@acme.test", "Europe/Amsterdam", "en")
OF_CARD = {field.name for field in fields(Card)}


def message(kind: str = "page", *, language: str = "en", **changes: Any) -> Message:
    """Names of a card's fields change the card, others the message."""
    card = replace(CARD, **{name: changes.pop(name) for name in list(changes) if name in OF_CARD})
    made = Message(
        uid="01JD8X",
        kind=kind,
        card=card,
        receiver=replace(ANNA, language=language),
        why={"variant": "page"},
        link=LINK,
        tenant_id=1,
        urgency="high",
        started_at=datetime(2026, 11, 23, 1, 59, tzinfo=UTC),
        now=NOW,
        code="4812",
    )
    return replace(made, **changes)
