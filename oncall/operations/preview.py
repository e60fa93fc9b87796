"""Who would be paged, when and how, if a ladder started at a moment: the pager's own code, minus paging."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config.tenancy.models import Membership
from oncall.models import EscalationPolicy


@dataclass(frozen=True)
class PagedRow:
    """One line of the preview. `after` counts from the start. `kind`: step, repeat or end.

    `how` is the methods with their delays ("e-mail 0, webhook +5"). `why` is the reason in words.
    """

    after: timedelta
    names: list[str]
    memberships: list[Membership]
    how: str
    reachable: bool
    why: str
    kind: str = field(default="step")


def who_would_be_paged(*, policy: EscalationPolicy, urgency: str, now: datetime) -> list[PagedRow]:
    """One row a step of the first round, one for the repeats, one for the end. Writes nothing."""
    raise NotImplementedError
