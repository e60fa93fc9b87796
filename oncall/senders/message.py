"""What is to be said to whom: everything a sender needs, copied from the rows before the call. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oncall.card import Card


@dataclass(frozen=True)
class Receiver:
    """`time_zone` and `language` are the receiver's own: a page is read by somebody just woken."""

    name: str
    email: str
    time_zone: str
    language: str


@dataclass(frozen=True)
class Message:
    """`uid` is the same in every attempt, `why` is Notification.why, `link` the page's own or the room's."""

    uid: str
    kind: str
    card: Card
    receiver: Receiver
    why: dict[str, Any]
    link: str
    tenant_id: int
    urgency: str
    started_at: datetime
    now: datetime
    attempt: int = 1
    resent: bool = False
    text: str = ""
    folded: int = 0


@dataclass(frozen=True)
class Outcome:
    """What became of one call to the world. `retry_after` is the receiver's own wish, as a duration."""

    ok: bool
    detail: str
    retry_after: timedelta | None = None
