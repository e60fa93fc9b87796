"""Absences: somebody is away, rotations pass them over, and what is said about it: which duties that hits."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from oncall.models import Absence, Schedule
from oncall.operations.onduty import must_be_current, said, stretches_of, time_ahead
from oncall.operations.reading import rosters_of
from oncall.operations.resolve import people_by_id
from oncall.roster import Absence as Away
from oncall.roster import Roster, spans


@dataclass(frozen=True)
class Hit:
    """A duty within the absence. `instead` are those on call then; `stays`: it is not passed on by itself."""

    schedule: Schedule
    starts_at: datetime
    ends_at: datetime
    stays: bool
    instead: tuple[Membership, ...] = ()

    def __str__(self) -> str:
        names = ", ".join(str(one) for one in self.instead)
        words = {
            "schedule": self.schedule.name,
            "from": said(self.starts_at, self.schedule.zone),
            "until": said(self.ends_at, self.schedule.zone),
            "names": names,
        }
        if self.stays:
            return _("Still on call for %(schedule)s, %(from)s – %(until)s. Ask somebody.") % words
        if not names:
            return _("Nobody is on call for %(schedule)s, %(from)s – %(until)s.") % words
        return _("%(schedule)s, %(from)s – %(until)s: %(names)s instead.") % words


@dataclass(frozen=True)
class Added:
    absence: Absence
    hits: list[Hit]

    @property
    def warnings(self) -> list[str]:
        return [str(hit) for hit in self.hits]


def add_absence(
    *,
    membership: Membership,
    starts_at: datetime,
    ends_at: datetime,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> Added:
    """`membership` is away within [starts_at, ends_at); what of it is past counts for nothing.

    Needs oncall.cover, for another person oncall.setup. Raises ValidationError for what makes no sense, and
    for another tenant's person.
    """
    actor.must("oncall.cover")
    _must_be_own(membership.pk, actor)
    with acting(actor, now=now):
        start, end = time_ahead(starts_at, ends_at, now)
        must_be_current(membership)
        row = Absence(membership=membership, starts_at=starts_at, ends_at=ends_at, note=note)
        row.full_clean()
        hits = hits_of(membership, start, end)
        row.save()
        return Added(row, hits)


def remove_absence(*, absence: Absence, actor: Actor, now: datetime) -> None:
    """Back: an absence that has begun ends now, one to come goes. Needs what adding it did.

    Raises Conflict where it is past, or comes from a calendar; Absence.DoesNotExist where it is gone, or
    another tenant's.
    """
    actor.must("oncall.cover")
    with acting(actor, now=now):
        found: Absence = Absence.objects.select_for_update(no_key=True, of=("self",)).get(pk=absence.pk)
        _must_be_own(found.membership_id, actor)
        if found.calendar_id is not None:
            raise Conflict(_("It comes from a calendar. Change it there."))
        if found.ends_at <= now:
            raise Conflict(_("That time is past."))
        if found.starts_at < now:
            found.ends_at = now
            found.save(update_fields=["ends_at"])
        else:
            found.delete()


def hits_of(membership: Membership, start: datetime, end: datetime) -> list[Hit]:
    """The duties in [start, end) of somebody who would be away for all of it. Reads all schedules."""
    schedules = {schedule.pk: schedule for schedule in Schedule.objects.all()}
    rosters = rosters_of(schedules, since=start)
    found: list[tuple[int, datetime, datetime, bool, set[int]]] = []
    for pk, roster in rosters.items():
        found.extend((pk, *hit) for hit in _hits(roster, membership.pk, start, end))
    people = people_by_id({person for *_rest, instead in found for person in instead})
    return [
        Hit(schedules[pk], begins, ends, stays, tuple(people[person] for person in sorted(instead)))
        for pk, begins, ends, stays, instead in found
    ]


def _hits(
    roster: Roster, person: int, start: datetime, end: datetime
) -> list[tuple[datetime, datetime, bool, set[int]]]:
    here = spans(roster, start, end)
    away = replace(roster, absences=(*roster.absences, Away(person, start, end)))
    gone = spans(away, start, end)
    found: list[tuple[datetime, datetime, bool, set[int]]] = []
    for duty in (one for one in stretches_of(here) if one.person == person):
        for stretch in (one for one in stretches_of(gone) if one.person == person):
            begins, ends = max(duty.start, stretch.start), min(duty.end, stretch.end)
            if begins < ends:
                found.append((begins, ends, True, set()))
        for span in gone:
            begins, ends = max(duty.start, span.start), min(duty.end, span.end)
            if begins < ends and person not in span.duties:
                found.append((begins, ends, False, set(span.duties)))
    return sorted(found, key=lambda hit: hit[0])


def _must_be_own(membership_id: int, actor: Actor) -> None:
    if actor.membership_id != membership_id:
        actor.must("oncall.setup")
