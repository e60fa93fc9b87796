"""What is said of a stretch: in a block, in a sentence, and why. In the reader's language and zone. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from oncall.drawing.lanes import Stretch
from oncall.drawing.marks import initials
from oncall.duty import ADD, REMOVE, SWAP, Duty
from oncall.layers import LEFT

DAY = timedelta(days=1)


def hour(moment: datetime, zone: ZoneInfo) -> str:
    return date_format(moment.astimezone(zone), "H:i")


def day_and_hour(moment: datetime, zone: ZoneInfo) -> str:
    return date_format(moment.astimezone(zone), "D j M H:i")


def from_to(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """ "Tue 24 Nov 02:00 to 06:00"; the second day is said where it is another one."""
    same = start.astimezone(zone).date() == end.astimezone(zone).date()
    words = {"start": day_and_hour(start, zone), "end": (hour if same else day_and_hour)(end, zone)}
    return _("%(start)s to %(end)s") % words


def labels(one: Stretch, names: Mapping[int, str], zone: ZoneInfo) -> tuple[str, ...]:
    """For a block, the longest first."""
    if one.duty is None:
        said = {"start": hour(one.start, zone), "end": hour(one.end, zone)}
        if one.end - one.start >= DAY:  # hours alone would be taken for those of one day
            return (_("Nobody"), "!")
        return (_("Nobody %(start)s–%(end)s") % said, _("Nobody"), "!")
    name = names[one.duty.person]
    short = initials(name)
    cover = one.duty.cover
    if cover is None:
        return (name, short)
    if cover.kind == REMOVE:
        return (_("without %(name)s") % {"name": name}, _("without %(name)s") % {"name": short})
    if cover.instead_of is None:
        return (_("also %(name)s") % {"name": name}, name, short)
    for_whom = names[cover.instead_of]
    pair = {"name": name, "whom": for_whom}
    brief = {"name": short, "whom": initials(for_whom)}
    return (_("%(name)s for %(whom)s") % pair, _("%(name)s for %(whom)s") % brief, short)


def sentence(one: Stretch, schedule: str, names: Mapping[int, str], zone: ZoneInfo) -> str:
    """The whole of it, for whoever listens and for the table."""
    said = {"schedule": schedule, "when": from_to(one.start, one.end, zone)}
    if one.duty is None:
        return _("Nobody is on call for %(schedule)s, %(when)s.") % said
    said |= {"name": names[one.duty.person], "why": why(one.duty, names)}
    if one.duty.cover and one.duty.cover.kind == REMOVE:
        return _("%(name)s is taken off %(schedule)s, %(when)s.") % said
    return _("%(name)s is on call for %(schedule)s, %(when)s: %(why)s.") % said


def why(duty: Duty, names: Mapping[int, str]) -> str:
    """ "layer Weekly", "covers for Anna", "by swap with Anna"; then whom the turn passed over."""
    said = _reason(duty, names)
    if duty.skipped:
        passed = [
            (_("%(name)s has left") if one.why == LEFT else _("%(name)s is away"))
            % {"name": names.get(one.person, "?")}
            for one in duty.skipped
        ]
        said = f"{said}; {', '.join(passed)}"
    return said


def _reason(duty: Duty, names: Mapping[int, str]) -> str:
    cover = duty.cover
    if cover is not None:
        whom = {"name": names.get(cover.instead_of or 0, "")}
        if cover.kind == ADD or cover.instead_of is None:
            return _("also on call")
        return _("by swap with %(name)s") % whom if cover.kind == SWAP else _("covers for %(name)s") % whom
    if duty.temporary is not None:
        return _("temporary schedule %(name)s") % {"name": duty.temporary.name}
    return pgettext("of a schedule", "layer %(name)s") % {"name": duty.layer}


def people_in(one: Stretch) -> set[int]:
    """Everybody whose name is needed to speak of it."""
    if one.duty is None:
        return set()
    found = {one.duty.person, *(passed.person for passed in one.duty.skipped)}
    if one.duty.cover and one.duty.cover.instead_of:
        found.add(one.duty.cover.instead_of)
    return found
