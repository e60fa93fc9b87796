"""The one resolver of who is on call, used by the pager, the screens, the API and the commands."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from oncall import roster as pure
from oncall.duty import SWAP
from oncall.layers import LEFT
from oncall.models import Schedule
from oncall.operations.reading import rosters_of
from oncall.roster import Duty, Roster, Skipped

__all__ = [
    "OnCall",
    "all_on_call",
    "ids_in",
    "next_on_call",
    "on_call_at",
    "on_call_for",
    "people_by_id",
    "rosters_of",
    "source_of",
]


@dataclass
class OnCall:
    """Somebody on call at `at`. `source` says why, in words ("Weekly", "covers for Anna")."""

    membership: Membership
    source: str
    duty: Duty
    at: datetime
    roster: Roster = field(repr=False, compare=False)

    @cached_property
    def until(self) -> datetime | None:
        """When they are no longer; None where no end is in sight. Worked out when asked: lists do not."""
        return pure.until(self.roster, self.membership.pk, self.at)


def on_call_at(*, schedule: Schedule, at: datetime) -> list[OnCall]:
    """Who is on call, by name; nobody in a gap. Three queries. People who left are passed over."""
    return on_call_for(schedules=[schedule], at=at)[schedule.pk]


def on_call_for(*, schedules: Sequence[Schedule], at: datetime) -> dict[int, list[OnCall]]:
    """The same for many schedules, by schedule id. Three queries whatever their number.

    By the rules as they stand: for a moment that is past, operations.past.
    """
    rosters = rosters_of((schedule.pk for schedule in schedules), since=at)
    return all_on_call(rosters, at)


def all_on_call(rosters: Mapping[int, Roster], at: datetime) -> dict[int, list[OnCall]]:
    """One query."""
    duties = {pk: pure.on_duty(roster, at) for pk, roster in rosters.items()}
    people = people_by_id(ids_in(duties.values()))
    said: dict[Hashable, str] = {}
    return {pk: _by_name(rosters[pk], at, duties[pk], people, said) for pk in rosters}


def next_on_call(*, schedule: Schedule, at: datetime) -> tuple[list[OnCall], datetime] | None:
    """Who is on call after the next change, and when that is (within 62 days). Three queries."""
    roster = rosters_of([schedule.pk], since=at)[schedule.pk]
    change = pure.next_change(roster, at)
    if change is None:
        return None
    moment, duties = change
    return _by_name(roster, moment, duties, people_by_id(ids_in([duties])), {}), moment


def _by_name(
    roster: Roster,
    at: datetime,
    duties: Mapping[int, Duty],
    people: Mapping[int, Membership],
    said: dict[Hashable, str],
) -> list[OnCall]:
    """`said` remembers words: in a tenant with many schedules most are on call for the same few reasons."""
    found = []
    for person, duty in duties.items():
        cover = duty.cover and (duty.cover.kind, duty.cover.instead_of)
        reason = (duty.layer, cover, duty.temporary, duty.skipped)
        if reason not in said:
            said[reason] = source_of(duty, people)
        found.append(OnCall(people[person], said[reason], duty, at, roster))
    return sorted(found, key=lambda on_call: str(on_call.membership)) if len(found) > 1 else found


def ids_in(of_each: Iterable[Mapping[int, Duty]]) -> set[int]:
    """Everybody whom these duties name: on call, covered for, passed over. For people_by_id and source_of."""
    found: set[int] = set()
    for duties in of_each:
        found.update(duties)
        for duty in duties.values():
            if duty.skipped:
                found.update(skipped.person for skipped in duty.skipped)
            if duty.cover is not None and duty.cover.instead_of is not None:
                found.add(duty.cover.instead_of)
    return found


def people_by_id(ids: Collection[int]) -> dict[int, Membership]:
    """Memberships with their user, also of people who left. One query, none for no ids."""
    if not ids:
        return {}
    found: dict[int, Membership] = Membership.objects.select_related("user").in_bulk(list(ids))
    return found


def source_of(duty: Duty, people: Mapping[int, Membership]) -> str:
    """Why somebody is on call, in the reader's language. `people` as of ids_in."""
    source = _named(duty, people)
    if not duty.skipped:
        return source
    passed = [_why_skipped(skipped, people) for skipped in duty.skipped]
    return _("%(source)s; %(who)s: next in line") % {"source": source, "who": ", ".join(passed)}


def _named(duty: Duty, people: Mapping[int, Membership]) -> str:
    cover = duty.cover
    if cover is not None and cover.instead_of is None:
        return _("also on call")
    if cover is not None and cover.instead_of is not None:
        name = {"name": people[cover.instead_of]}
        return _("swapped with %(name)s") % name if cover.kind == SWAP else _("covers for %(name)s") % name
    if duty.temporary is not None:
        return _("temporary schedule %(name)s") % {"name": duty.temporary.name}
    return duty.layer


def _why_skipped(skipped: Skipped, people: Mapping[int, Membership]) -> str:
    said = _("%(name)s has left") if skipped.why == LEFT else _("%(name)s is away")
    return said % {"name": people[skipped.person]}
