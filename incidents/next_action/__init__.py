"""The one next action of an incident (SCREENS 3.1): the first rule that fits wins. Pure.

A module a phase holds its rules; their order stands here and nowhere else.
"""

from collections.abc import Callable

from incidents.known import Facts, Viewer
from incidents.next_action import assessing, calling, coordinating, detecting, ending, resolving, telling
from incidents.next_action.parts import Choice, NextAction

__all__ = ["RULES", "Choice", "NextAction", "next_action"]

RULES: tuple[Callable[[Facts, Viewer], NextAction | None], ...] = (
    telling.withdraw,
    telling.read_last,
    ending.ended,
    detecting.paged,
    detecting.others_paged,
    detecting.is_it_real,
    coordinating.place,
    assessing.severity,
    calling.roles,
    telling.read,
    telling.wait,
    telling.tell,
    telling.late,
    calling.give_role,
    resolving.all_clear,
    resolving.resolve,
    assessing.question,
    assessing.may_be,
    resolving.observe,
)


def next_action(facts: Facts, viewer: Viewer | None = None) -> NextAction:
    """What to do next, for this viewer (default: `facts.viewer`, else somebody who is not paged)."""
    who = viewer or facts.viewer or Viewer()
    return next(found for rule in RULES if (found := rule(facts, who)))
