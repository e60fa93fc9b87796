"""Phase 1: somebody has it, and is it real?"""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incidents.known import Facts, Viewer, whole_minutes
from incidents.next_action.parts import Choice, NextAction


def paged(facts: Facts, who: Viewer) -> NextAction | None:
    if not (who.is_paged and facts.ladders_running):
        return None
    why = _if_you_do_nothing(facts)
    if who.is_called_in:
        cannot = Choice("cannot", _with_next(facts, gettext("Cannot: page %(name)s"), gettext("Cannot")))
        later = Choice("in_ten", _("In 10 min"))
        return NextAction("coming", 5, _("Coming"), why, escapes=(later, cannot))
    pass_on = _with_next(facts, gettext("Not me: page %(name)s"), gettext("Not me: page the next"))
    return NextAction("acknowledge", 1, _("I've got it"), why, escapes=(Choice("pass_on", pass_on),))


def _with_next(facts: Facts, words: str, nobody: str) -> str:
    """Names who is paged instead; nobody is offered to page themselves."""
    return words % {"name": facts.paged_next} if facts.paged_next and not facts.paged_next_is_me else nobody


def _if_you_do_nothing(facts: Facts) -> str:
    if not (facts.paged_next and facts.paged_next_at):
        return ""
    minutes = whole_minutes(facts.paged_next_at - facts.at)
    if facts.paged_next_is_me:
        return gettext("You again in %(minutes)s min") % {"minutes": minutes}
    return gettext("%(name)s in %(minutes)s min") % {"name": facts.paged_next, "minutes": minutes}


def others_paged(facts: Facts, who: Viewer) -> NextAction | None:
    """Somebody has to take it: a first ladder calls, found nobody, or waits for the office to open."""
    if facts.first_ladder_runs and not who.is_manager:
        names = "; ".join(facts.being_paged_how) or ", ".join(facts.being_paged)
        why = gettext("Calling %(names)s") % {"names": names} if names else _("Paging")
        return NextAction("take", 1, _("I take it"), why)
    if facts.acknowledged_at is not None or facts.managers:
        return None
    if facts.held_until is not None:
        held = (
            gettext("Maintenance until %(time)s") if facts.in_maintenance else gettext("Held until %(time)s")
        )
        why = held % {"time": facts.clock(facts.held_until)}
        return NextAction("take", 1, _("I take it"), why, escapes=(Choice("page_now", _("Page now")),))
    why = _("Nobody answered") if facts.nobody_answered else _("Nobody has it")
    return NextAction("take", 1, _("I take it"), why, escapes=(Choice("page_now", _("Page again")),))


def is_it_real(facts: Facts, who: Viewer) -> NextAction | None:
    if facts.confirmed_at is not None:
        return None
    return NextAction(
        "confirm",
        1,
        _("Is it real?"),
        choices=(
            Choice("customers_notice", _("Yes, customers notice")),
            Choice("not_noticed", _("Yes, not yet noticed")),
            Choice("false_alarm", _("False alarm")),
        ),
        escapes=(Choice("snooze", _("Snooze 15 min")),),
    )
