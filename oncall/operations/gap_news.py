"""Owners hear of new gaps in their schedules: one message each, in their own language and zone."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from config.tenancy.roles import Role
from oncall.models import CoverageGap
from oncall.operations.notes import tell_one

LISTED = 6


def tell_gaps(gaps: Sequence[CoverageGap], *, now: datetime) -> None:
    """One message to each owner about all of these. Inside a transaction. Reads schedule and member."""
    owners = Membership.objects.filter(role=Role.OWNER.value, ended_at=None, user__is_active=True)
    for owner in owners.select_related("user").order_by("pk"):
        tell_one(owner, partial(gap_words, gaps, owner.user.zone), now=now)


def gap_words(gaps: Sequence[CoverageGap], zone: ZoneInfo) -> str:
    """ "Checkout: nobody Fri 25 Dec 02:00 to 06:00 (Europe/Amsterdam)." a line, the first six."""
    lines = [_gap_line(gap, zone) for gap in gaps[:LISTED]]
    if (more := len(gaps) - LISTED) > 0:
        lines.append(_("and %(n)d more") % {"n": more})
    head = _("Hours in which nobody would be woken, or somebody could not be:")
    return "\n".join([head, *lines, _("Times in %(zone)s.") % {"zone": zone.key}])


def _gap_line(gap: CoverageGap, zone: ZoneInfo) -> str:
    start, end = gap.starts_at.astimezone(zone), gap.ends_at.astimezone(zone)
    same_day = start.date() == end.date()
    words = {
        "schedule": gap.schedule.name,
        "name": str(gap.membership or ""),
        "start": date_format(start, "D j M H:i"),
        "end": date_format(end, "H:i" if same_day else "D j M H:i"),
    }
    if gap.membership_id is None:
        return _("%(schedule)s: nobody from %(start)s to %(end)s") % words
    return _("%(schedule)s: %(name)s cannot be reached from %(start)s to %(end)s") % words
