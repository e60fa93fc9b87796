"""Who could not be woken, tonight or at any time to come, and why: asked before the night, not in it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from oncall.models import Absence, ContactMethod, PagerProfile, Schedule, Urgency
from oncall.operations.reach import OWN_MAIL, RULES, SILENT, Reach, Way, fallback_in_words, reach_of
from oncall.operations.resolve import people_by_id, rosters_of
from oncall.roster import Roster, spans
from oncall.senders.available import missing_setting


@dataclass(frozen=True)
class Unwakeable:
    """A person and the time within which they are on call. `why` is a sentence in the reader's language.

    `doubt`: they might well wake up, and nobody has ever seen it work.
    """

    membership: Membership
    schedule: Schedule
    why: str
    starts_at: datetime
    ends_at: datetime
    doubt: bool = False


@dataclass(frozen=True)
class Stretch:
    """One person on call for one schedule, without a break."""

    person: int
    schedule: Schedule
    starts_at: datetime
    ends_at: datetime


def who_cannot_be_woken(
    *, begins_at: datetime, ends_at: datetime, now: datetime, schedules: Collection[Schedule] | None = None
) -> list[Unwakeable]:
    """Everybody on call within that time who has something against being woken, by time; doubts last.

    Of `schedules`, or all. A fixed number of queries.
    """
    asked = list(schedules) if schedules is not None else list(Schedule.objects.order_by("name"))
    rosters = rosters_of((one.pk for one in asked), since=min(begins_at, now))
    stretches = [
        one for schedule in asked for one in _stretches(rosters[schedule.pk], schedule, begins_at, ends_at)
    ]
    ids = {one.person for one in stretches}
    people, reasons, away = people_by_id(ids), reasons_of(ids), _away(ids, begins_at, ends_at)
    found: list[Unwakeable] = []
    for one in stretches:
        if reason := reasons.get(one.person):
            words, doubt = reason
            who = people[one.person]
            found.append(Unwakeable(who, one.schedule, words, one.starts_at, one.ends_at, doubt))
        found += _on_call_while_away(one, people[one.person], away.get(one.person, ()))
    return sorted(found, key=lambda row: (row.doubt, row.starts_at, str(row.membership)))


def reasons_of(membership_ids: Collection[int]) -> dict[int, tuple[str, bool]]:
    """Why these people would not wake up: words, and whether it is only a doubt. Who would is not in it.

    Judged as a page of high urgency would go (reach.py). Four queries whatever their number.
    """
    reach = reach_of(membership_ids, urgency=Urgency.HIGH)
    contacts: dict[int, list[ContactMethod]] = {}
    for contact in ContactMethod.objects.filter(membership_id__in=membership_ids):
        contacts.setdefault(contact.membership_id, []).append(contact)
    profiles = PagerProfile.objects.filter(membership_id__in=membership_ids, tested_at__isnull=False)
    tested = set(profiles.values_list("membership_id", flat=True))
    found = {}
    for person, how in reach.items():
        if how.source == OWN_MAIL or not _working(how.ways):
            found[person] = (_why_not(contacts.get(person, [])), False)
        elif words := _doubt(how, person in tested):
            found[person] = (words, True)
    return found


def _working(ways: Iterable[Way]) -> list[Way]:
    return [way for way in ways if not missing_setting(way.method)]


def _why_not(own: list[ContactMethod]) -> str:
    """Of somebody whom no contact method of their own reaches."""
    if not own:
        return _("No contact method.")
    if not any(one.verified_at is not None for one in own):
        return _("No contact method is verified.")
    usable = [one for one in own if one.is_usable]
    if not usable:
        return _("Every verified contact method is switched off.")
    missing = missing_setting(usable[0].kind)
    return _("This installation cannot send: %(setting)s is not set.") % {"setting": missing}


def _doubt(how: Reach, tested: bool) -> str:
    if all(way.method in SILENT for way in _working(how.ways)):
        return _("By e-mail only: that wakes nobody.")
    if how.source != RULES:
        return fallback_in_words(how.source)
    return "" if tested else _("Never tested: nobody knows whether a page arrives.")


def _stretches(
    roster: Roster, schedule: Schedule, begins_at: datetime, ends_at: datetime
) -> Iterable[Stretch]:
    """Each person's time on call, joined where they go on although something else about it changes."""
    open_since: dict[int, datetime] = {}
    for span in spans(roster, begins_at, ends_at):
        for person in [person for person in open_since if person not in span.duties]:
            yield Stretch(person, schedule, open_since.pop(person), span.start)
        for person in span.duties:
            open_since.setdefault(person, span.start)
    for person, since in open_since.items():
        yield Stretch(person, schedule, since, ends_at)


def _away(ids: Collection[int], begins_at: datetime, ends_at: datetime) -> dict[int, list[Absence]]:
    found: dict[int, list[Absence]] = {}
    rows = Absence.objects.filter(membership_id__in=ids, starts_at__lt=ends_at, ends_at__gt=begins_at)
    for absence in rows.order_by("starts_at"):
        found.setdefault(absence.membership_id, []).append(absence)
    return found


def _on_call_while_away(
    one: Stretch, person: Membership, absences: Iterable[Absence]
) -> Iterable[Unwakeable]:
    """Rotations pass over who is away; somebody put them there by an override or a temporary schedule."""
    for absence in absences:
        start, end = max(one.starts_at, absence.starts_at), min(one.ends_at, absence.ends_at)
        if start < end:
            yield Unwakeable(person, one.schedule, _("On call while away."), start, end)
