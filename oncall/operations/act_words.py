"""In words: the rule that decides what a ladder does with a step. For the preview and screens."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall import verdicts
from oncall.ladder import IN_TURN
from oncall.operations.course import Act
from oncall.operations.crew import names
from oncall.verdicts import EMPTY, PASSED, SEVERITY, TAKES


def note_of(act: Act) -> str:
    """Of a step that pages people: whose turn, how many answers. Empty where there is nothing to say."""
    said = []
    if act.rung.strategy == IN_TURN and act.called:
        said.append(_("one in turn: this time %(name)s") % {"name": names(act.called)[0]})
    if (needed := act.rung.answers_needed) > 1:
        said.append(_("%(number)s answers needed") % {"number": needed})
    return "; ".join(said)


def passed_in_words(act: Act, now: datetime) -> str:
    """Of a step in which nobody is paged: why, and until when. In the active time zone."""
    kind, why, until = act.verdict
    if kind == PASSED:
        return PASSED_OVER[why]()
    if kind == TAKES:
        words = ngettext(
            "nobody is on call: waits %(number)s minute",
            "nobody is on call: waits %(number)s minutes",
            act.rung.delay_minutes,
        )
        return words % {"number": act.rung.delay_minutes}
    assert until is not None
    return held_in_words(why, until, now)


def held_in_words(why: str, until: datetime, now: datetime) -> str:
    """ "held until Mon 09:00: nobody is on call"."""
    time = {"time": moment_in_words(until, now)}
    if why == EMPTY:
        return _("held until %(time)s: nobody is on call") % time
    return _("held until %(time)s: outside its hours") % time


PASSED_OVER = {
    EMPTY: lambda: _("passed over: nobody is on call"),
    SEVERITY: lambda: _("passed over: not at this severity"),
    verdicts.HOURS: lambda: _("passed over: outside its hours"),
    verdicts.ANSWERED: lambda: _("passed over: they have it"),
}


def moment_in_words(moment: datetime, now: datetime) -> str:
    """03:07 on the day of `now`; "Mon 03:07" within a week; "Mon 23 Nov 03:07" beyond."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    days = (local.date() - today.date()).days
    return date_format(local, "H:i" if not days else "D H:i" if days < 7 else "D j M H:i")
