"""My own: the shifts ahead of me, and the swaps that wait for somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from oncall.drawing import words
from oncall.drawing.days import monday_of
from oncall.drawing.lanes import Stretch, stretches
from oncall.models import Schedule, Swap, SwapState, TemporarySchedule
from oncall.roster import Roster, spans
from oncall.views.asked import stamp
from oncall.views.picture import names_of

AHEAD = timedelta(days=60)
LISTED = 8


@dataclass(frozen=True)
class MyShift:
    when: str
    schedule: str
    why: str
    link: str
    is_now: bool


@dataclass(frozen=True)
class SwapLine:
    """`mine`: I asked; `to_take`: I can take it; `to_give_back`: I took it; `to_approve`: it waits for me."""

    swap: Swap
    sentence: str
    state: str
    mine: bool
    to_take: bool
    to_give_back: bool
    to_approve: bool


def my_shifts(
    schedules: Sequence[Schedule],
    rosters: Mapping[int, Roster],
    me: Membership,
    zone: ZoneInfo,
    *,
    now: datetime,
) -> list[MyShift]:
    """The next eight within sixty days, on all schedules, by start. One query."""
    found = [
        (schedule, one)
        for schedule in schedules
        for one in stretches(spans(rosters[schedule.pk], now, now + AHEAD))
        if one.duty is not None and one.duty.person == me.pk
    ]
    soonest = sorted(found, key=lambda pair: pair[1].start)[:LISTED]
    _people, names = names_of([one for _schedule, one in soonest])
    return [
        MyShift(
            when=_when(one, zone, now),
            schedule=schedule.name,
            why=words.why(one.duty, names) if one.duty else "",
            link=_link(schedule, one.start, zone),
            is_now=one.start <= now,
        )
        for schedule, one in soonest
    ]


def _when(one: Stretch, zone: ZoneInfo, now: datetime) -> str:
    """What goes on at the end of what is looked at has no end that anybody knows."""
    endless = one.end >= now + AHEAD
    if one.start <= now:
        end = {"end": words.day_and_hour(one.end, zone)}
        return _("now, no end in sight") if endless else _("now, until %(end)s") % end
    if endless:
        return _("from %(start)s, no end in sight") % {"start": words.day_and_hour(one.start, zone)}
    return words.from_to(one.start, one.end, zone)


def _link(schedule: Schedule, start: datetime, zone: ZoneInfo) -> str:
    monday = monday_of(start.astimezone(zone).date())
    address = reverse("oncall_schedule", args=[schedule.uid])
    return f"{address}?from={monday:%Y-%m-%d}&at={stamp(start)}#shift"


# --- swaps --------------------------------------------------------------------------------------------------
def my_swaps(me: Membership, zone: ZoneInfo, *, now: datetime) -> list[SwapLine]:
    """Those I asked for, took, or could take, not over yet. One query."""
    concerns = Q(membership=me) | Q(taken_by=me) | Q(asked_of=me) | Q(asked_of=None)
    return _lines(_swaps(now).filter(concerns), me, zone, now)


def swaps_of(schedule: Schedule, me: Membership, zone: ZoneInfo, *, now: datetime) -> list[SwapLine]:
    """All of one schedule that are not over. One query."""
    return _lines(_swaps(now).filter(schedule=schedule), me, zone, now)


def _swaps(now: datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = Swap.objects.filter(ends_at__gt=now, withdrawn_at=None)
    return rows.select_related(
        "schedule", "membership__user", "asked_of__user", "taken_by__user", "approved_by__user"
    ).order_by("starts_at", "id")


def _lines(swaps: QuerySet[Any], me: Membership, zone: ZoneInfo, now: datetime) -> list[SwapLine]:
    return [_swap_line(swap, me, zone, now) for swap in swaps]


def _swap_line(swap: Swap, me: Membership, zone: ZoneInfo, now: datetime) -> SwapLine:
    state = swap.state(now)
    said = {
        "name": str(swap.membership),
        "schedule": swap.schedule.name,
        "when": words.from_to(swap.starts_at, swap.ends_at, zone),
        "whom": str(swap.asked_of or ""),
        "taker": str(swap.taken_by or ""),
    }
    if swap.taken_by_id:
        sentence = _("%(taker)s takes %(name)s's shift on %(schedule)s, %(when)s.") % said
    elif swap.asked_of_id:
        sentence = _("%(name)s asks %(whom)s to take %(schedule)s, %(when)s.") % said
    else:
        sentence = _("%(name)s asks anybody to take %(schedule)s, %(when)s.") % said
    mine, open_ = swap.membership_id == me.pk, state == SwapState.OPEN
    return SwapLine(
        swap=swap,
        sentence=sentence,
        state=str(state.label),
        mine=mine,
        to_take=open_ and not mine and swap.asked_of_id in (None, me.pk),
        to_give_back=swap.taken_by_id == me.pk,
        to_approve=state == SwapState.ASKED and "oncall.setup" in me.grants,
    )


@dataclass(frozen=True)
class TemporaryLine:
    row: TemporarySchedule
    when: str


def temporaries_of(schedule: Schedule, zone: ZoneInfo, *, now: datetime) -> list[TemporaryLine]:
    """Those that are not over. One query."""
    rows = TemporarySchedule.objects.filter(schedule=schedule, ends_at__gt=now)
    return [TemporaryLine(row, words.from_to(row.starts_at, row.ends_at, zone)) for row in rows]
