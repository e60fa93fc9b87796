"""The one resolver of who is on call, used by the pager, the screens, the API and the commands."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
    "on_call_from",
    "people_by_id",
    "rosters_of",
    "source_of",
]


@dataclass(frozen=True)
class OnCall:
    """`source` says why, in words ("Weekly", "covers for Anna"); `until` is None where no end is in sight."""

    membership: Membership
    source: str
    until: datetime | None


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
    standing = {pk: pure.standing(roster, at) for pk, roster in rosters.items()}
    people = people_by_id(ids_in({p: d for p, (d, _end) in one.items()} for one in standing.values()))
    return {pk: on_call_from(one, people) for pk, one in standing.items()}


def next_on_call(*, schedule: Schedule, at: datetime) -> tuple[list[OnCall], datetime] | None:
    """Who is on call after the next change, and when that is (within 62 days). Three queries."""
    roster = rosters_of([schedule.pk], since=at)[schedule.pk]
    change = pure.next_change(roster, at)
    if change is None:
        return None
    moment, duties = change
    return on_call_from(pure.standing(roster, moment), people_by_id(ids_in([duties]))), moment


def ids_in(of_each: Iterable[Mapping[int, Duty]]) -> set[int]:
    """Everybody whom these duties name: on call, covered for, passed over. For people_by_id and source_of."""
    found: set[int] = set()
    for duties in of_each:
        for person, duty in duties.items():
            found.add(person)
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


def on_call_from(
    standing: Mapping[int, tuple[Duty, datetime | None]], people: Mapping[int, Membership]
) -> list[OnCall]:
    """By name."""
    found = [OnCall(people[p], source_of(duty, people), ends) for p, (duty, ends) in standing.items()]
    return sorted(found, key=lambda on_call: str(on_call.membership))
