"""One alert as a monitor reported it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.adapters import IncomingAlert

OLDEST_START = timedelta(days=7)


@dataclass(frozen=True)
class Report:
    """`at`: when it came in, the first time. `over`: above a limit."""

    incoming: IncomingAlert
    at: datetime
    over: bool = False

    @property
    def believed_start(self) -> datetime | None:
        """The start its source claims, where it can be."""
        started = self.incoming.started_at
        return started if started is not None and self.at - OLDEST_START < started <= self.at else None
