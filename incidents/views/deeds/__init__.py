"""Every button of the incident room: a name in the address, a function that calls one operation."""

from collections.abc import Callable

from incidents.views.deeds import (
    after,
    answering,
    assessing,
    circle,
    ending,
    findings,
    leading,
    people,
    places,
    telling,
)
from incidents.views.deeds.given import Given

__all__ = ["DEEDS", "Given"]

# A deed returns the words that are said when it worked. It may raise Conflict, ValidationError and
# PermissionDenied, which are said in place.
DEEDS: dict[str, Callable[[Given], str]] = {
    name.removeprefix("do_"): deed
    for room in (answering, leading, telling, ending, assessing, places, findings, circle, people, after)
    for name, deed in vars(room).items()
    if name.startswith("do_")
}
