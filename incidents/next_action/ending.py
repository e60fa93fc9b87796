"""After the emergency."""

from datetime import date

from django.utils import dateformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incidents.known import Facts, Phase, Viewer
from incidents.next_action.parts import Choice, NextAction

REOPEN = Choice("reopen", _("Reopen"))
OWED = ("owed", "draft")


def ended(facts: Facts, who: Viewer) -> NextAction | None:
    if facts.is_open:
        return None
    if facts.phase == Phase.MERGED:
        return NextAction(
            "nothing", 0, _("Nothing owed"), escapes=(Choice("unmerge", _("Take apart again")),)
        )
    found = _final_messages(facts) or _postmortem(facts)
    if found is not None:
        return found
    why = _still_to_do(facts) or gettext("Nothing owed")
    if facts.phase == Phase.RESOLVED:
        words = gettext("Close %(key)s") % {"key": facts.key}
        return NextAction("close", 0, words, why, escapes=(REOPEN,))
    words = why if facts.phase == Phase.CLOSED else gettext("Nothing owed")
    return NextAction("nothing", 0, words, escapes=(REOPEN,))


def _final_messages(facts: Facts) -> NextAction | None:
    owed = [
        word
        for word, told, final in (
            (gettext("customers"), facts.told_external_at, facts.final_external),
            (gettext("colleagues"), facts.told_internal_at, facts.final_internal),
        )
        if told is not None and not final and not facts.finals_waived
    ]
    if not owed or facts.phase != Phase.RESOLVED:
        return None
    why = gettext("Still to be told that it is over: %(who)s") % {"who": ", ".join(owed)}
    return NextAction("final_messages", 0, _("Send the final messages"), why, escapes=(REOPEN,))


def _postmortem(facts: Facts) -> NextAction | None:
    if facts.postmortem not in OWED or facts.phase not in (Phase.RESOLVED, Phase.CLOSED):
        return None
    words, why = _("Write the postmortem"), due_words(facts)
    if facts.postmortem == "draft":
        words = _("Publish the postmortem")
    escapes = [REOPEN, Choice("waive_postmortem", _("Not needed"))]
    if facts.phase == Phase.RESOLVED:
        escapes.insert(1, Choice("close", gettext("Close %(key)s") % {"key": facts.key}))
    return NextAction("postmortem", 0, words, why, escapes=tuple(escapes))


def due_words(facts: Facts) -> str:
    """due Tue; due 1 Dec; late since 1 Dec."""
    if not facts.postmortem_due:
        return ""
    due, today = date.fromisoformat(facts.postmortem_due), facts.at.astimezone(facts.zone).date()
    near = 0 <= (due - today).days < 7
    words = {"day": dateformat.format(due, "D" if near else "j M")}
    return (gettext("late since %(day)s") if due < today else gettext("due %(day)s")) % words


def _still_to_do(facts: Facts) -> str:
    if facts.actions_unplanned:
        return gettext("An action item has nobody or no date")
    return gettext("Action items are still open") if facts.actions_open else ""
