"""The one next action of an incident (SCREENS 3.1): the first rule that fits wins. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from incidents.known import Facts, Phase, Question, Viewer, whole_minutes

Words = str | Promise


@dataclass(frozen=True)
class Choice:
    """A further button or link under the big one."""

    code: str
    words: Words


@dataclass(frozen=True)
class NextAction:
    """`step` is the number of the phase it belongs to, 0 when the emergency is over.

    `choices` stand in place of one big button; `escapes` are the links below it.
    """

    code: str
    step: int
    words: Words
    why: Words = ""
    choices: tuple[Choice, ...] = ()
    escapes: tuple[Choice, ...] = ()


def next_action(facts: Facts, viewer: Viewer | None = None) -> NextAction:
    """What to do next, for this viewer (default: `facts.viewer`, else somebody who is not paged)."""
    who = viewer or facts.viewer or Viewer()
    return next(found for rule in RULES if (found := rule(facts, who)))


def _ended(facts: Facts, who: Viewer) -> NextAction | None:
    if facts.is_open:
        return None
    reopen = (Choice("reopen", _("Reopen")),)
    if facts.phase == Phase.MERGED:
        return NextAction(
            "nothing", 0, _("Nothing owed"), escapes=(Choice("unmerge", _("Take apart again")),)
        )
    if facts.phase != Phase.RESOLVED:
        return NextAction("nothing", 0, _("Nothing owed"), escapes=reopen)
    owed = [
        word
        for word, told, final in (
            (gettext("customers"), facts.told_external_at, facts.final_external),
            (gettext("colleagues"), facts.told_internal_at, facts.final_internal),
        )
        if told is not None and not final and not facts.finals_waived
    ]
    if owed:
        why = gettext("Still to be told that it is over: %(who)s") % {"who": ", ".join(owed)}
        return NextAction("final_messages", 0, _("Send the final messages"), why, escapes=reopen)
    return NextAction(
        "close", 0, gettext("Close %(key)s") % {"key": facts.key}, _("Nothing owed"), escapes=reopen
    )


def _paged(facts: Facts, who: Viewer) -> NextAction | None:
    if not (who.is_paged and facts.ladders_running):
        return None
    if facts.paged_next:
        pass_on = gettext("Not me: page %(name)s") % {"name": facts.paged_next}
    else:
        pass_on = gettext("Not me: page the next")
    return NextAction(
        "acknowledge", 1, _("I've got it"), _if_you_do_nothing(facts), escapes=(Choice("pass_on", pass_on),)
    )


def _if_you_do_nothing(facts: Facts) -> str:
    if not (facts.paged_next and facts.paged_next_at):
        return ""
    minutes = whole_minutes(facts.paged_next_at - facts.at)
    return gettext("%(name)s in %(minutes)s min") % {"name": facts.paged_next, "minutes": minutes}


def _others_paged(facts: Facts, who: Viewer) -> NextAction | None:
    """Somebody has to take it: a first ladder calls, found nobody, or waits for the office to open."""
    if facts.first_ladder_runs and not who.is_manager:
        names = ", ".join(facts.being_paged)
        why = gettext("Calling %(names)s") % {"names": names} if names else _("Paging")
        return NextAction("take", 1, _("I take it"), why)
    if facts.acknowledged_at is not None or facts.managers:
        return None
    if facts.held_until is not None:
        why = gettext("Held until %(time)s") % {"time": facts.clock(facts.held_until)}
        return NextAction("take", 1, _("I take it"), why, escapes=(Choice("page_now", _("Page now")),))
    why = _("Nobody answered") if facts.nobody_answered else _("Nobody has it")
    return NextAction("take", 1, _("I take it"), why, escapes=(Choice("page_now", _("Page again")),))


def _is_it_real(facts: Facts, who: Viewer) -> NextAction | None:
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


def _place(facts: Facts, who: Viewer) -> NextAction | None:
    if facts.places:
        return None
    return NextAction(
        "open_room",
        2,
        _("Open the usual room"),
        _("There is no place to talk yet"),
        escapes=(Choice("paste_link", _("Paste a link")), Choice("one_room", _("We are in one room"))),
    )


def _severity(facts: Facts, who: Viewer) -> NextAction | None:
    if facts.severity_rank is not None:
        return None
    return NextAction(
        "severity", 3, _("How bad is it?"), escapes=(Choice("not_sure", _("Not sure (counts as SEV2)")),)
    )


def _roles(facts: Facts, who: Viewer) -> NextAction | None:
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


def _tell(facts: Facts, who: Viewer) -> NextAction | None:
    if not (facts.owes_external or facts.owes_internal):
        return None
    minutes = whole_minutes(facts.at - facts.since)
    if facts.owes_external:
        why = gettext("Customers have heard nothing, %(minutes)s min") % {"minutes": minutes}
    else:
        why = gettext("Colleagues have heard nothing, %(minutes)s min") % {"minutes": minutes}
    return NextAction(
        "tell",
        4,
        _("Tell people what you know"),
        why,
        escapes=(
            Choice("not_yet", _("Not yet, 10 min")),
            Choice("nobody_notices", _("Nobody notices")),
            Choice("held_back", _("Held back")),
        ),
    )


def _late(facts: Facts, who: Viewer) -> NextAction | None:
    if facts.next_update_at is None or facts.next_update_at >= facts.at:
        return None
    minutes = whole_minutes(facts.at - facts.next_update_at)
    return NextAction(
        "update",
        4,
        gettext("Update is %(minutes)s min late") % {"minutes": minutes},
        gettext("Word was promised by %(time)s") % {"time": facts.clock(facts.next_update_at)},
        escapes=(Choice("same_as_before", _("Same as before, +30 min")),),
    )


def _give_role(facts: Facts, who: Viewer) -> NextAction | None:
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


def _all_clear(facts: Facts, who: Viewer) -> NextAction | None:
    quiet = facts.alerts > 0 and facts.alerts_firing == 0
    if not quiet or facts.impact_over_at is not None or Question.IMPACT in facts.put_off:
        return None
    choices = [Choice("now", _("Now"))]
    if facts.alerts_clear_at is not None:
        words = gettext("%(time)s (alerts)") % {"time": facts.clock(facts.alerts_clear_at)}
        choices.append(Choice("alerts", words))
    choices.append(Choice("other", _("Another time")))
    return NextAction(
        "impact_over",
        7,
        _("Impact is over?"),
        _("All alerts are clear"),
        choices=tuple(choices),
        escapes=(Choice("still_going_on", _("Still going on")),),
    )


def _resolve(facts: Facts, who: Viewer) -> NextAction | None:
    if facts.impact_over_at is None or Question.RESOLVE in facts.put_off:
        return None
    return NextAction(
        "resolve",
        7,
        gettext("Resolve %(key)s") % {"key": facts.key},
        gettext("Impact over since %(time)s") % {"time": facts.clock(facts.impact_over_at)},
        escapes=(Choice("watch", _("Watch a while longer")),),
    )


def _may_be(facts: Facts, who: Viewer) -> NextAction | None:
    if not facts.severity_provisional or Question.SEVERITY in facts.put_off:
        return None
    return NextAction(
        "confirm_severity",
        3,
        gettext("Is it %(severity)s?") % {"severity": facts.severity_word.rstrip("?")},
        _("The severity is still a guess"),
        escapes=(Choice("dont_know", _("Don't know")),),
    )


def _observe(facts: Facts, who: Viewer) -> NextAction:
    return NextAction(
        "observe",
        7,
        _("What did you see?"),
        escapes=(Choice("decision", _("Decision")),),
    )


RULES: tuple[Callable[[Facts, Viewer], NextAction | None], ...] = (
    _ended,
    _paged,
    _others_paged,
    _is_it_real,
    _place,
    _severity,
    _roles,
    _tell,
    _late,
    _give_role,
    _all_clear,
    _resolve,
    _may_be,
    _observe,
)
