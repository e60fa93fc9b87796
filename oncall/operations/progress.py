"""What a screen shows of a running ladder: who was called and what came of it, who is next and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from oncall import verdicts
from oncall.ladder import Ladder, Place
from oncall.models import (
    Escalation,
    EscalationState,
    EventKind,
    Note,
    Notification,
    NotificationKind,
    NotificationState,
    Page,
)
from oncall.operations.answers import answered_ids, answers_of
from oncall.operations.crew import crew_of, names
from oncall.operations.firing import is_held

# The best that became of several notifications to one person.
BEST_FIRST = [
    NotificationState.SENT,
    NotificationState.SENDING,
    NotificationState.FAILED,
    NotificationState.FOLDED,
    NotificationState.PENDING,
    NotificationState.DEAD,
    NotificationState.SKIPPED,
]


@dataclass(frozen=True)
class PagedPerson:
    """`state` is the best that became of their pages: pending, sending, sent, failed, folded, skipped, dead.

    `at` is since when; `how` the method and `word` the state in the reader's language.
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
    # Their membership ids: two people may have one name.
    people: frozenset[int] = frozenset()


def paged_people(*, escalations: Iterable[Escalation]) -> dict[int, list[PagedPerson]]:
    """By escalation id, in order of calling. One query whatever their number."""
    ids = [escalation.pk for escalation in escalations]
    rows = Notification.objects.select_related("page__membership__user").filter(
        escalation_id__in=ids, kind=NotificationKind.PAGE, page__isnull=False
    )
    by_page: dict[Page, list[Notification]] = {}
    for row in rows.order_by("page_id", "id"):
        by_page.setdefault(row.page, []).append(row)
    found: dict[int, list[PagedPerson]] = {pk: [] for pk in ids}
    for page, of_one in by_page.items():
        best = min(of_one, key=lambda row: (BEST_FIRST.index(NotificationState(row.state)), -row.pk))
        found[best.escalation_id].append(
            PagedPerson(
                page=page,
                membership=page.membership,
                state=best.state,
                word=_word(best),
                how=best.get_method_display(),
                at=best.delivered_at or best.state_at,
            )
        )
    return found


def _word(row: Notification) -> str:
    """Its state; where a provider reports, that it arrived or did not; where it waits, for what."""
    if row.delivered_at is not None:
        return _("delivered")
    waits = row.state == NotificationState.PENDING and row.note in (Note.LIMIT, Note.QUIET)
    if waits or (row.state == NotificationState.SENT and row.note == Note.NOT_CONFIRMED):
        return row.note_in_words
    return row.get_state_display()


def next_in_line(*, escalation: Escalation) -> NextInLine | None:
    """None unless it is paging. At most three queries."""
    due = escalation.next_step_at
    if escalation.state != EscalationState.PAGING or due is None:
        return None
    return _next_called(escalation, due)


def spared(*, escalation: Escalation) -> list[str]:
    """Who was next when somebody answered: "Eva was not called". Empty unless acknowledged. Three queries."""
    due = escalation.held_step_at
    if escalation.state != EscalationState.ACKNOWLEDGED or due is None:
        return []
    return _next_called(escalation, due).names


def _next_called(escalation: Escalation, due: datetime) -> NextInLine:
    """Through steps that are passed over, waited out or held: the first that pages anybody."""
    climbed = Ladder.from_json(escalation.snapshot)
    crew = crew_of(climbed.rungs, now=due).but(_have_it(escalation, climbed))
    here, severity = Place(escalation.rung, escalation.loop), escalation.severity_rank
    seen = verdicts.foresee(climbed, here, severity=severity, at=due, crew=crew)
    for moment, place, verdict in islice(seen, 2 * len(climbed.rungs)):
        if verdict.kind == verdicts.FIRES and not verdict.why:
            called = crew.of(climbed.rungs[place.rung], moment, place.loop)
            return NextInLine(names(called), moment, frozenset(one.membership.pk for one in called))
    return NextInLine([], due)


def _have_it(escalation: Escalation, climbed: Ladder) -> set[int]:
    several = any(rung.answers_needed > 1 for rung in climbed.rungs)
    return answered_ids(escalation) if several else set()


@dataclass(frozen=True)
class SoFar:
    """ "1 of 2 have it": who, the first first, and how many are asked for."""

    people: list[Membership]
    needed: int


def so_far(*, escalation: Escalation) -> SoFar | None:
    """None where one answer is enough, and before the first of several. One query, or none."""
    if escalation.answers_needed < 2:
        return None
    people = [answer.membership for answer in answers_of(escalation)]
    return SoFar(people, escalation.answers_needed) if people else None


@dataclass(frozen=True)
class Held:
    """`step` (from 1) waits until `until`. `why`: empty, nobody is on call; hours, it does not apply yet."""

    step: int
    why: str
    until: datetime


def held(*, escalation: Escalation) -> Held | None:
    """None unless its next step is held. One query."""
    place = Place(escalation.rung, escalation.loop)
    if escalation.state != EscalationState.PAGING or not is_held(escalation, place):
        return None
    detail = escalation.events.filter(kind=EventKind.HELD).order_by("-id").values_list("detail", flat=True)[0]
    return Held(place.rung + 1, detail["why"], datetime.fromisoformat(detail["until"]))


def folded_into(*, page: Page) -> list[Escalation]:
    """The unanswered escalations whose pages to the same person wait folded in this one: "11 more"."""
    rows = Escalation.objects.filter(
        notifications__folded_into=page,
        notifications__state=NotificationState.FOLDED,
        state__in=[EscalationState.PAGING, EscalationState.EXHAUSTED],
    )
    return list(rows.distinct().order_by("severity_rank", "pk"))


def taken_with(*, page: Page) -> list[int]:
    """Ids of the escalations folded into this page that its person has acknowledged since."""
    rows = Escalation.objects.filter(
        notifications__folded_into=page,
        state=EscalationState.ACKNOWLEDGED,
        acknowledged_by=page.membership_id,
    )
    return list(rows.distinct().values_list("pk", flat=True))
