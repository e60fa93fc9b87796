"""Phase 2: a place to talk."""

from django.utils.translation import gettext_lazy as _

from incidents.known import Facts, Viewer
from incidents.next_action.parts import Choice, NextAction


def place(facts: Facts, who: Viewer) -> NextAction | None:
    if facts.places:
        return None
    return NextAction(
        "open_room",
        2,
        _("Open the usual room"),
        _("There is no place to talk yet"),
        escapes=(Choice("paste_link", _("Paste a link")), Choice("one_room", _("We are in one room"))),
    )
