"""The seven phases as a machine (DESIGN). Pure: facts in, labels and words out.

The label follows the facts by itself: it is the furthest phase whose HARD facts stand and whose work has
begun. A jump by a person needs only the target's HARD facts; what was passed over becomes an open end.

| into          | HARD                                             | work has begun when                  |
|---------------|--------------------------------------------------|--------------------------------------|
| coordinating  |                                                  | a place or a manager is set          |
| assessing     | a place to talk                                  | an answer given, severity confirmed  |
| communicating | a severity                                       | a message is drafted                 |
| escalating    |                                                  | a further call-in is made            |
| delegating    |                                                  | a role is given                      |
| resolving     | exactly one manager                              | the loop of R39 has begun            |
| resolved      | one manager, impact over, nothing imminent       | by a person only                     |
| closed        | finals sent or waived, notice over, pager still  | by a person only                     |
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from incidents.checklist import Step, steps
from incidents.known import OPEN, ORDER, Facts, Phase, Question, Viewer
from incidents.next_action import Choice, NextAction, next_action

__all__ = [
    "OPEN",
    "ORDER",
    "Choice",
    "Facts",
    "Missing",
    "NextAction",
    "Phase",
    "Question",
    "Step",
    "Viewer",
    "begun",
    "furthest",
    "hard_missing",
    "next_action",
    "open_ends",
    "soft_missing",
    "steps",
]

Words = str | Promise


@dataclass(frozen=True)
class Missing:
    """A fact that is not there: `code` for programs, `words` for people."""

    code: str
    words: Words


# --- HARD ---------------------------------------------------------------------------------------------------
def _hard_assessing(facts: Facts) -> Iterator[Missing]:
    if not facts.places:
        yield Missing("place", _("No place to talk is known yet: a chat room, a video meeting or a room."))


def _hard_communicating(facts: Facts) -> Iterator[Missing]:
    if facts.severity_rank is None:
        yield Missing("severity", _("There is no severity yet. One that may be is enough."))


def _hard_resolving(facts: Facts) -> Iterator[Missing]:
    if facts.managers != 1:
        yield Missing("manager", _("There is no incident manager yet."))


def _hard_resolved(facts: Facts) -> Iterator[Missing]:
    yield from _hard_resolving(facts)
    over = facts.impact_over_at
    if over is None:
        yield Missing("impact_over", _("Nobody has said yet that the impact is over."))
    elif over > facts.at or (facts.started_at is not None and over < facts.started_at):
        yield Missing(
            "impact_over_order", _("The impact cannot be over before it started, or in the future.")
        )
    if facts.nothing_imminent_at is None:
        yield Missing("nothing_imminent", _("Nobody has said yet that nothing is about to come back."))


def _hard_closed(facts: Facts) -> Iterator[Missing]:
    if not facts.finals_waived:
        if facts.told_internal_at is not None and not facts.final_internal:
            yield Missing("final_internal", _("Colleagues have not had the final message."))
        if facts.told_external_at is not None and not facts.final_external:
            yield Missing("final_external", _("Customers have not had the final message."))
    if facts.notice_open:
        yield Missing("notice", _("The status page still shows this as going on."))
    if facts.ladders_running:
        yield Missing("pager", _("Somebody is still being paged for this."))


HARD: dict[Phase, Callable[[Facts], Iterator[Missing]]] = {
    Phase.ASSESSING: _hard_assessing,
    Phase.COMMUNICATING: _hard_communicating,
    Phase.RESOLVING: _hard_resolving,
    Phase.RESOLVED: _hard_resolved,
    Phase.CLOSED: _hard_closed,
}


def hard_missing(target: Phase | str, facts: Facts) -> tuple[Missing, ...]:
    """What forbids `target`. Empty: it may be entered."""
    rule = HARD.get(Phase(target))
    return tuple(rule(facts)) if rule else ()


# --- SOFT ---------------------------------------------------------------------------------------------------
def _soft_coordinating(facts: Facts) -> Iterator[Missing]:
    if not facts.managers:
        yield Missing("manager", _("Nobody is incident manager."))


def _soft_assessing(facts: Facts) -> Iterator[Missing]:
    if "video" not in facts.places and "room" not in facts.places:
        yield Missing("video", _("There is no video meeting: a shared picture helps."))
    if "chat" not in facts.places:
        yield Missing("chat", _("There is no chat room: its messages keep the time."))


def _soft_communicating(facts: Facts) -> Iterator[Missing]:
    if facts.confirmed_at is None:
        yield Missing("confirmed", _("Nobody has said yet whether it is real."))
    if facts.severity_rank is not None and facts.severity_provisional:
        yield Missing("severity_provisional", _("The severity is still a guess."))
    if facts.unanswered and Question.ANSWERS not in facts.put_off:
        count = len(facts.unanswered)
        words = ngettext(
            "%(n)d of six questions has no answer.", "%(n)d of six questions have no answer.", count
        )
        yield Missing("answers", words % {"n": count})


def _soft_escalating(facts: Facts) -> Iterator[Missing]:
    if facts.owes_external:
        yield Missing("told_external", _("Customers have heard nothing."))
    if facts.owes_internal:
        yield Missing("told_internal", _("Colleagues have heard nothing."))


def _soft_delegating(facts: Facts) -> Iterator[Missing]:
    if facts.calls_made > facts.calls_answered and Question.ROLES not in facts.put_off:
        yield Missing("call_answered", _("Not everybody who was called in has answered."))


def _soft_resolving(facts: Facts) -> Iterator[Missing]:
    if Question.ROLES not in facts.put_off:
        if not facts.has_tech_lead:
            yield Missing("tech_lead", _("Nobody is technical lead."))
        if not facts.has_comms:
            yield Missing("comms", _("Nobody is communications manager."))
    if facts.two_hats:
        yield Missing("two_hats", _("One person wears two hats."))


def _soft_resolved(facts: Facts) -> Iterator[Missing]:
    if not facts.theories_proven and not facts.cause_unknown:
        yield Missing("cause", _("Nobody has said what the cause was, or that it is not known."))
    if facts.experiments_open:
        yield Missing("experiments", _("A test has no result yet."))
    if facts.components_down:
        yield Missing("components", _("The status page still shows something as not working."))
    if facts.told_internal_at is not None and not (facts.final_internal or facts.finals_waived):
        yield Missing("final_internal", _("Colleagues have not had the final message."))
    if facts.told_external_at is not None and not (facts.final_external or facts.finals_waived):
        yield Missing("final_external", _("Customers have not had the final message."))


def _soft_closed(facts: Facts) -> Iterator[Missing]:
    if facts.postmortem in ("owed", "draft"):
        yield Missing("postmortem", _("The postmortem is not published."))
    if facts.actions_unplanned:
        yield Missing("actions", _("An action item has nobody or no date."))


def _soft_cancelled(facts: Facts) -> Iterator[Missing]:
    if facts.notice_open:
        yield Missing("notice", _("Words on the status page wait to be withdrawn."))


SOFT: dict[Phase, Callable[[Facts], Iterator[Missing]]] = {
    Phase.COORDINATING: _soft_coordinating,
    Phase.ASSESSING: _soft_assessing,
    Phase.COMMUNICATING: _soft_communicating,
    Phase.ESCALATING: _soft_escalating,
    Phase.DELEGATING: _soft_delegating,
    Phase.RESOLVING: _soft_resolving,
    Phase.RESOLVED: _soft_resolved,
    Phase.CLOSED: _soft_closed,
    Phase.CANCELLED: _soft_cancelled,
    Phase.MERGED: _soft_cancelled,
}


def soft_missing(target: Phase | str, facts: Facts) -> tuple[Missing, ...]:
    """What a jump into `target` leaves behind as an open end. Never forbids."""
    rule = SOFT.get(Phase(target))
    return tuple(rule(facts)) if rule else ()


def open_ends(facts: Facts) -> tuple[Missing, ...]:
    """All that was passed over on the way to the present label, each once.

    An unconfirmed incident owes nothing, unless people have moved it on or it has ended.
    """
    if facts.confirmed_at is None and facts.phase == Phase.DETECTED:
        return ()
    if facts.phase not in ORDER:
        return soft_missing(facts.phase, facts)
    found: dict[str, Missing] = {}
    for phase, number in ORDER.items():
        if number <= ORDER[facts.phase]:
            for missing in (*hard_missing(phase, facts), *soft_missing(phase, facts)):
                found.setdefault(missing.code, missing)
    return tuple(found.values())


# --- the label ----------------------------------------------------------------------------------------------
def begun(phase: Phase | str, facts: Facts) -> bool:
    """Whether the work of that phase has begun. Resolved and closed begin by a person's act only: False."""
    match Phase(phase):
        case Phase.DETECTED:
            return True
        case Phase.COORDINATING:
            return bool(facts.places or facts.managers)
        case Phase.ASSESSING:
            return bool(facts.answers or facts.severity_confirmed)
        case Phase.COMMUNICATING:
            return facts.drafted > 0
        case Phase.ESCALATING:
            return facts.calls_made > 0
        case Phase.DELEGATING:
            return facts.roles_given > 0
        case Phase.RESOLVING:
            return facts.work > 0
        case _:
            return False


def furthest(facts: Facts) -> Phase:
    """The last of the seven phases that has begun and whose HARD facts stand, whatever the label says now."""
    return next(phase for phase in reversed(OPEN) if begun(phase, facts) and not hard_missing(phase, facts))
