"""Phase 4: who knows?"""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incidents.known import Facts, Viewer, whole_minutes
from incidents.next_action.parts import Choice, NextAction


def tell(facts: Facts, who: Viewer) -> NextAction | None:
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


def late(facts: Facts, who: Viewer) -> NextAction | None:
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
