"""A message to people about what was found in their schedules: by mail, in each one's language and zone."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.tenancy import links
from config.tenancy.models import Membership, Tenant
from config.tenancy.roles import Role
from config.tenancy.scoping import bound_tenant_id
from oncall.models import CoverageGap, PersonalKind, PersonalMessage

LISTED = 6


def tell_gaps(gaps: Sequence[CoverageGap], *, now: datetime) -> None:
    """One message to each owner about all of these. Inside a transaction. Reads schedule and member."""
    owners = Membership.objects.filter(role=Role.OWNER.value, ended_at=None, user__is_active=True)
    tell(owners.select_related("user"), lambda owner: gap_words(gaps, owner.user.zone), now=now)


def tell(people: Iterable[Membership], words: Callable[[Membership], str], *, now: datetime) -> None:
    """Writes a notice to each; it is sent after commit. `words` is called in that person's language."""
    slug = Tenant.objects.values_list("slug", flat=True).get(pk=bound_tenant_id())
    for person in people:
        with translation.override(person.user.language):
            said = words(person)
        PersonalMessage.objects.create(
            membership=person,
            kind=PersonalKind.NOTICE,
            why={"words": said, "link": links.tenant(slug, "oncall")},
            created_at=now,
            retry_at=now,
        )


def gap_words(gaps: Sequence[CoverageGap], zone: ZoneInfo) -> str:
    """ "Checkout: nobody Fri 25 Dec 02:00 to 06:00 (Europe/Amsterdam)." a line, the first six."""
    lines = [_gap_line(gap, zone) for gap in gaps[:LISTED]]
    if (more := len(gaps) - LISTED) > 0:
        lines.append(ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more})
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
