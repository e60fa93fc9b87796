"""The seven steps as a checklist, each with its own state: never a wizard (SCREENS 3.1). Pure."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.known import OPEN, ORDER, Facts, Phase, Question
from incidents.next_action import next_action

Words = str | Promise

STATE_WORDS: dict[str, Words] = {
    "done": _("done"),
    "now": _("now"),
    "missing": _("missing"),
    "later": _("later"),
    "not_needed": _("not needed"),
}
NAMES: dict[Phase, Words] = {
    Phase.DETECTED: _("detect"),
    Phase.COORDINATING: _("channels"),
    Phase.ASSESSING: _("assess"),
    Phase.COMMUNICATING: _("communicate"),
    Phase.ESCALATING: _("escalate"),
    Phase.DELEGATING: _("delegate"),
    Phase.RESOLVING: _("resolve"),
}


@dataclass(frozen=True)
class Step:
    """One of the seven on the checklist. `state`: done, now, missing, later, not_needed."""

    number: int
    phase: Phase
    name: Words
    state: str

    @property
    def state_word(self) -> Words:
        return STATE_WORDS[self.state]


def steps(facts: Facts) -> tuple[Step, ...]:
    """The seven, each with its own state; at most one is `now`: the one of the next action."""
    now = next_action(facts).step if facts.is_open else 0
    return tuple(
        Step(number, phase, NAMES[phase], _state(number, phase, facts, now))
        for number, phase in enumerate(OPEN, start=1)
    )


def _state(number: int, phase: Phase, facts: Facts, now: int) -> str:
    if _done(phase, facts):
        return "done"
    if facts.phase in (Phase.CANCELLED, Phase.MERGED) or _not_needed(phase, facts):
        return "not_needed"
    if number == now:
        return "now"
    behind = facts.phase in ORDER and number <= ORDER[facts.phase]
    return "missing" if behind and facts.confirmed_at is not None else "later"


def _done(phase: Phase, facts: Facts) -> bool:
    match phase:
        case Phase.DETECTED:
            return facts.acknowledged_at is not None and facts.confirmed_at is not None
        case Phase.COORDINATING:
            return bool(facts.places)
        case Phase.ASSESSING:
            return facts.severity_confirmed
        case Phase.COMMUNICATING:
            return bool(facts.told_internal_at or facts.told_external_at) and not (
                facts.owes_external or facts.owes_internal
            )
        case Phase.ESCALATING:
            return 0 < facts.calls_made <= facts.calls_answered
        case Phase.DELEGATING:
            return facts.has_tech_lead and facts.has_comms
        case _:
            return facts.phase in (Phase.RESOLVED, Phase.CLOSED)


def _not_needed(phase: Phase, facts: Facts) -> bool:
    """Said by people ("we can do it alone", "nobody notices"), or too small to need it."""
    match phase:
        case Phase.COMMUNICATING:
            return Question.TELL in facts.put_off
        case Phase.ESCALATING | Phase.DELEGATING:
            nothing_open = not facts.calls_made if phase == Phase.ESCALATING else not facts.roles_given
            return nothing_open and (
                Question.ROLES in facts.put_off or (facts.severity_confirmed and not facts.is_big)
            )
        case _:
            return False
