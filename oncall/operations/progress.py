"""What a screen shows of a running ladder: who was called and what came of it, who is next and when."""

from dataclasses import dataclass
from datetime import datetime

from config.tenancy.models import Membership
from oncall.models import Escalation, Page


@dataclass(frozen=True)
class PagedPerson:
    """`state` is the best that became of their pages: waiting, sending, sent, failed, folded, skipped, dead.

    `at` is when that was; `how` the method; `word` the state in the reader's language.
    """

    page: Page
    membership: Membership
    state: str
    word: str
    how: str
    at: datetime


@dataclass(frozen=True)
class NextInLine:
    """Who is paged when, if nobody answers. No names: nobody is left, the owners hear of it."""

    names: list[str]
    at: datetime


def paged_people(*, escalations: list[Escalation]) -> dict[int, list[PagedPerson]]:
    """By escalation id, in order of calling. Two queries whatever their number."""
    raise NotImplementedError


def next_in_line(*, escalation: Escalation) -> NextInLine | None:
    """None unless it is paging. At most five queries."""
    raise NotImplementedError


def folded_into(*, page: Page) -> list[Escalation]:
    """The unanswered escalations whose pages to the same person wait folded in this one: "11 more"."""
    raise NotImplementedError
