"""The six questions about the impact (R13): answered, answered again, with who and when."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents import assessment
from incidents.assessment import Six
from incidents.models import Answer, Ask, AssessmentQuestion, EntryKind, Incident
from incidents.operations.advancing import advance
from incidents.operations.cards import refresh_cards
from incidents.operations.holding import look_again_after_reports
from incidents.operations.locking import lock_incident
from incidents.operations.timeline import record
from incidents.times import clock_words

MOST = 2_000_000_000
NUMBERED = (Six.REACH, Six.CASES)


def answer_question(
    *,
    incident: Incident,
    question: str,
    choices: Sequence[str] = (),
    text: str = "",
    number: int | None = None,
    at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Answer:
    """One answer to one question; the newest counts, the earlier ones stay. In every phase.

    `choices` are codes of incidents.assessment; `number` goes with reach and cases (which it sets), `at` with
    the start (which it sets: a late entry). Closes the question's open Ask. The same answer again changes
    nothing. Raises ValidationError, by field. Needs incidents.write, or that the question was put to this
    person.
    """
    given = Answer(
        question=question,
        choices=list(dict.fromkeys(choices)),
        text=" ".join(text.split()),
        number=number,
        at=at,
    )
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        asked = _open_ask(incident, question)
        _must_answer(actor, asked)
        _check(given, now)
        if at is not None and incident.impact_over_at is not None and at > incident.impact_over_at:
            raise ValidationError({"at": _("It cannot have started after the impact was over.")})
        last = newest(incident).get(question)
        if last is not None and _same(last, given) and asked is None:
            return last
        given.incident, given.answered_at = incident, now
        given.answered_by_id, given.answered_by_label = actor.membership_id, actor.label[:200]
        given.save()
        if asked is not None:
            asked.answered_at = now
            asked.save()
        more_cases = _take_over(incident, given, actor, now)
        record(
            incident=incident,
            kind=EntryKind.ANSWER,
            text=f"{given.get_question_display()} {words_of(given, now)}",
            data={"question": question, "choices": given.choices, "by": more_cases},
            actor=actor,
            now=now,
        )
        if more_cases:
            incident = look_again_after_reports(incident=incident, actor=actor, now=now)
        advance(incident=incident, actor_cause=actor, now=now)
    return given


def newest(incident: Incident) -> dict[str, Answer]:
    """The answer that counts, by question. One query."""
    rows = Answer.objects.filter(incident=incident).order_by("question", "-id").distinct("question")
    return {answer.question: answer for answer in rows.select_related("answered_by__user")}


def words_of(answer: Answer, now: datetime) -> str:
    """As people read it, in the active language and zone."""
    if answer.at is not None:
        when = clock_words(answer.at, now)
        return f"{when}; {answer.text}" if answer.text else when
    return assessment.words_of(
        answer.question, assessment.Given(tuple(answer.choices), answer.text, answer.number)
    )


# --- parts --------------------------------------------------------------------------------------------------
def _check(given: Answer, now: datetime) -> None:
    if given.question not in AssessmentQuestion.values:
        raise ValidationError({"question": _("That is not one of the six questions.")})
    known, question = assessment.CHOICES[given.question], given.question
    problems: dict[str, str] = {}
    alone = assessment.ALONE.intersection(given.choices)
    if any(code not in known for code in given.choices):
        problems["choices"] = _("That choice does not exist here.")
    elif len(given.choices) > 1 and (alone or question not in assessment.SEVERAL):
        problems["choices"] = _("Choose one: these do not go together.")
    if len(given.text) > 500:
        problems["text"] = _("Use at most %(most)s characters.") % {"most": 500}
    if given.number is not None and (question not in NUMBERED or not 0 <= given.number <= MOST):
        problems["number"] = _("Write a whole number, zero or more.")
    if given.at is not None and (question != Six.STARTED or given.at > now):
        problems["at"] = _("It cannot have started in the future.")
    if not problems and not _says_something(given):
        problems["choices"] = _("Choose an answer, or write one.")
    if problems:
        raise ValidationError(problems)


def _says_something(given: Answer) -> bool:
    match given.question:
        case Six.STARTED:
            return given.at is not None
        case Six.CASES:
            return given.number is not None
        case _:
            return bool(given.choices or given.text or given.number is not None)


def _open_ask(incident: Incident, question: str) -> Ask | None:
    found: Ask | None = Ask.objects.filter(incident=incident, question=question, answered_at=None).first()
    return found


def _must_answer(actor: Actor, asked: Ask | None) -> None:
    """Who was asked by name may answer, whatever their role."""
    if asked is not None and actor.membership_id and asked.membership_id == actor.membership_id:
        return
    actor.must("incidents.write")


def _same(last: Answer, given: Answer) -> bool:
    parts = ("choices", "text", "number", "at")
    return all(getattr(last, part) == getattr(given, part) for part in parts)


def _take_over(incident: Incident, given: Answer, actor: Actor, now: datetime) -> int:
    """What an answer says of the incident itself. Returns by how many the count of cases grew."""
    more = 0
    match given.question:
        case Six.STARTED:
            incident.started_at = given.at
        case Six.CASES:
            more = max(0, (given.number or 0) - incident.cases)
            incident.cases = given.number or 0
        case Six.IMPACT if given.choices:
            incident.customers_notice = "external" in given.choices
        case Six.EXPERIENCE if given.choices and incident.customers_notice is None:
            incident.customers_notice = True
        case _:
            return 0
    incident.save()
    if given.question == Six.STARTED:
        # The pager says "since" as well.
        refresh_cards(incident=incident, actor=actor, now=now)
    return more
