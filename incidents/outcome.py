"""What an incident came to: how long, how bad, how many (R43). Pure; computed when asked, stored nowhere."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from incidents.assessment import Given, Six, words_of
from incidents.times import duration_words

NOTHING = (Six.FACTORS, ("none",))


@dataclass(frozen=True)
class Outcome:
    """`lasted` is the impact, from its start to its end, None while it goes on. `worst` is the highest
    severity it ever had for certain, `iterations` how often the loop of R39 went round."""

    lasted: timedelta | None = None
    worst: str = ""
    cases: int = 0
    impact: str = ""
    experience: str = ""
    reach: str = ""
    factors: str = ""
    iterations: int = 0

    def lines(self) -> Iterator[tuple[str, str]]:
        """(what, how much), each in words; what nobody said is left out."""
        if self.lasted is not None:
            yield _("Impact lasted"), duration_words(self.lasted)
        if self.worst:
            yield _("Severity at its worst"), self.worst
        yield from (
            (name, words)
            for name, words in (
                (_("Hit"), self.impact),
                (_("They saw"), self.experience),
                (_("How many"), self.reach),
                (_("Besides"), self.factors),
            )
            if words
        )
        yield _("Support cases"), str(self.cases)
        if self.iterations:
            yield _("Tests run"), str(self.iterations)


def outcome(
    *,
    started: datetime,
    over: datetime | None,
    severities: Iterable[tuple[int, str, bool]],
    answers: Mapping[str, Given],
    cases: int,
    iterations: int,
) -> Outcome:
    """`severities` are (rank, word, may be) of all it ever had. A guess counts only without better."""
    known = sorted(severities, key=lambda one: (one[2], one[0]))
    return Outcome(
        lasted=over - started if over is not None else None,
        worst=known[0][1] if known else "",
        cases=cases,
        impact=_said(answers, Six.IMPACT),
        experience=_said(answers, Six.EXPERIENCE),
        reach=_said(answers, Six.REACH),
        factors=_said(answers, Six.FACTORS),
        iterations=iterations,
    )


def _said(answers: Mapping[str, Given], question: str) -> str:
    given = answers.get(question)
    return "" if given is None or (question, given.choices) == NOTHING else words_of(question, given)
