"""After the emergency."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incidents.known import Facts, Phase, Viewer
from incidents.next_action.parts import Choice, NextAction


def ended(facts: Facts, who: Viewer) -> NextAction | None:
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
