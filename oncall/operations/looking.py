"""Each schedule's time ahead is looked through every night and after every change; new gaps are told once.

A look writes what it found (CoverageGap, 90 days) and what it proves (CoverageLook, a year). What is found
while somebody is still at work on a schedule is told only if it is still there ten minutes later.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from django.db import transaction

from config import doorbell
from config.tenancy.deadlines import Deadlines
from config.tenancy.scoping import all_tenants, tenant_scope
from oncall.coverage import Missing
from oncall.models import (
    CoverageGap,
    CoverageLook,
    GapKind,
    Override,
    RotationMember,
    Schedule,
    Swap,
    TemporaryShift,
)
from oncall.operations.away_news import tell_who_is_away
from oncall.operations.coverage import SHOWN, Year, years_of
from oncall.operations.gap_news import tell_gaps
from oncall.rota import first_instant

AT_NIGHT = time(3)
SETTLED = timedelta(minutes=10)
AT_ONCE = 100  # schedules of one tenant in one look


def look_again(schedule_ids: Iterable[int], *, now: datetime) -> None:
    """These schedules are looked through as soon as possible. Many changes at once are one look.

    Inside a transaction; locks their rows, in order. A schedule that has no row gets one.
    """
    ids = sorted(set(schedule_ids))
    rows = CoverageLook.objects.select_for_update(no_key=True, of=("self",)).filter(schedule_id__in=ids)
    known = {row.schedule_id: row for row in rows.order_by("pk")}
    # One that is due as well: a look that is under way sees by it that it has looked at what was.
    CoverageLook.objects.filter(pk__in=[row.pk for row in known.values()]).update(look_at=now)
    CoverageLook.objects.bulk_create(
        [CoverageLook(schedule_id=pk, look_at=now) for pk in ids if pk not in known], ignore_conflicts=True
    )
    if ids:
        doorbell.ring("oncall.coverage")


def look_again_of(membership_ids: Iterable[int], *, now: datetime) -> None:
    """The schedules that can put one of these people on call: they may be away, or not be reached."""
    ids, ahead = list(membership_ids), {"ends_at__gt": now}
    found = RotationMember.objects.filter(membership_id__in=ids).values_list("rotation__schedule_id")
    others = (
        Override.objects.filter(membership_id__in=ids, **ahead).values_list("schedule_id"),
        Swap.objects.filter(taken_by_id__in=ids, **ahead).values_list("schedule_id"),
        TemporaryShift.objects.filter(membership_id__in=ids, **ahead).values_list("temporary__schedule_id"),
    )
    look_again([pk for (pk,) in found.order_by().union(*(each.order_by() for each in others))], now=now)


def look(_look_id: int, now: datetime) -> bool:
    """Looks through all schedules of the tenant that are due, and tells once of all. False: nothing was due.

    A hundred years take a while, and whoever changes a rule must not wait: their rows are locked only to
    write. One that was asked for again meanwhile is not written and stays due.
    """
    rows = CoverageLook.objects.select_related("schedule__team").order_by("pk")
    due = list(rows.filter(look_at__lte=now)[:AT_ONCE])
    years = years_of([row.schedule for row in due], now=now) if due else []
    with transaction.atomic():
        ids = [row.pk for row in due]
        locked = {row.pk: row for row in rows.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids)}
        asked = {row.pk: row.look_at for row in due}
        fresh = {row.schedule_id: row for row in locked.values() if row.look_at == asked[row.pk]}
        for year in years:
            if row := fresh.get(year.schedule.pk):
                _write_gaps(row, year, now)
                _write_look(row, year, now)
        _tell([row.schedule for row in fresh.values()], now)
        if fresh:
            tell_who_is_away(now)
    return bool(fresh)


def _write_look(row: CoverageLook, year: Year, now: datetime) -> None:
    row.proved_until = year.proved_until
    row.gap_at = year.first.start if year.first else None
    row.covered_percent = Decimal(year.covered * 100).quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    row.looked_at = now
    row.look_at = _next_look(row.schedule, now)
    row.save()


def _next_look(schedule: Schedule, now: datetime) -> datetime:
    """When what was found would have settled, else at three in the coming night of the schedule's zone."""
    untold = CoverageGap.objects.filter(schedule=schedule, told_at=None, found_at__gt=now - SETTLED)
    if schedule.tells_gaps and untold.exists():
        return now + SETTLED
    today = now.astimezone(schedule.zone).date()
    nights = (
        first_instant(datetime.combine(today + timedelta(days=ahead), AT_NIGHT), schedule.zone)
        for ahead in range(3)
    )
    return next(night for night in nights if night > now)


# --- gaps ---------------------------------------------------------------------------------------------------
def _write_gaps(row: CoverageLook, year: Year, now: datetime) -> None:
    """The rows of the schedule become those of this look. One that was known keeps when it was told."""
    horizon = row.looked_at + SHOWN if row.looked_at else None
    known = [
        Known(gap, Missing(gap.starts_at, gap.ends_at, gap.membership_id), gap.ends_at == horizon)
        for gap in CoverageGap.objects.filter(schedule=row.schedule)
    ]
    kept: list[int] = []
    for found in year.missing:
        was = next((one for one in known if one.holds(found)), None)
        gap = was.gap if was else CoverageGap(schedule=row.schedule, found_at=now)
        if gap.pk in kept:  # one became two: the second was told with the first
            gap = CoverageGap(schedule=row.schedule, found_at=gap.found_at, told_at=gap.told_at)
        gap.kind = GapKind.NOBODY if found.person is None else GapKind.UNREACHABLE
        gap.membership_id = found.person
        if gap.pk is None or found.start > now:
            gap.starts_at = found.start  # else it goes on, and began when it began
        gap.ends_at = found.end
        gap.save()
        kept.append(gap.pk)
    CoverageGap.objects.filter(schedule=row.schedule).exclude(pk__in=kept).delete()


class Known(NamedTuple):
    """A stretch as the last look wrote it; `goes_on` where it reached to the end of what was looked at."""

    gap: CoverageGap
    bounds: Missing
    goes_on: bool

    def holds(self, found: Missing) -> bool:
        if self.bounds.person != found.person or self.bounds.start > found.start:
            return False
        return found.end <= self.bounds.end or (self.goes_on and found.start <= self.bounds.end)


def _tell(schedules: Sequence[Schedule], now: datetime) -> None:
    talkative = [schedule for schedule in schedules if schedule.tells_gaps]
    gaps = CoverageGap.objects.filter(
        schedule__in=talkative, told_at=None, found_at__lte=now - SETTLED, ends_at__gt=now
    )
    fresh = list(gaps.select_related("schedule", "membership__user").order_by("starts_at", "pk"))
    if not fresh:
        return
    tell_gaps(fresh, now=now)
    for gap in fresh:
        gap.told_at = now
        gap.save(update_fields=["told_at"])


# --- due work -----------------------------------------------------------------------------------------------
LOOKS = Deadlines("oncall.coverage", CoverageLook, "look_at", look)


def repair_looks(now: datetime) -> int:
    """Schedules without a look, and looks without a time, get one now. Returns how many."""
    with all_tenants("repair: schedules that nobody looks through"):
        rows = Schedule.objects.filter(tenant__closed_at=None).exclude(looks__look_at__isnull=False)
        forgotten = list(rows.values_list("tenant_id", "pk")[:1000])
    for tenant_id, pk in forgotten:
        with tenant_scope(tenant_id), transaction.atomic():
            look_again([pk], now=now)
    return len(forgotten)
