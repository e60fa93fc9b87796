"""Exceptions to a schedule: somebody is added, taken off, or in the place of another; made and taken back."""

from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from oncall.models import Override, OverrideKind, Schedule
from oncall.operations.onduty import (
    Stretch,
    lock_schedule,
    must_be_current,
    must_be_free,
    on_call_within,
    stretches_of,
    time_ahead,
)
from oncall.roster import Span


def add_override(
    *,
    schedule: Schedule,
    kind: str,
    membership: Membership,
    starts_at: datetime,
    ends_at: datetime,
    actor: Actor,
    now: datetime,
    replaces: Membership | None = None,
    note: str = "",
) -> Override:
    """An exception within [starts_at, ends_at); see Override for the kinds. Needs oncall.cover.

    Raises ValidationError for what makes no sense and for another tenant's rows, Conflict where it is all
    past.
    """
    actor.must("oncall.cover")
    with acting(actor, now=now):
        override = Override(
            schedule=schedule,
            kind=kind,
            membership=membership,
            replaces=replaces,
            starts_at=starts_at,
            ends_at=ends_at,
            note=note,
        )
        override.full_clean()
        if ends_at <= now:
            raise Conflict(_("That time is past."))
        if kind != OverrideKind.REMOVE and not membership.is_current:
            raise Conflict(_("%(name)s has left.") % {"name": membership})
        override.save()
        return override


def remove_override(*, override: Override, actor: Actor, now: datetime) -> None:
    """Takes it back: one that has begun ends now, so that what has been stays so. Needs oncall.cover.

    Raises Conflict where it is past, Override.DoesNotExist where it is gone, or another tenant's.
    """
    actor.must("oncall.cover")
    with acting(actor, now=now):
        found: Override = Override.objects.select_for_update(no_key=True, of=("self",)).get(pk=override.pk)
        if found.ends_at <= now:
            raise Conflict(_("That time is past."))
        if found.starts_at < now:
            found.ends_at = now
            found.save(update_fields=["ends_at"])
        else:
            found.delete()


def cover(
    *,
    schedule: Schedule,
    membership: Membership,
    starts_at: datetime,
    ends_at: datetime,
    actor: Actor,
    now: datetime,
    instead_of: Membership | None = None,
    note: str = "",
) -> list[Override]:
    """`membership` is on call for what is left of [starts_at, ends_at): in the place of whoever would be, and
    where nobody would be as well. Needs oncall.cover.

    `instead_of` says for whom, where several are on call together; then holes are left as they are. Answers
    the overrides it took, one for each person and hole. Raises Conflict where `membership` is on call
    already, where several are and nobody said for whom, and where the one covered for is not on call; for
    the rest add_override. Locks the schedule.
    """
    actor.must("oncall.cover")
    with acting(actor, now=now):
        schedule = lock_schedule(schedule.pk)
        start, end = time_ahead(starts_at, ends_at, now)
        must_be_current(membership)
        found = on_call_within(schedule, start, end)
        places = _places_of(instead_of, found) if instead_of else _all_places(found)
        for place in places:
            inside = [span for span in found if place.start <= span.start < place.end]
            must_be_free(membership, inside, schedule.zone)
        people = {row.pk: row for row in Membership.objects.filter(pk__in={one.person for one in places})}
        return [
            add_override(
                schedule=schedule,
                kind=OverrideKind.REPLACE if place.person else OverrideKind.ADD,
                membership=membership,
                replaces=people.get(place.person),
                starts_at=place.start,
                ends_at=place.end,
                actor=actor,
                now=now,
                note=note,
            )
            for place in places
        ]


NOBODY = 0


def _places_of(instead_of: Membership, found: list[Span]) -> list[Stretch]:
    places = [one for one in stretches_of(found) if one.person == instead_of.pk]
    if not places:
        raise Conflict(_("%(name)s is not on call then.") % {"name": instead_of})
    return places


def _all_places(found: list[Span]) -> list[Stretch]:
    """Of each person, and of nobody, without a break."""
    if any(len(span.duties) > 1 for span in found):
        raise Conflict(_("Several people are on call then. Say for whom."))
    places: list[Stretch] = []
    for span in found:
        person = next(iter(span.duties), NOBODY)
        if places and places[-1].person == person:
            places[-1] = places[-1]._replace(end=span.end)
        else:
            places.append(Stretch(person, span.start, span.end))
    return places
