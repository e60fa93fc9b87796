"""The sheet of a moment: who is on call then and why, and what one can do about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config.tenancy.models import Membership
from oncall.drawing import words
from oncall.drawing.lanes import Stretch, final_lane, stretch_at
from oncall.models import Override, Schedule
from oncall.operations.whole import spans_of_all
from oncall.views.asked import Asked, stamp
from oncall.views.picture import names_of

# How far a shift is followed in both directions.
REACH = timedelta(days=62)


@dataclass(frozen=True)
class Entry:
    """One person on call at that moment, or the gap (`person` None). `start` and `end` are what is still
    ahead, for the forms; empty where all of it is past. `is_now`: it has begun, and is not over.
    """

    person: Membership | None
    is_me: bool
    is_now: bool
    when: str
    why: str
    start: str
    end: str
    local_start: str
    local_end: str
    override: Override | None
    key: int


@dataclass(frozen=True)
class Sheet:
    at: datetime
    entries: list[Entry]
    zone: ZoneInfo
    may_cover: bool


def sheet_of(
    schedule: Schedule, asked: Asked, *, me: Membership, may_cover: bool, now: datetime
) -> Sheet | None:
    """None where no moment was asked for. The queries of spans_of_all, and two."""
    if asked.at is None:
        return None
    spans = spans_of_all([schedule.pk], asked.at - REACH, asked.at + REACH, now=now)[schedule.pk]
    found = stretch_at(final_lane(spans), asked.at)
    people, names = names_of(found)
    overrides = _overrides(found)
    entries = [
        _entry(one, people, names, overrides, asked.zone, me=me, now=now, key=key)
        for key, one in enumerate(found)
    ]
    return Sheet(asked.at, entries, asked.zone, may_cover)


def _overrides(found: list[Stretch]) -> dict[int, Override]:
    ids = [
        one.duty.cover.id for one in found if one.duty and one.duty.cover and one.duty.cover.kind != "swap"
    ]
    return Override.objects.in_bulk(ids) if ids else {}


def _entry(
    one: Stretch,
    people: dict[int, Membership],
    names: dict[int, str],
    overrides: dict[int, Override],
    zone: ZoneInfo,
    *,
    me: Membership,
    now: datetime,
    key: int,
) -> Entry:
    start, ahead = max(one.start, now), one.end > now
    cover = one.duty.cover if one.duty else None
    return Entry(
        person=people[one.duty.person] if one.duty else None,
        is_me=one.duty is not None and one.duty.person == me.pk,
        is_now=one.start <= now < one.end,
        when=words.from_to(one.start, one.end, zone),
        why=words.why(one.duty, names) if one.duty else "",
        start=stamp(start) if ahead else "",
        end=stamp(one.end) if ahead else "",
        local_start=_local(start, zone) if ahead else "",
        local_end=_local(one.end, zone) if ahead else "",
        override=overrides.get(cover.id) if cover and cover.kind != "swap" else None,
        key=key,
    )


def _local(moment: datetime, zone: ZoneInfo) -> str:
    """For a field of date and time: on the clock of the picture."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
