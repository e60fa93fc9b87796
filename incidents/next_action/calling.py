"""Phases 5 and 6: who else, and in which role?"""

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from incidents.known import Facts, Question, Viewer
from incidents.next_action.parts import Choice, NextAction


def roles(facts: Facts, who: Viewer) -> NextAction | None:
    settled = facts.has_tech_lead or facts.has_comms or facts.calls_made or Question.ROLES in facts.put_off
    if not facts.is_big or not facts.callable_roles or settled:
        return None
    count = len(facts.callable_roles)
    words = ngettext("Call in 1 person", "Call in %(count)s people", count) % {"count": count}
    return NextAction(
        "call_in",
        5,
        words,
        ", ".join(facts.callable_roles),
        escapes=(Choice("alone", _("We can do it alone")),),
    )


def give_role(facts: Facts, who: Viewer) -> NextAction | None:
    if not facts.here_without_role or Question.GIVE_ROLE in facts.put_off:
        return None
    return NextAction(
        "give_role",
        6,
        gettext("%(name)s is here. Give a role:") % {"name": facts.here_without_role[0]},
        choices=(
            Choice("tech_lead", _("Lead")),
            Choice("comms", _("Comms")),
            Choice("helps", _("Helps")),
        ),
        escapes=(Choice("later", _("Later")),),
    )
