"""The one resolver of who is on call, used by the pager, the screens, the API and the commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from config.tenancy.models import Membership
from oncall.models import Schedule


@dataclass(frozen=True)
class OnCall:
    """`source` says why, in words ("Weekly", "covers for Anna"); `until` is None where no end is in sight."""

    membership: Membership
    source: str
    until: datetime | None


def on_call_at(*, schedule: Schedule, at: datetime) -> list[OnCall]:
    """Who is on call, by name; empty where nobody is. Three queries. People who left are passed over."""
    raise NotImplementedError


def on_call_for(*, schedules: Sequence[Schedule], at: datetime) -> dict[int, list[OnCall]]:
    """The same for many schedules, by schedule id. Three queries whatever their number."""
    raise NotImplementedError


def next_on_call(*, schedule: Schedule, at: datetime) -> tuple[list[OnCall], datetime] | None:
    """Who is on call after the next change, and when that is (within 62 days). Three queries."""
    raise NotImplementedError
