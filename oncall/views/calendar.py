"""/t/<tenant>/oncall and /oncall/<uid>: my next shifts, the week of all schedules, and one schedule whole."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from config import clock
from config.tenancy.models import Membership
from oncall.drawing.blocks import percent
from oncall.drawing.days import monday_of
from oncall.drawing.lanes import final_lane, lanes_of
from oncall.models import Schedule
from oncall.operations.coverage import year_of
from oncall.operations.fairness import fairness
from oncall.operations.feed_events import changed_at
from oncall.operations.reach import by_mail_only
from oncall.operations.resolve import rosters_of
from oncall.operations.whole import spans_of_all
from oncall.views.asked import Asked, asked_for
from oncall.views.mine import my_shifts, my_swaps, swaps_of, temporaries_of
from oncall.views.picture import AROUND, Shown, picture_of
from oncall.views.proof import proof_of, proofs_of
from oncall.views.sheet import sheet_of

FAIR = timedelta(days=90)
SHIFT_ROWS = 6
# Of many schedules the past is read only so far back that a shift of this week is whole.
BEFORE = timedelta(days=7)


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """A fixed number of statements, whatever the number of schedules."""
    me, now = viewer(request), clock.now()
    zone = ZoneInfo(me.user.time_zone)
    asked = asked_for(request.GET, zone=zone, mine=zone, weeks=1, now=now)
    schedules = list(Schedule.objects.select_related("team"))
    rosters = rosters_of((each.pk for each in schedules), since=now)
    start, end = asked.start - BEFORE, asked.end + AROUND
    found = spans_of_all([each.pk for each in schedules], start, end, now=now, rosters=rosters)
    shown = [
        Shown(each, [final_lane(found[each.pk])], reverse("oncall_schedule", args=[each.uid]), asked)
        for each in schedules
    ]
    context = {
        "now": now,
        "asked": asked,
        "picture": picture_of(shown, asked, one=False, now=now),
        "shifts": my_shifts(schedules, rosters, me, zone, now=now),
        "swaps": my_swaps(me, zone, now=now),
        "proofs": proofs_of(schedules, zone, now=now),
        "mail_only": by_mail_only(),
        "setup": request.user.has_perm("oncall.setup"),
        **_around(asked),
    }
    return answered(render(request, "oncall/calendar/overview.html", context))


@require_safe
def schedule_page(request: HttpRequest, uid: str) -> HttpResponse:
    """One schedule: its lanes for two weeks, the sheet of a moment, the proof, who carries how much."""
    me, now, schedule = viewer(request), clock.now(), schedule_by(uid)
    mine = ZoneInfo(me.user.time_zone)
    asked = asked_for(request.GET, zone=schedule.zone, mine=mine, weeks=2, now=now)
    start, end = asked.start - AROUND, asked.end + AROUND
    rosters = rosters_of([schedule.pk], since=min(start, now))
    roster = rosters[schedule.pk]
    final = spans_of_all([schedule.pk], start, end, now=now, rosters=rosters)[schedule.pk]
    changed = changed_at(rosters).get(schedule.pk, now)
    lanes = lanes_of(roster, final, start, end, layers_from=start if changed <= asked.start else now)
    address = reverse("oncall_schedule", args=[schedule.uid])
    shown = [Shown(schedule, lanes, address, asked)]
    user = request.user
    context = {
        "now": now,
        "asked": asked,
        "schedule": schedule,
        "address": address,
        "picture": picture_of(shown, asked, one=True, now=now),
        "sheet": sheet_of(schedule, asked, me=me, may_cover=user.has_perm("oncall.cover"), now=now),
        "proof": proof_of(year_of(schedule, now=now), roster, asked.zone),
        "mail_only": by_mail_only(),
        "burdens": fairness(schedules=[schedule], start=now - FAIR, end=now + FAIR, now=now),
        "fair_from": now - FAIR,
        "fair_to": now + FAIR,
        "swaps": swaps_of(schedule, me, asked.zone, now=now),
        "members": current_members(),
        "zones_differ": schedule.zone.key != mine.key,
        "mine": mine,
        "on_mine": asked.query(theirs=False),
        "on_theirs": asked.query(theirs=True),
        "temporaries": temporaries_of(schedule, asked.zone, now=now),
        "shift_rows": range(1, SHIFT_ROWS + 1),
        **_around(asked),
        "may_cover": user.has_perm("oncall.cover"),
        "setup": user.has_perm("oncall.setup"),
    }
    return answered(render(request, "oncall/calendar/schedule.html", context))


def _around(asked: Asked) -> dict[str, Any]:
    """Links to the weeks before and after, and where the lines of a strip stand."""
    this = replace(asked, first=monday_of(asked.today))
    return {
        "before": asked.query(weeks_on=-asked.weeks),
        "after": asked.query(weeks_on=asked.weeks),
        "this": this.query(),
        "week_lines": [percent(day / 7 * 100) for day in range(1, 7)],
        "day_lines": ["25%", "50%", "75%"],
    }


def viewer(request: HttpRequest) -> Membership:
    """The member who looks. 403 where their role may not see who is on call."""
    if not request.user.has_perm("oncall.view"):
        raise PermissionDenied
    bound: Any = request
    if bound.membership is None:
        raise Http404
    membership: Membership = bound.membership
    return membership


def schedule_by(uid: str) -> Schedule:
    found: Schedule | None = Schedule.objects.select_related("team").filter(uid=uid).first()
    if found is None:
        raise Http404
    return found


def current_members() -> list[Membership]:
    rows = Membership.objects.filter(ended_at=None, user__is_active=True).select_related("user")
    return sorted(rows, key=str)


def answered(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response
