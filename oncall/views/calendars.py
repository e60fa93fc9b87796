"""/t/<tenant>/oncall/calendars: when I am away, calendars that are read, and addresses that show my duty."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from config import clock
from config.tenancy import links
from config.tenancy.models import Team
from config.tenancy.requests import actor_of
from oncall.models import Absence, CalendarFeed, CalendarKind, Holiday, ImportedCalendar, Schedule
from oncall.operations.absences import add_absence, remove_absence
from oncall.operations.feeds import make_feed, revoke_feed
from oncall.operations.imports import MOST_BYTES, import_calendar, read_again, remove_calendar
from oncall.views.calendar import answered, viewer
from oncall.views.deeds import said
from oncall.views.given import Given

LISTED = 60


@require_safe
def calendars(request: HttpRequest) -> HttpResponse:
    return _page(request, clock.now())


def _page(request: HttpRequest, now: datetime, address: str = "") -> HttpResponse:
    """`address` of a feed just made: shown this once."""
    me, setup = viewer(request), request.user.has_perm("oncall.setup")
    context: dict[str, Any] = {
        "now": now,
        "me": me,
        "setup": setup,
        "may_cover": request.user.has_perm("oncall.cover"),
        "address": address,
        "absences": Absence.objects.filter(membership=me, ends_at__gt=now).select_related("calendar")[
            :LISTED
        ],
        "imported": ImportedCalendar.objects.filter(kind=CalendarKind.ABSENCES, membership=me),
        "holiday_calendars": ImportedCalendar.objects.filter(kind=CalendarKind.HOLIDAYS).select_related(
            "team"
        ),
        "holidays": Holiday.objects.filter(day__gte=now.astimezone(me.user.zone).date()).select_related(
            "team"
        )[:12],
        "feeds": CalendarFeed.objects.filter(membership=me, revoked_at=None).select_related("schedule"),
        "schedules": Schedule.objects.all(),
        "teams": Team.objects.all() if setup else [],
    }
    return answered(render(request, "oncall/calendar/calendars.html", context))


@require_POST
def calendars_deed(request: HttpRequest, deed: str) -> HttpResponse:
    """One button. A feed's address is shown in the answer itself, since it cannot be shown again."""
    me, now = viewer(request), clock.now()
    given = Given(request.POST, request.FILES, me, actor_of(request), now)
    if deed == "feed":
        address: list[str] = []
        if said(request, lambda: _make_feed(given, address)):
            return _page(request, now, address[0])
    elif deed in DEEDS:
        said(request, lambda: DEEDS[deed](given))
    else:
        raise Http404
    return HttpResponseRedirect(reverse("oncall_calendars"), status=303)


def _make_feed(given: Given, address: list[str]) -> str:
    schedule = given.some(Schedule.objects.all(), "schedule")
    _feed, token = make_feed(membership=given.me, schedule=schedule, actor=given.actor, now=given.now)
    address.append(links.absolute(f"/ical/{token}.ics"))
    return _("The address is shown below, this once.")


def do_revoke(given: Given) -> str:
    feed = given.one(CalendarFeed.objects.filter(membership=given.me), "feed")
    revoke_feed(feed=feed, actor=given.actor, now=given.now)
    return _("That address shows nothing any more.")


# --- away ---------------------------------------------------------------------------------------------------
def do_away(given: Given) -> str:
    added = add_absence(
        membership=given.me,
        starts_at=given.moment("start"),
        ends_at=given.moment("end"),
        note=given.said("note"),
        actor=given.actor,
        now=given.now,
    )
    return " ".join([_("You are away then: rotations pass you over."), *added.warnings[:5]])


def do_back(given: Given) -> str:
    absence = given.one(Absence.objects.filter(membership=given.me), "absence")
    remove_absence(absence=absence, actor=given.actor, now=given.now)
    return _("You are back.")


# --- calendars that are read --------------------------------------------------------------------------------
def do_import(given: Given) -> str:
    """My absences, or holidays of a team or of everybody; from an address, or from a file."""
    holidays = given.said("kind") == CalendarKind.HOLIDAYS
    uploaded = given.files.get("file")
    if uploaded is not None and uploaded.size > MOST_BYTES:
        raise ValidationError(_("It is larger than 1 MB."))
    calendar = import_calendar(
        kind=CalendarKind.HOLIDAYS if holidays else CalendarKind.ABSENCES,
        name=given.said("name", 80) or (_("Holidays") if holidays else _("My absences")),
        membership=None if holidays else given.me,
        team=given.some(Team.objects.all(), "team") if holidays else None,
        address=given.said("address", 2000),
        body=uploaded.read() if uploaded is not None else None,
        actor=given.actor,
        now=given.now,
    )
    if calendar.read_at is None:
        return _("The calendar is being read. Look again in a minute.")
    return _("The calendar was read.")


def _calendar(given: Given) -> ImportedCalendar:
    found: ImportedCalendar = given.one(ImportedCalendar.objects.select_related("membership"), "calendar")
    return found


def do_read(given: Given) -> str:
    read_again(calendar=_calendar(given), actor=given.actor, now=given.now)
    return _("The calendar is being read. Look again in a minute.")


def do_remove(given: Given) -> str:
    remove_calendar(calendar=_calendar(given), actor=given.actor, now=given.now)
    return _("The calendar is gone, and what was read from it.")


DEEDS: dict[str, Callable[[Given], str]] = {
    name.removeprefix("do_"): deed for name, deed in list(vars().items()) if name.startswith("do_")
}
