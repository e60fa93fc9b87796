"""The card: the words of what people are paged about, copied down from whoever pages. Pure.

`oncall` knows no incident. Copying words is the privacy boundary: nothing else of it can be read here.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

LONGEST = 4000


def storable(value: Any) -> Any:
    """Text as PostgreSQL can keep it: without NUL and lone surrogates, and bounded. Other values as they are.

    A title may hold whatever a monitor was fed, and a page is not lost over a character.
    """
    if not isinstance(value, str):
        return value
    return value[:LONGEST].replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True)
class Card:
    """`since` is aware. `severity_rank` 1 is the worst. `severity_word` as people read it: "SEV1?".

    `detail` is lines of text: the alert's own summary, runbook, dashboard. `url` is where the room is.
    With `private`, only key, severity and link leave this house; title, service and detail never do.
    """

    key: str
    title: str
    service: str
    severity_rank: int
    severity_word: str
    private: bool
    since: datetime
    url: str
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        stored = {name: storable(value) for name, value in asdict(self).items()}
        return stored | {"since": self.since.isoformat()}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Card":
        return cls(**(stored | {"since": datetime.fromisoformat(stored["since"])}))
