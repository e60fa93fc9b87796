"""Phase 3: how bad is it?"""

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incidents import assessment
from incidents.assessment import Six
from incidents.known import Facts, Question, Viewer
from incidents.next_action.parts import Choice, NextAction

# The question itself, as the big words of the next action.
QUESTIONS: dict[str, str | Promise] = {
    Six.IMPACT: _("Whom does it hit?"),
    Six.EXPERIENCE: _("What do customers see?"),
    Six.REACH: _("How many customers?"),
    Six.STARTED: _("When did it start?"),
    Six.CASES: _("How many support cases?"),
    Six.FACTORS: _("Anything else?"),
}
# What can be tapped where the codes of incidents.assessment are not all of it.
ONE_TAP: dict[str, tuple[Choice, ...]] = {
    Six.STARTED: (
        Choice("answer-started-declared", _("When it was opened")),
        Choice("sheet-q-started", _("Another time")),
    ),
    Six.CASES: (Choice("answer-cases-0", _("None yet")), Choice("sheet-q-cases", _("A number"))),
}


def severity(facts: Facts, who: Viewer) -> NextAction | None:
    if facts.severity_rank is not None:
        return None
    return NextAction(
        "severity",
        3,
        _("How bad is it?"),
        suggestion(facts),
        escapes=(Choice("not_sure", _("Not sure (counts as SEV2)")),),
    )


def question(facts: Facts, who: Viewer) -> NextAction | None:
    """The severity is a guess, and a question that would settle it has no answer and was put to nobody."""
    asked = {code for code, _whom in facts.asked}
    open_ones = [code for code in facts.unanswered if code not in asked]
    if not facts.severity_provisional or not open_ones or Question.ANSWERS in facts.put_off:
        return None
    code = open_ones[0]
    choices = ONE_TAP.get(code) or tuple(
        Choice(f"answer-{code}-{choice}", capfirst(str(words)))
        for choice, words in assessment.CHOICES[code].items()
    )
    count = len(facts.unanswered)
    return NextAction(
        f"question-{code}",
        3,
        QUESTIONS[code],
        gettext("%(severity)s is a guess; %(n)d of six questions are open")
        % {"severity": facts.severity_word, "n": count},
        choices=choices,
        escapes=(
            Choice(f"ask-{code}", gettext("Ask %(whom)s") % {"whom": _whom(facts)}),
            Choice("leave_questions", _("Don't know")),
        ),
    )


def _whom(facts: Facts) -> str:
    return facts.ask_whom or gettext("somebody")


def may_be(facts: Facts, who: Viewer) -> NextAction | None:
    if not facts.severity_provisional or Question.SEVERITY in facts.put_off:
        return None
    return NextAction(
        "confirm_severity",
        3,
        gettext("Is it %(severity)s?") % {"severity": facts.severity_word.rstrip("?")},
        suggestion(facts) or _("The severity is still a guess"),
        escapes=(Choice("dont_know", _("Don't know")),),
    )


def suggestion(facts: Facts) -> str:
    """ "The answers suggest SEV1: down for all customers", or an empty text."""
    if not facts.suggested_word:
        return ""
    words = gettext("The answers suggest %(severity)s: %(why)s")
    return words % {"severity": facts.suggested_word, "why": facts.suggested_why}
