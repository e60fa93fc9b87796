"""Phase 7: the loop, and the end."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incidents.known import Facts, Question, Viewer
from incidents.next_action.parts import Choice, NextAction


def all_clear(facts: Facts, who: Viewer) -> NextAction | None:
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


def resolve(facts: Facts, who: Viewer) -> NextAction | None:
    if facts.impact_over_at is None or Question.RESOLVE in facts.put_off:
        return None
    escapes = [Choice("watch", _("Watch a while longer"))]
    if facts.notice_open:
        # The public word for "it is over, and we are still looking".
        escapes.append(Choice("monitoring", _("Tell customers: Monitoring")))
    return NextAction(
        "resolve",
        7,
        gettext("Resolve %(key)s") % {"key": facts.key},
        gettext("Impact over since %(time)s") % {"time": facts.clock(facts.impact_over_at)},
        escapes=tuple(escapes),
    )


def observe(facts: Facts, who: Viewer) -> NextAction:
    """The loop: what was seen, what it may be, what is tried, what is done about it."""
    return NextAction(
        "observe",
        7,
        _("What did you see?"),
        escapes=(
            Choice("theory", _("Theory")),
            Choice("test", _("Test")),
            Choice("decision", _("Decision")),
        ),
    )
