"""Phase 3: how bad is it?"""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incidents.known import Facts, Question, Viewer
from incidents.next_action.parts import Choice, NextAction


def severity(facts: Facts, who: Viewer) -> NextAction | None:
    if facts.severity_rank is not None:
        return None
    return NextAction(
        "severity", 3, _("How bad is it?"), escapes=(Choice("not_sure", _("Not sure (counts as SEV2)")),)
    )


def may_be(facts: Facts, who: Viewer) -> NextAction | None:
    if not facts.severity_provisional or Question.SEVERITY in facts.put_off:
        return None
    return NextAction(
        "confirm_severity",
        3,
        gettext("Is it %(severity)s?") % {"severity": facts.severity_word.rstrip("?")},
        _("The severity is still a guess"),
        escapes=(Choice("dont_know", _("Don't know")),),
    )
