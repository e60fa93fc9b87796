"""Phases 5 and 6: who else, and in which role?"""

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from incidents.known import Facts, Question, Viewer
from incidents.next_action.parts import Choice, NextAction


def roles(facts: Facts, who: Viewer) -> NextAction | None:
    settled = facts.has_tech_lead or facts.has_comms or facts.calls_made or Question.ROLES in facts.put_off
    names = [*facts.callable_roles, *(name for name, _uid in facts.callable_teams)]
    if not facts.is_big or not names or settled:
        return None
    count = len(names)
    words = ngettext("Call in 1 person", "Call in %(count)s people", count) % {"count": count}
    if facts.callable_teams:
        many = gettext("Call in %(count)s: teams and roles") % {"count": count}
        words = gettext("Call in %(name)s") % {"name": names[0]} if count == 1 else many
    return NextAction(
        "call_in",
        5,
        words,
        ", ".join(names),
        escapes=(Choice("alone", _("We can do it alone")),),
    )


def give_role(facts: Facts, who: Viewer) -> NextAction | None:
    """Somebody came, by answering or by opening the room, and has nothing to do yet (R32)."""
    here = (*facts.here_without_role, *facts.online_without_role)
    if not here or Question.GIVE_ROLE in facts.put_off:
        return None
    choices = [Choice("helps", _("Helps"))]
    if not facts.has_comms:
        choices.insert(0, Choice("comms", _("Comms")))
    if not facts.has_tech_lead:
        choices.insert(0, Choice("tech_lead", _("Lead")))
    return NextAction(
        "give_role",
        6,
        gettext("%(name)s is here. Give a role:") % {"name": here[0]},
        choices=tuple(choices),
        escapes=(Choice("later", _("Later")),),
    )
