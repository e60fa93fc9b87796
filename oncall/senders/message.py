"""What is to be said to whom: everything a sender needs, copied from the rows before the call. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from oncall.card import Card

# What asks somebody to get up; the rest is word about it.
CALLS = frozenset({"page", "given_back", "nobody", "reminder", "test"})


# Of a message that is about no card: a code, a notice, a digest.
NO_CARD = Card(
    key="",
    title="",
    service="",
    severity_rank=9,
    severity_word="",
    private=False,
    since=datetime.min.replace(tzinfo=UTC),
    url="",
)


@dataclass(frozen=True)
class Receiver:
    """`time_zone` and `language` are the receiver's own: a page is read by somebody just woken."""

    name: str
    email: str
    time_zone: str
    language: str


@dataclass(frozen=True)
class Message:
    """`uid` is the same in every attempt, `why` is Notification.why, `link` the page's own or the room's.

    `code` is the four digits that answer it by SMS. `also` are keys of others told in the same message,
    `folded` counts pages that wait behind this one. `delayed`: a limit held it back, and it says so.
    `verify` is the code that confirms an address, in a message of that kind.
    """

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
    code: str = ""
    also: tuple[str, ...] = ()
    delayed: bool = False
    verify: str = ""

    @property
    def is_urgent(self) -> bool:
        """Whether it may ring through: somebody is asked to get up."""
        return self.urgency == "high" and self.kind in CALLS


@dataclass(frozen=True)
class Outcome:
    """What became of one call to the world. `retry_after` is the receiver's own wish, as a duration.

    `receipt`: the provider has it, and reports later under `provider_id` whether it arrived. `gone`: this
    address will never work, so that nothing is gained by trying again. `missing`: nothing is there right now,
    which a proxy says as well while its server is restarted.
    """

    ok: bool
    detail: str
    retry_after: timedelta | None = None
    receipt: bool = False
    provider_id: str = ""
    gone: bool = False
    missing: bool = False
