"""Deeds of phase 7 and after: impact over, resolved, closed, reopened, merged."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from incidents.models import Incident
from incidents.operations.merging import merge, unmerge
from incidents.operations.resolving import close, impact_over, reopen, resolve
from incidents.views.deeds.given import Given


def do_impact_over(given: Given) -> str:
    """`time` is a wall clock, `at` a moment or "now"; both empty: it is not over after all."""
    at = given.past_time("time") or given.moment("at")
    impact_over(incident=given.incident, at=at, actor=given.actor, now=given.now)
    return _("The impact is over.") if at else _("The impact goes on.")


def do_resolve(given: Given) -> str:
    """Both confirmations are ticks of the form; what is not ticked is refused in words by the operation."""
    at = given.past_time("time")
    if at is None and given.said("over") and given.incident.impact_over_at is None:
        at = given.now
    send = given.said("send") == "both"
    # The sheet holds both variants of the words to customers (R44), and says which is meant.
    promises = given.said("postmortem") != "no"
    variant = "external" if promises or not given.said("external_plain") else "external_plain"
    external = given.said(variant)
    resolve(
        incident=given.incident,
        impact_over_at=at if given.said("over") or at else None,
        internal=(given.said("internal") or None) if send else None,
        external=(external or None) if send else None,
        nothing_is_imminent=bool(given.said("imminent")),
        postmortem=promises,
        seal=given.said(f"{variant}_seal"),
        cause_unknown=bool(given.said("cause_unknown")),
        actor=given.actor,
        now=given.now,
    )
    return _("Resolved.")


def do_close(given: Given) -> str:
    close(incident=given.incident, waived=given.said("waived"), actor=given.actor, now=given.now)
    return _("Closed.")


def do_reopen(given: Given) -> str:
    reopen(incident=given.incident, reason=given.said("reason"), actor=given.actor, now=given.now)
    return _("Open again.")


def do_merge(given: Given) -> str:
    number = given.said("into")
    target = None
    if number.isascii() and number.isdigit() and len(number) < 10:
        target = Incident.objects.visible_to(given.membership).filter(number=int(number)).first()
    if target is None:
        raise ValidationError(_("That choice does not exist here."))
    merge(incident=given.incident, into=target, actor=given.actor, now=given.now)
    return _("Merged into %(key)s.") % {"key": target.key}


def do_unmerge(given: Given) -> str:
    unmerge(incident=given.incident, actor=given.actor, now=given.now)
    return _("Taken apart again.")
