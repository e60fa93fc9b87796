"""The six questions of R13, what may be answered to them, and the severity the answers suggest (R17). Pure.

The codes here are what an Answer stores; their words are said in the reader's language.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class Six(StrEnum):
    """The questions, a to f. A test holds them equal to models.AssessmentQuestion."""

    IMPACT = "impact"
    EXPERIENCE = "experience"
    REACH = "reach"
    STARTED = "started"
    CASES = "cases"
    FACTORS = "factors"


ORDER: tuple[str, ...] = tuple(Six)
CHOICES: dict[str, dict[str, Words]] = {
    Six.IMPACT: {
        "external": _("customers"),
        "internal": _("colleagues"),
        "nobody": _("nobody yet"),
    },
    Six.EXPERIENCE: {
        "cannot_use": _("cannot use it"),
        "main_broken": _("the main thing is broken"),
        "slow": _("slow"),
        "way_round": _("small, with a way round"),
    },
    Six.REACH: {"none": _("none yet"), "some": _("some"), "all": _("all"), "unknown": _("not known")},
    Six.STARTED: {},
    Six.CASES: {},
    Six.FACTORS: {
        "social": _("social media"),
        "privacy": _("privacy is breached"),
        "security": _("maybe security or privacy"),
        "data_loss": _("data loss"),
        "other": _("something else"),
        "none": _("nothing else"),
    },
}
# More than one may be true at once; each of the second set stands alone.
SEVERAL = frozenset({Six.IMPACT, Six.FACTORS})
ALONE = frozenset({"nobody", "none"})
# A breach, or one that cannot be ruled out yet; and lost data.
SECURITY = frozenset({"privacy", "security", "data_loss"})


@dataclass(frozen=True)
class Given:
    """The newest answer to one question."""

    choices: tuple[str, ...] = ()
    text: str = ""
    number: int | None = None


@dataclass(frozen=True)
class Suggestion:
    """A rank of the scale, 1 the worst, and the example class of R15 to R17 that says so."""

    rank: int
    why: Words


def suggest(answers: Mapping[str, Given]) -> Suggestion | None:
    """What the answers make of it; None while they say too little. The first rule that fits wins."""
    factors = _of(answers, Six.FACTORS)
    if "privacy" in factors:
        return Suggestion(1, _("privacy is breached"))
    if "data_loss" in factors:
        return Suggestion(1, _("data is lost"))
    if "security" in factors:
        return Suggestion(1, _("privacy may be breached"))
    return _by_what_they_see(_of(answers, Six.EXPERIENCE), _of(answers, Six.REACH), _of(answers, Six.IMPACT))


def _by_what_they_see(
    experience: frozenset[str], reach: frozenset[str], impact: frozenset[str]
) -> Suggestion | None:
    # The scale speaks of customers: what only colleagues meet is never the worst.
    customers = not impact or "external" in impact
    if "cannot_use" in experience:
        if "all" in reach and customers:
            return Suggestion(1, _("down for all customers"))
        if "some" in reach and customers:
            return Suggestion(2, _("down for some customers"))
        return Suggestion(2, _("it cannot be used"))
    if "main_broken" in experience:
        return Suggestion(2, _("the main thing is broken"))
    if "slow" in experience:
        return Suggestion(3, _("slow, but usable"))
    if "way_round" in experience:
        return Suggestion(3, _("small, with a way round"))
    return None


def fitting(rank: int, ranks: Iterable[int]) -> int | None:
    """The step of a tenant's scale for a suggested rank: itself, else the next worse, else the worst."""
    scale = sorted(ranks)
    return next((step for step in reversed(scale) if step <= rank), scale[0] if scale else None)


def has_security(answers: Mapping[str, Given]) -> bool:
    return bool(_of(answers, Six.FACTORS) & SECURITY)


def words_of(question: str, answer: Given) -> str:
    """ "customers, colleagues; only in the app": choices, then the number, then the text."""
    known = CHOICES.get(question, {})
    parts = [", ".join(str(known[code]) for code in known if code in answer.choices)]
    if answer.number is not None:
        parts.append(str(answer.number))
    parts.append(answer.text)
    return "; ".join(part for part in parts if part)


def _of(answers: Mapping[str, Given], question: str) -> frozenset[str]:
    given = answers.get(question)
    return frozenset(given.choices) if given else frozenset()
