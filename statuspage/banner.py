"""The one sentence on top of a page. Pure; in the language that is active.

Open notices are asked before all is called well: a page with an open incident never says that everything
works, whatever its components say (SCREENS 3.7).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from statuspage.health import DEGRADED, MAINTENANCE, MAJOR, PARTIAL, TROUBLE

MOST_NAMES = 3


@dataclass(frozen=True)
class Banner:
    """`level` names shape and colour: major, partial, degraded, notice, maintenance or ok."""

    level: str
    sentence: str
    tail: str = ""


def banner(
    components: Sequence[tuple[str, str]], open_incidents: Sequence[str], maintenance_until: str = ""
) -> Banner:
    """The first that fits.

    components          (name, status) of all that are shown, in page order
    open_incidents      the status of each open incident
    maintenance_until   "16:00 UTC", when the running maintenance is planned to end
    """
    for status, level in ((MAJOR, "major"), (PARTIAL, "partial"), (DEGRADED, "degraded")):
        names = [name for name, has in components if has == status]
        if names:
            tail = _("We are on it.") if level == "major" else ""
            return Banner(level, _trouble(level, names, components), tail)
    if open_incidents:
        if set(open_incidents) == {"monitoring"}:
            return Banner("notice", _("A fix is in place. We are keeping an eye on it."))
        return Banner("notice", _("We are looking into a problem."))
    names = [name for name, has in components if has == MAINTENANCE]
    if names:
        return Banner("maintenance", _maintenance(names, maintenance_until))
    return Banner("ok", _("Everything works."))


def _trouble(level: str, names: list[str], components: Sequence[tuple[str, str]]) -> str:
    if len(names) > MOST_NAMES:
        troubled = sum(status in TROUBLE for _name, status in components)
        return _("%(some)s of %(all)s services have problems.") % {"some": troubled, "all": len(components)}
    count = len(names)
    sentence = {
        "major": ngettext("%(names)s is not working.", "%(names)s are not working.", count),
        "partial": ngettext(
            "%(names)s fails for some customers.", "%(names)s fail for some customers.", count
        ),
        "degraded": ngettext("%(names)s is slower than usual.", "%(names)s are slower than usual.", count),
    }[level]
    return sentence % {"names": joined(names)}


def _maintenance(names: list[str], until: str) -> str:
    if len(names) > MOST_NAMES:
        listed = ngettext("%(count)s service", "%(count)s services", len(names)) % {"count": len(names)}
    else:
        listed = joined(names)
    if until:
        return _("Planned maintenance: %(names)s, until %(time)s.") % {"names": listed, "time": until}
    return _("Planned maintenance: %(names)s.") % {"names": listed}


def joined(names: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    if len(names) < 2:
        return "".join(names)
    return _("%(most)s and %(last)s") % {"most": ", ".join(names[:-1]), "last": names[-1]}
