"""What the operations on schedules ask before they write: a lock, who is on call in a time, and its words."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from oncall.models import Absence, Schedule
from oncall.operations.reading import rosters_of
from oncall.roster import Span, spans

LONGEST = timedelta(days=366)


class Stretch(NamedTuple):
    person: int
    start: datetime
    end: datetime


def lock_schedule(pk: int) -> Schedule:
    """Read afresh and locked to the end of the transaction: of two who cover the second sees the first.

    Raises Schedule.DoesNotExist for a missing one, and for another tenant's. Nothing else is locked with it.
    """
    found: Schedule = Schedule.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    return found


def time_ahead(starts_at: datetime, ends_at: datetime, now: datetime) -> tuple[datetime, datetime]:
    """What of [starts_at, ends_at) is still to come. Raises Conflict where nothing is, ValidationError for
    what is no stretch of time, or is longer than a year.
    """
    if ends_at <= starts_at:
        raise ValidationError({"ends_at": _("It must end after it begins.")})
    if ends_at <= now:
        raise Conflict(_("That time is past."))
    if ends_at - max(starts_at, now) > LONGEST:
        raise ValidationError({"ends_at": _("Choose a year at most.")})
    return max(starts_at, now), ends_at


def must_be_current(membership: Membership) -> None:
    if not membership.is_current or not membership.user.is_active:
        raise Conflict(_("%(name)s has left.") % {"name": membership})


def on_call_within(schedule: Schedule, start: datetime, end: datetime) -> list[Span]:
    """By the rules as they stand. The queries of rosters_of."""
    return spans(rosters_of([schedule.pk], since=start)[schedule.pk], start, end)


def stretches_of(found: list[Span]) -> Iterator[Stretch]:
    """By person, in order: where they are on call without a break, whatever for."""
    going: dict[int, datetime] = {}
    for span in found:
        for person in [person for person in going if person not in span.duties]:
            yield Stretch(person, going.pop(person), span.start)
        for person in span.duties:
            going.setdefault(person, span.start)
    for person, start in going.items():
        yield Stretch(person, start, found[-1].end)


def must_be_free(membership: Membership, found: list[Span], zone: ZoneInfo) -> None:
    """Whoever is on call already can be in nobody else's place: then there would be one fewer."""
    own = next((one for one in stretches_of(found) if one.person == membership.pk), None)
    if own is not None:
        raise Conflict(
            _("%(name)s is on call already, from %(from)s until %(until)s.")
            % {"name": membership, "from": said(own.start, zone), "until": said(own.end, zone)}
        )


def away_in(membership: Membership, start: datetime, end: datetime, zone: ZoneInfo) -> list[str]:
    """A sentence for each absence that touches [start, end). One query."""
    rows = Absence.objects.filter(membership=membership, starts_at__lt=end, ends_at__gt=start)
    return [
        _("%(name)s is away from %(from)s until %(until)s.")
        % {"name": membership, "from": said(row.starts_at, zone), "until": said(row.ends_at, zone)}
        for row in rows
    ]


def said(moment: datetime, zone: ZoneInfo) -> str:
    return date_format(moment.astimezone(zone), "D j M H:i")
