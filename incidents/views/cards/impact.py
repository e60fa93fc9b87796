"""IMPACT: the six questions, the count of cases, and what the answers suggest."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.tenancy.models import Membership
from incidents import assessment
from incidents.assessment import Six
from incidents.known import ORDER, Facts, Phase
from incidents.models import Answer, Ask, AssessmentQuestion, Incident, Severity
from incidents.next_action import next_action
from incidents.operations.questions import newest, words_of
from incidents.operations.scale import scale_version
from incidents.times import clock_words


@dataclass(frozen=True)
class Chip:
    """One tap: what is posted, and its words."""

    field: str
    value: str
    words: Any


# What the link beside a question without an answer says.
MORE = {Six.STARTED: gettext_lazy("Another time"), Six.CASES: gettext_lazy("A number")}


@dataclass(frozen=True)
class Row:
    """`said` is empty while there is no answer; then `chips` answer it with one tap."""

    code: str
    question: Any
    more: Any
    said: str
    by: str
    at: datetime | None
    chips: list[Chip]
    options: list[tuple[str, Any, bool]]
    several: bool
    text: str
    number: int | None
    asked: str
    asked_at: datetime | None
    mine: bool


@dataclass(frozen=True)
class Impact:
    rows: list[Row]
    cases: int
    open: int
    is_now: bool
    suggested: str = ""
    why: str = ""
    suggested_uid: str = ""
    suggested_rank: int = 0
    differs: bool = False
    scale_version: int | None = None
    line: str = field(default="")


def read(incident: Incident, facts: Facts, membership: Membership, now: datetime) -> Impact:
    """Three statements, one more where the answers suggest a severity."""
    answers = newest(incident)
    open_asks = Ask.objects.filter(incident=incident, answered_at=None).select_related(
        "membership__user", "role"
    )
    asks = {one.question: one for one in open_asks}
    rows = [
        _row(code, incident, answers.get(code), asks.get(code), membership, now) for code in assessment.ORDER
    ]
    step = Severity.objects.filter(rank=facts.suggested_rank).first() if facts.suggested_rank else None
    known = incident.severity.rank if incident.severity else None
    return Impact(
        rows=rows,
        cases=incident.cases,
        open=len(facts.unanswered),
        is_now=facts.is_open and next_action(facts).step == ORDER[Phase.ASSESSING],
        suggested=facts.suggested_word,
        why=facts.suggested_why,
        suggested_uid=step.uid if step else "",
        suggested_rank=step.rank if step else 0,
        differs=step is not None and step.rank != known,
        scale_version=scale_version(),
        line=", ".join(
            row.said for row in rows if row.said and row.code in (Six.IMPACT, Six.EXPERIENCE, Six.REACH)
        ),
    )


def _row(
    code: str,
    incident: Incident,
    answer: Answer | None,
    asked: Ask | None,
    membership: Membership,
    now: datetime,
) -> Row:
    said, by, at = _said(code, incident, answer, now)
    given = set(answer.choices) if answer else set()
    return Row(
        code=code,
        question=AssessmentQuestion(code).label,
        more=MORE.get(Six(code), _("In words")),
        said=said,
        by=by,
        at=at,
        chips=[] if said else _chips(code, incident, now),
        options=[(key, words, key in given) for key, words in assessment.CHOICES[code].items()],
        several=code in assessment.SEVERAL,
        text=answer.text if answer else "",
        number=incident.cases if code == Six.CASES else answer.number if answer else None,
        asked=str(asked.membership or asked.role or _("everybody")) if asked else "",
        asked_at=asked.asked_at if asked else None,
        mine=asked is not None and asked.membership_id == membership.pk,
    )


def _said(
    code: str, incident: Incident, answer: Answer | None, now: datetime
) -> tuple[str, str, datetime | None]:
    """The words, who and when. A start a monitor gave and a count that runs are known without an answer."""
    by, at = (answer.answered_by_label, answer.answered_at) if answer else ("", None)
    if code == Six.STARTED and incident.started_at is not None:
        same = answer is not None and answer.at == incident.started_at
        return clock_words(incident.started_at, now), by if same else "", at if same else None
    if code == Six.CASES and (answer is not None or incident.cases):
        same = answer is not None and answer.number == incident.cases
        return str(incident.cases), by if same else "", at if same else None
    return (words_of(answer, now), by, at) if answer else ("", "", None)


def _chips(code: str, incident: Incident, now: datetime) -> list[Chip]:
    if code == Six.STARTED:
        return [
            Chip("at", "declared", clock_words(incident.declared_at, now)),
            Chip("at", "now", _("just now")),
        ]
    if code == Six.CASES:
        return [Chip("number", "0", _("none yet"))]
    return [Chip("choice", key, words) for key, words in assessment.CHOICES[code].items()]
